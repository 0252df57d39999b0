"""Details of a university beyond its row in the list, for its page and the comparison."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, University

INTERNAL_FIELDS = ["responsible", "next_step", "contact", "notes"]
MAX_OTHER_PARTNERS = 12


@dataclass(slots=True)
class PublicAgreement:
    """An agreement as the public pages show it."""

    type: AgreementType | None
    is_in_process: bool
    until: str
    """Formatted last day, empty if there is none."""
    details: dict[str, str]
    """Formatted values by label, without empty ones."""


def public_agreements(universities, on):
    """Return lists of ``PublicAgreement`` by university id. Internal fields are not even selected."""
    rows = Agreement.objects.public(on).filter(university__in=list(universities)).ordered_by_type()
    found = defaultdict(list)
    for agreement in rows.select_related("agreement_type").defer(*INTERNAL_FIELDS):
        found[agreement.university_id].append(_public_agreement(agreement))
    return found


def _public_agreement(agreement):
    # The dates of an agreement in process are plans, and internal.
    is_in_process = agreement.status == AgreementStatus.IN_PROCESS
    details = {
        _("Valid from"): "" if is_in_process else _format_date(agreement.valid_from),
        _("Places for our students"): _places(agreement),
        _("Study levels"): agreement.study_levels_display(),
        _("Fields of study"): agreement.fields_of_study,
        _("Language requirement"): agreement.language_requirement,
    }
    until = "" if is_in_process else _format_date(agreement.valid_until)
    details = {label: value for label, value in details.items() if value}
    return PublicAgreement(agreement.agreement_type, is_in_process, until, details)


def _format_date(day):
    return date_format(day) if day else ""


def _places(agreement):
    if (own := agreement.places_out) is not None:
        return _("%(n)d in an academic year") % {"n": own}
    if agreement.agreement_type and (shared := agreement.agreement_type.places_out) is not None:
        template = _("%(n)d in an academic year, shared by all partners of %(type)s")
        return template % {"n": shared, "type": agreement.agreement_type}
    return ""


def last_modified(university):
    """Return when the university or one of its agreements last changed, or None."""
    return _latest(University.history.filter(id=university.pk), Agreement.history.filter(university=university.pk))


def register_last_modified():
    """Return when any university or agreement last changed, or None."""
    return _latest(University.history, Agreement.history)


def _latest(*histories):
    dates = [history.aggregate(last=Max("history_date"))["last"] for history in histories]
    return max(filter(None, dates), default=None)


def other_partners_in_country(university, on):
    """Return up to MAX_OTHER_PARTNERS public universities of the same country, and the number of all of them."""
    others = University.objects.public(on).filter(country=university.country_id).exclude(pk=university.pk)
    return others.in_alphabetical_order().values("slug", "name")[:MAX_OTHER_PARTNERS], others.count()
