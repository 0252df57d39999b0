"""Any change of a university's rows is either rejected with an error or saved as it was typed, without an overlap."""

from datetime import date
from itertools import product

import pytest
import time_machine
from django.contrib.admin.utils import flatten
from django.forms import inlineformset_factory
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from partners.admin.agreement_inline import AgreementFormSet, AgreementInline, AgreementInlineForm
from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, University
from tests.helpers.database import few_examples, rolled_back, save_if_valid
from tests.helpers.factories import UniversityFactory

DAYS = [None, date(2024, 1, 1), date(2026, 7, 28), date(2028, 12, 31)]
ROWS = st.tuples(
    st.sampled_from(["bilateral", "bilateral", ""]),
    st.sampled_from(["", "Law"]),
    st.sampled_from(AgreementStatus.values),
    st.sampled_from([days for days in product(DAYS, DAYS) if None in days or days[0] <= days[1]]),
)
"""Rows of (type's slug, scope, status, (first day, last day))."""

FormSet = inlineformset_factory(
    University,
    Agreement,
    form=AgreementInlineForm,
    formset=AgreementFormSet,
    fields=flatten(AgreementInline.fields),
    extra=0,
)


def build_agreement(university, row):
    slug, scope, status, (valid_from, valid_until) = row
    agreement_type = AgreementType.objects.filter(slug=slug).first()
    values = {"scope": scope, "status": status, "valid_from": valid_from, "valid_until": valid_until}
    return Agreement(university=university, agreement_type=agreement_type, **values)


def describe(agreement):
    agreement_type = agreement.agreement_type
    days = agreement.valid_from, agreement.valid_until
    return agreement_type.slug if agreement_type else "", agreement.scope, agreement.status, days


def submit(university, agreements):
    """Return the bound formset of the agreements, with the ticks that it asks for."""
    data = QueryDict(mutable=True)
    data["agreements-TOTAL_FORMS"], data["agreements-INITIAL_FORMS"] = len(agreements), university.agreements.count()
    for index, agreement in enumerate(agreements):
        values = {name: getattr(agreement, name) for name in flatten(AgreementInline.fields)}
        values |= {"agreement_type": agreement.agreement_type_id, "is_open_ended": "", "id": agreement.pk}
        values["valid_until-confirmed"] = agreement.valid_until
        data.update({f"agreements-{index}-{name}": str(value or "") for name, value in values.items()})
    formset = FormSet(data, instance=university)
    formset.is_valid()
    for form in formset.forms:
        data[form.add_prefix("valid_from-confirmed")] = form.fields["valid_from"].widget.effects_to_confirm
    return FormSet(data, instance=university)


@pytest.mark.slow
@time_machine.travel("2026-07-28 12:00", tick=False)
@few_examples
@given(
    stored=st.lists(ROWS, max_size=3),
    edits=st.lists(st.integers(0, 2) | ROWS, min_size=3, max_size=3),
    added=st.lists(ROWS, max_size=2),
)
def test_rows_are_rejected_with_an_error_or_saved_without_an_overlap(db, stored, edits, added):
    """An edit is the index of a stored agreement whose values the row takes, such as its own, or other values."""
    with rolled_back():
        university = UniversityFactory()
        for row in stored:
            save_if_valid(build_agreement(university, row))
        agreements = list(university.agreements.order_by("pk"))
        rows = [describe(agreement) for agreement in agreements]
        rows = [rows[edit % len(rows)] if isinstance(edit, int) else edit for edit in edits[: len(rows)]]
        typed = [build_agreement(university, row) for row in [*rows, *added]]
        for old, new in zip(agreements, typed, strict=False):
            new.pk = old.pk

        formset = submit(university, typed)

        if not formset.is_valid():
            assert any(formset.errors)
            assert not formset.non_form_errors()
            return
        formset.save()
        saved = list(university.agreements.order_by("pk"))
        renewed = Agreement.history.filter(history_change_reason__contains="its renewal").values_list("id", flat=True)
        unchanged = [(new, old) for new, old in zip(saved, typed, strict=True) if new.pk not in renewed]
        assert [describe(new) for new, _old in unchanged] == [describe(old) for _new, old in unchanged]
        assert not Agreement.objects.overlapping().exists()
