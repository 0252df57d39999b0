"""Details of a university beyond its row in the list, for its page and the comparison."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Max
from django.utils.formats import date_format

from partners.agreement_fields import INTERNAL_FIELDS, PUBLIC_FIELDS
from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, University

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
    for agreement in rows.select_related("agreement_type").defer(*[field.name for field in INTERNAL_FIELDS]):
        found[agreement.university_id].append(_public_agreement(agreement))
    return found


def _public_agreement(agreement):
    # The dates of an agreement in process are plans, and internal.
    is_in_process = agreement.status == AgreementStatus.IN_PROCESS
    until = date_format(agreement.valid_until) if agreement.valid_until and not is_in_process else ""
    details = {field.public_label: field.format_public(agreement) for field in PUBLIC_FIELDS if field.public_label}
    details = {label: value for label, value in details.items() if value}
    return PublicAgreement(agreement.agreement_type, is_in_process, until, details)


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
