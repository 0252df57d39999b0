"""Undo of imports of the register that change scopes, periods, ends and renewals."""

from datetime import date

import pytest
from django.utils.timezone import localdate

from partners.enums import AgreementStatus
from partners.imports.files import read_file
from partners.imports.resources import OfficeListResource, RegisterResource
from partners.models import Agreement, Run
from partners.runs.changes import run_changes
from partners.runs.undo import plan_undo, undo
from tests.helpers.factories import AgreementFactory, UniversityFactory

pytestmark = pytest.mark.django_db


COLUMNS = {"Country": "Germany", "University name": "Marburg", "Agreement type": "Bilateral", "Status": "signed"}
FACULTY = "Faculty of Law"


def import_register(*rows):
    """Import signed bilateral agreements of Marburg, with other or further cells in each row. Return the run."""
    columns = list(dict.fromkeys(name for row in (COLUMNS, *rows) for name in row))
    lines = [columns, *([(COLUMNS | row).get(name, "") for name in columns] for row in rows)]
    content = "\n".join("\t".join(line) for line in lines).encode()
    run = Run.from_upload(content, file_name="register.tsv")
    result = RegisterResource().import_data(read_file(content, RegisterResource)[1], on=localdate(), run=run)
    assert [*result.error_lines()] == []
    return run


def import_list(terms):
    content = f"Country\tUniversity name\tAgreement type\nGermany\tMarburg\t{terms}".encode()
    run = Run.from_upload(content, file_name="partners.tsv")
    OfficeListResource().import_data(read_file(content, OfficeListResource)[1], on=localdate(), run=run)
    return run


def row(agreement, **cells):
    """Return the cells of an agreement's row. Underscores stand for spaces in the names of columns."""
    return {"Agreement number": str(agreement.pk)} | {name.replace("_", " "): value for name, value in cells.items()}


def stored(*agreements):
    """Return the values of all fields of agreements."""
    fields = [field.attname for field in Agreement._meta.concrete_fields]
    return [Agreement.objects.values_list(*fields).get(pk=agreement.pk) for agreement in agreements]


def blocked(plan):
    return [f"{change.description} {change.blocked_reason}" for change in plan.blocked()]


@pytest.fixture
def marburg(germany):
    return UniversityFactory(name="Marburg")


@pytest.fixture
def first(marburg):
    return AgreementFactory(university=marburg, valid_until=date(2026, 8, 31))


@pytest.fixture
def second(marburg, first):
    period = {"valid_from": date(2026, 9, 1), "valid_until": date(2027, 8, 31)}
    return AgreementFactory(university=marburg, renews=first, **period)


@pytest.fixture
def faculty(marburg):
    return AgreementFactory(university=marburg, scope=FACULTY, valid_until=date(2026, 8, 31))


def test_undo_restores_agreements_that_swapped_periods_and_scopes(first, second, faculty, coordinator):
    before = stored(first, second, faculty)
    run = import_register(
        row(first, Valid_from="2026-09-01", Valid_until="2027-08-31"),
        row(second, Valid_until="2026-08-31", Scope=FACULTY),
        row(faculty, Valid_until="2026-08-31"),
    )
    swapped = [(agreement.scope, agreement.valid_from) for agreement in Agreement.objects.order_by("pk")]

    undo(run, coordinator)

    assert swapped == [("", date(2026, 9, 1)), (FACULTY, None), ("", None)]
    assert stored(first, second, faculty) == before


def test_undo_restores_agreements_that_swapped_statuses(marburg, first, coordinator):
    draft = AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS)
    before = stored(first, draft)
    run = import_register(row(first, Status="in process"), row(draft))
    swapped = [agreement.status for agreement in Agreement.objects.order_by("pk")]

    undo(run, coordinator)

    assert swapped == ["in_process", "signed"]
    assert stored(first, draft) == before


def test_undo_restores_every_field_of_time_and_scope(first, faculty, coordinator):
    values = {"scope": "Medicine", "is_open_ended": True, "renews": first, "reference_number": "A/1"}
    values |= {"due_on": date(2026, 1, 31), "public_note": "B2"}
    agreement = AgreementFactory(university=first.university, **values)
    ended = AgreementFactory(university=first.university, status=AgreementStatus.ENDED, end_reason="merger")
    before = stored(agreement, ended)
    cells = {"Scope": "Dentistry", "Valid_from": "2030-09-01", "Valid_until": "2031-08-31", "Open-ended": ""}
    cells |= {"Renews": str(faculty.pk), "Reference_number": "B/2", "To_be_done_by": "", "Note_for_students": "C1"}
    run = import_register(
        row(agreement, **cells),
        row(ended, Status="ended", Reason_for_its_end="no interest", Renews=str(first.pk)),
    )
    changed = stored(agreement, ended)

    undo(run, coordinator)

    assert [len({*old} & {*new}) < len({*old}) for old, new in zip(before, changed, strict=True)] == [True, True]
    assert stored(agreement, ended) == before


def test_undo_of_the_list_restores_what_ended_in_every_scope(first, second, faculty, coordinator):
    before = stored(first, second, faculty)
    run = import_list("GE3")
    descriptions = [change.description for change in run_changes(run).all()]

    undo(run, coordinator)

    assert descriptions == [
        "The Bilateral agreement ends.",
        "The Bilateral agreement, from 1 Sep 2026, ends.",
        "The Bilateral agreement, Faculty of Law, ends.",
        "New: GE3 agreement, signed.",
    ]
    assert stored(first, second, faculty) == before
    assert Agreement.objects.count() == 3


def test_undo_names_the_agreement_that_was_signed_for_the_same_days_since(first, second, faculty, coordinator):
    run = import_list("GE3")
    AgreementFactory(university=first.university, valid_from=date(2027, 1, 1), is_open_ended=True)

    plan = undo(run, coordinator)

    assert blocked(plan) == [
        "The Bilateral agreement, from 1 Sep 2026, ends. "
        "“Bilateral, from 1 Jan 2027, open-ended” is signed for the same days by now"
    ]
    statuses = {agreement.pk: agreement.status for agreement in Agreement.objects.all()}
    assert [statuses[agreement.pk] for agreement in (first, second, faculty)] == ["signed", "ended", "signed"]


def test_undo_leaves_what_a_blocked_change_leaves_no_room_for(first, second, coordinator):
    """The second cannot return to its period, and so the first cannot return to its own, which the second has now."""
    run = import_register(
        row(first, Valid_until="2025-08-31"),
        row(second, Valid_from="2026-01-01", Valid_until="2026-12-31"),
    )
    AgreementFactory(university=first.university, valid_from=date(2027, 1, 1))

    plan = undo(run, coordinator)

    assert blocked(plan) == [
        "Bilateral agreement, valid until: 31 Aug 2026 → 31 Aug 2025. "
        "“Bilateral, from 1 Jan 2026, until 31 Dec 2026” is signed for the same days by now",
        "Bilateral agreement, from 1 Jan 2026, valid from: 1 Sep 2026 → 1 Jan 2026; "
        "valid until: 31 Aug 2027 → 31 Dec 2026. "
        "“Bilateral, from 1 Jan 2027, end not recorded” is signed for the same days by now",
    ]
    assert Agreement.objects.overlapping().count() == 0


def test_undo_leaves_an_agreement_that_has_been_renewed_since(marburg, coordinator):
    run = import_register({"Valid until": "2026-08-31"})
    renewal = Agreement.objects.get().build_renewal()
    renewal.save()

    plan = undo(run, coordinator)

    assert blocked(plan) == [
        "New: Bilateral agreement, signed. “Bilateral, from 1 Sep 2026, end not recorded” renews it by now"
    ]
    assert Agreement.objects.count() == 2


def test_undo_leaves_an_agreement_whose_former_renewed_agreement_is_deleted(first, coordinator):
    renewal = AgreementFactory(university=first.university, scope=FACULTY, renews=first)
    run = import_register(row(renewal, Scope=FACULTY, Renews=""))
    first.delete()

    plan = undo(run, coordinator)

    assert [change.blocked_reason for change in plan.blocked()] == [
        "what was its renewed agreement has been deleted by now"
    ]


@pytest.mark.parametrize("count", [3, 300])
def test_plan_undo_query_count_is_constant_with_periods(marburg, count, django_assert_num_queries):
    agreements = [
        AgreementFactory(
            university=marburg, valid_from=date(2000 + index, 1, 1), valid_until=date(2000 + index, 12, 31)
        )
        for index in range(count)
    ]
    run = import_register(
        *(row(agreement, Valid_until=f"{agreement.valid_from.year}-12-30") for agreement in agreements)
    )

    with django_assert_num_queries(11):
        assert len(plan_undo(run).all()) == count
