"""Public agreements of universities: badges in the list, cards on a university's page and in the comparison.

What follows an agreement of the same type and scope is its renewal. It has no line of its own.
"""

from collections import defaultdict
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from django.db.models import Prefetch, prefetch_related_objects
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from partners.agreement_fields import INTERNAL_FIELDS, PUBLIC_FIELDS
from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Mobility
from partners.public.coverage import cover, describe_coverage, of_types
from partners.public.mobilities import Offer, build_offer, format_range
from partners.querysets import IN_FORCE, PUBLIC_STATE_LABELS, STATE_LABELS, UPCOMING
from partners.term_coverage import TermCoverage
from partners.wanted_offer import WantedOffer

PUBLIC_MOBILITIES_PREFETCH = Prefetch(
    "public_agreements__mobilities", Mobility.objects.public(), to_attr="public_mobilities"
)
"""Internal mobilities are not even selected."""


class AgreementBadge(NamedTuple):
    """The agreements of one type in one state."""

    type: AgreementType | None
    state: str
    """A key of ``PUBLIC_STATE_LABELS``."""
    label: str
    """Label of the state, empty while it is in force."""


class PublicAgreement(NamedTuple):
    state: str
    """A key of ``PUBLIC_STATE_LABELS``."""
    label: str
    """Label of the state, which the period follows."""
    period: str
    """Empty if nothing of it is recorded, or until it is signed: before, its dates are plans, and internal."""
    end: str
    """The last day, or that there is none, in words. Empty as the period is."""
    offer: Offer
    details: dict[str, str]
    """Formatted values by label, without empty ones."""

    @property
    def content(self):
        """Everything but its state and period."""
        return self.offer, self.details


class ScopeLine(NamedTuple):
    """The agreements of one type and scope."""

    scope: str
    agreement: PublicAgreement
    renewals: list[PublicAgreement]
    """Agreements that follow it: upcoming ones by first day, then one in process."""
    main: PublicAgreement
    """The one of them that covers most of the term that the visitor has chosen. The first without one."""
    coverage: TermCoverage | None
    """How they cover the term that the visitor has chosen. None without one."""

    @property
    def coverage_text(self):
        return describe_coverage(self.coverage)


class AgreementCard(NamedTuple):
    type: AgreementType | None
    lines: list[ScopeLine]

    @property
    def has_scopes(self):
        return any(line.scope for line in self.lines)

    def values(self, label):
        """Return pairs of a line and its detail of this label, of the lines that have it."""
        return [(line, line.agreement.details[label]) for line in self.lines if label in line.agreement.details]


def public_agreements_prefetch(on, wanted=None):
    """Return a prefetch of universities' ``public_agreements``. Internal fields are not even selected.

    Each says if it ``is_offering`` what is wanted, if there is a term in that.
    """
    agreements = Agreement.objects.public(on).ordered_by_type().select_related("agreement_type")
    if wanted and wanted.term:
        agreements = agreements.with_offering(wanted)
    internal = [field.name for field in INTERNAL_FIELDS]
    return Prefetch("agreements", agreements.defer(*internal), to_attr="public_agreements")


def build_badges(agreements, on, selected):
    """Return the ``AgreementBadge`` list of one university's public agreements, those of selected types first.

    Each type has one, in the first of its states, and those of the states that the list is filtered by.
    """
    states, types = selected["status"], selected["type"]
    badges = []
    for agreement_type, group in groupby(agreements, key=attrgetter("agreement_type")):
        starts = defaultdict(list)
        for agreement in group:
            state = agreement.state_on(on)
            starts[state].append(agreement.valid_from)
        found = [state for state in PUBLIC_STATE_LABELS if state in starts]
        for state in found[:1] + [state for state in found[1:] if state in states]:
            badges.append(AgreementBadge(agreement_type, state, _badge_label(state, starts[state])))
    return sorted(badges, key=lambda badge: bool(types) and (badge.type is None or badge.type.slug not in types))


def _badge_label(state, starts):
    if state == UPCOMING:
        return _("signed, from %s") % date_format(min(starts))
    return "" if state == IN_FORCE else STATE_LABELS[state]


def agreement_cards(universities, on, term=None):
    """Return lists of ``AgreementCard`` by university id."""
    agreements = public_agreements_prefetch(on, WantedOffer(term=term.days) if term else None)
    prefetch_related_objects(universities, agreements, PUBLIC_MOBILITIES_PREFETCH)
    return {university.pk: _build_cards(university.public_agreements, on, term) for university in universities}


def _build_cards(agreements, on, term):
    lines = {}
    for group in _group_by_scope(agreements):
        agreement, *renewals = public = [_public_agreement(agreement, on) for agreement in group]
        main = public[group.index(_main_agreement(group, term))]
        coverage = cover(group, term) if term else None
        line = ScopeLine(group[0].scope, agreement, renewals, main, coverage)
        lines.setdefault(group[0].agreement_type, []).append(line)
    return [AgreementCard(*card) for card in lines.items()]


def _group_by_scope(agreements):
    """Return lists of those of one type and scope, signed ones in the order of time before one in process."""
    return [list(group) for _key, group in groupby(agreements, key=attrgetter("agreement_type", "scope_key"))]


def main_agreements(agreements, types, term):
    """Return one for each scope of the types: that of most days in the term, or without any the first.

    If none covers a day of the term, all are returned.
    """
    found = [_main_agreement(group, term) for group in _group_by_scope(of_types(agreements, types))]
    return [each for each in found if term and cover([each], term).parts] or found


def _main_agreement(group, term):
    return max(group, key=lambda agreement: cover([agreement], term).rank) if term else group[0]


def _public_agreement(agreement, on):
    state = agreement.state_on(on)
    is_signed = agreement.status == AgreementStatus.SIGNED
    details = {field.public_label: field.format_public(agreement) for field in PUBLIC_FIELDS if field.public_label}
    return PublicAgreement(
        state,
        _("Signed") if state == UPCOMING else PUBLIC_STATE_LABELS[state],
        _format_period(agreement) if is_signed else "",
        _format_end(agreement) if is_signed else "",
        build_offer(agreement),
        {label: value for label, value in details.items() if value},
    )


def _format_period(agreement):
    """Return the first and last day in words, without an end that is not recorded."""
    days = format_range(*(day and date_format(day) for day in agreement.period))
    return ", ".join(filter(None, [days, _("open-ended") if agreement.is_open_ended else ""]))


def _format_end(agreement):
    if agreement.valid_until:
        return date_format(agreement.valid_until)
    return _("open-ended") if agreement.is_open_ended else ""


def most_useful_first(cards, type_slug):
    """Order cards: of the type first, then by days of a term, by state, and those that say most first."""
    states = list(PUBLIC_STATE_LABELS)

    def rank(card):
        is_other = not card.type or card.type.slug != type_slug
        state = min(states.index(line.agreement.state) for line in card.lines)
        days, is_recorded = max((line.coverage.rank for line in card.lines if line.coverage), default=(0, True))
        facts = max(line.agreement.offer.count_facts() for line in card.lines)
        return is_other, -days, not is_recorded, state, -facts

    return sorted(cards, key=rank)
