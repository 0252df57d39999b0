"""Queries and facts for a university's page and the sitemaps."""

from typing import NamedTuple

from django.db.models import Max
from django.utils.translation import gettext as _

from partners.agreement_fields import UNIVERSITY_FIELDS
from partners.models import Agreement, AgreementType, Mobility, University
from partners.public.agreements import ScopeLine, build_badges, public_agreements_prefetch
from partners.querysets import IN_PROCESS, UPCOMING

MAX_OTHER_PARTNERS = 12


def register_last_modified():
    """Return when any university, agreement or mobility last changed, or None."""
    models = (University, Agreement, Mobility)
    dates = [model.history.aggregate(last=Max("history_date"))["last"] for model in models]
    return max(filter(None, dates), default=None)


def other_partners_in_country(university, on):
    """Return up to MAX_OTHER_PARTNERS public universities of the country, with ``badges``, and the number of all."""
    others = University.objects.public(on).filter(country=university.country_id).exclude(pk=university.pk)
    shown = others.in_alphabetical_order().prefetch_related(public_agreements_prefetch(on))[:MAX_OTHER_PARTNERS]
    for other in shown:
        other.badges = build_badges(other.public_agreements, on, {"status": [], "type": []})
    return shown, others.count()


class KeyFacts(NamedTuple):
    """The facts about one agreement that a student looks for first."""

    type: AgreementType
    line: ScopeLine
    facts: dict[str, str]
    """Values in words by label, empty where nothing is recorded."""

    @property
    def is_empty(self):
        return not self.line.main.offer.count_facts()


def find_key_facts(cards, term):
    """Return the ``KeyFacts`` of the first card, or None if that is in process.

    They are of the line that covers most of the term, if there is one.
    """
    lines = [line for line in cards[0].lines if line.agreement.state != IN_PROCESS] if cards else []
    if not lines:
        return None
    line = max(lines, key=lambda line: line.coverage.rank) if term else lines[0]
    ends = [line.agreement.end, *(renewal.end for renewal in line.renewals if renewal.state == UPCOMING)]
    return KeyFacts(cards[0].type, line, line.main.offer.facts | {_("Open until"): ends[-1]})


def is_bare(cards):
    """Return True if there is nothing about any agreement but its type, state and period."""
    agreements = [agreement for card in cards for line in card.lines for agreement in (line.agreement, *line.renewals)]
    return not any(agreement.offer.mobilities or agreement.details for agreement in agreements)


def student_links(university):
    """Return pairs of label and URL of the university's pages for students."""
    links = [(field.public_label, getattr(university, field.name)) for field in UNIVERSITY_FIELDS]
    return [(label, url) for label, url in links if label and url]
