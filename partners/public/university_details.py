"""What a university's own page tells beyond the list, and a comparison of several."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, University

INTERNAL_FIELDS = ["responsible", "next_step", "contact", "notes"]
MAX_NEIGHBOURS = 12


@dataclass(slots=True)
class PublicAgreement:
    """What an agreement is to a student."""

    type: AgreementType | None
    is_in_process: bool
    until: str
    """The last day, empty if there is none."""
    facts: dict[str, str]
    """What the office gave, by its label."""


def public_agreements(universities, on):
    """What each university, by its id, offers on a day. What is the office's own is not even read."""
    rows = Agreement.objects.public(on).filter(university__in=list(universities)).ordered_by_type()
    found = defaultdict(list)
    for agreement in rows.select_related("agreement_type").defer(*INTERNAL_FIELDS):
        found[agreement.university_id].append(_public_agreement(agreement))
    return found


def _public_agreement(agreement):
    """The dates of one that is in process are plans, which are the office's own."""
    is_in_process = agreement.status == AgreementStatus.IN_PROCESS
    facts = {
        _("Valid from"): "" if is_in_process else _describe(agreement.valid_from),
        _("Places for our students"): _places(agreement),
        _("Study levels"): agreement.study_levels_display(),
        _("Fields of study"): agreement.fields_of_study,
        _("Language requirement"): agreement.language_requirement,
    }
    until = "" if is_in_process else _describe(agreement.valid_until)
    told = {label: fact for label, fact in facts.items() if fact}
    return PublicAgreement(agreement.agreement_type, is_in_process, until, told)


def _describe(day):
    return date_format(day) if day else ""


def _places(agreement):
    if (own := agreement.places_out) is not None:
        return _("%(n)d in an academic year") % {"n": own}
    if agreement.agreement_type and (shared := agreement.agreement_type.places_out) is not None:
        words = _("%(n)d in an academic year, shared by all partners of %(type)s")
        return words % {"n": shared, "type": agreement.agreement_type}
    return ""


def last_modified(university):
    """When the register's words on a university, or on an agreement with it, last changed."""
    return _latest(University.history.filter(id=university.pk), Agreement.history.filter(university=university.pk))


def register_last_modified():
    """When the register's words on any university last changed."""
    return _latest(University.history, Agreement.history)


def _latest(*histories):
    moments = [history.aggregate(last=Max("history_date"))["last"] for history in histories]
    return max(filter(None, moments), default=None)


def other_partners_in_country(university, on):
    """Some of the other universities in its country, and how many there are."""
    others = University.objects.public(on).filter(country=university.country_id).exclude(pk=university.pk)
    return others.alphabetical().values("slug", "name")[:MAX_NEIGHBOURS], others.count()
