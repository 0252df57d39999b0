"""What a university's own page tells beyond the list, and a comparison of several."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from partners.models import Agreement, AgreementType, University
from partners.rules import Status

OFFICE_ONLY = ["responsible", "next_step", "contact", "notes"]
MOST_NEIGHBOURS = 12


@dataclass(slots=True)
class Offer:
    """What an agreement is to a student."""

    type: AgreementType | None
    is_in_process: bool
    until: str
    """The last day, empty if there is none."""
    facts: dict[str, str]
    """What the office gave, by its label."""


def offers(universities, on):
    """What each university, by its id, offers on a day. What is the office's own is not even read."""
    rows = Agreement.objects.public(on).filter(university__in=list(universities)).in_type_order()
    found = defaultdict(list)
    for agreement in rows.select_related("agreement_type").defer(*OFFICE_ONLY):
        found[agreement.university_id].append(_offer(agreement))
    return found


def _offer(agreement):
    """The dates of one that is in process are plans, which are the office's own."""
    is_in_process = agreement.status == Status.IN_PROCESS
    facts = {
        _("Valid from"): "" if is_in_process else _in_words(agreement.valid_from),
        _("Places for our students"): _places(agreement),
        _("Study levels"): agreement.study_levels_in_words(),
        _("Fields of study"): agreement.fields_of_study,
        _("Language requirement"): agreement.language_requirement,
    }
    until = "" if is_in_process else _in_words(agreement.valid_until)
    told = {label: fact for label, fact in facts.items() if fact}
    return Offer(agreement.agreement_type, is_in_process, until, told)


def _in_words(day):
    return date_format(day) if day else ""


def _places(agreement):
    if (own := agreement.places_out) is not None:
        return _("%(n)d in an academic year") % {"n": own}
    if agreement.agreement_type and (shared := agreement.agreement_type.places_out) is not None:
        words = _("%(n)d in an academic year, shared by all partners of %(type)s")
        return words % {"n": shared, "type": agreement.agreement_type}
    return ""


def last_change(university):
    """When the register's words on a university, or on an agreement with it, last changed."""
    return _last(University.history.filter(id=university.pk), Agreement.history.filter(university=university.pk))


def newest_change():
    """When the register's words on any university last changed."""
    return _last(University.history, Agreement.history)


def _last(*histories):
    moments = [history.aggregate(last=Max("history_date"))["last"] for history in histories]
    return max(filter(None, moments), default=None)


def neighbours(university, on):
    """Some of the other universities in its country, and how many there are."""
    others = University.objects.public(on).filter(country=university.country_id).exclude(pk=university.pk)
    return others.alphabetical().values("slug", "name")[:MOST_NEIGHBOURS], others.count()
