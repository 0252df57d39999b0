"""Details of a university beyond its row in the list, for its page and the comparison."""

from typing import NamedTuple

from django.db.models import Max, Prefetch, prefetch_related_objects
from django.utils.formats import date_format

from partners.agreement_fields import INTERNAL_FIELDS, PUBLIC_FIELDS
from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, University

MAX_OTHER_PARTNERS = 12


class PublicAgreement(NamedTuple):
    """An agreement with its details, as the university's page and the comparison show it."""

    type: AgreementType | None
    status: AgreementStatus
    until: str
    """Formatted last day, empty if there is none."""
    details: dict[str, str]
    """Formatted values by label, without empty ones."""


def public_agreements_prefetch(on):
    """Return a prefetch of universities' ``public_agreements``. Internal fields are not even selected."""
    agreements = Agreement.objects.public(on).ordered_by_type().select_related("agreement_type")
    internal = [field.name for field in INTERNAL_FIELDS]
    return Prefetch("agreements", agreements.defer(*internal), to_attr="public_agreements")


def public_agreements(universities, on):
    """Return lists of ``PublicAgreement`` by university id."""
    prefetch_related_objects(universities, public_agreements_prefetch(on))
    return {
        university.pk: [_public_agreement(agreement) for agreement in university.public_agreements]
        for university in universities
    }


def _public_agreement(agreement):
    status = AgreementStatus(agreement.status)
    # Before an agreement is signed, its dates are plans, and internal.
    is_dated = status == AgreementStatus.SIGNED and agreement.valid_until
    details = {field.public_label: field.format_public(agreement) for field in PUBLIC_FIELDS if field.public_label}
    return PublicAgreement(
        agreement.agreement_type,
        status,
        date_format(agreement.valid_until) if is_dated else "",
        {label: value for label, value in details.items() if value},
    )


def register_last_modified():
    """Return when any university or agreement last changed, or None."""
    dates = [history.aggregate(last=Max("history_date"))["last"] for history in (University.history, Agreement.history)]
    return max(filter(None, dates), default=None)


def other_partners_in_country(university, on):
    """Return up to MAX_OTHER_PARTNERS public universities of the same country, and the number of all of them."""
    others = University.objects.public(on).filter(country=university.country_id).exclude(pk=university.pk)
    return others.in_alphabetical_order().values("slug", "name")[:MAX_OTHER_PARTNERS], others.count()
