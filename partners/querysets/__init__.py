"""QuerySets of the register: named filters, annotations and orders. Those that depend on the date take it."""

from partners.querysets.agreements import NOTE_FIELDS, AgreementQuerySet
from partners.querysets.documents import DocumentQuerySet
from partners.querysets.history import HistoryQuerySet
from partners.querysets.mobilities import MobilityQuerySet
from partners.querysets.searching import MAX_QUERY_LENGTH, SearchableQuerySet
from partners.querysets.states import (
    ENDED,
    EXPIRED,
    IN_FORCE,
    IN_PROCESS,
    PUBLIC_STATE_LABELS,
    STATE_LABELS,
    UNDATED_STATUSES,
    UPCOMING,
    agreement_state,
)
from partners.querysets.universities import ALPHABETICAL_ORDER, SEARCH_LINES, UniversityQuerySet

__all__ = [
    "ALPHABETICAL_ORDER",
    "ENDED",
    "EXPIRED",
    "IN_FORCE",
    "IN_PROCESS",
    "MAX_QUERY_LENGTH",
    "NOTE_FIELDS",
    "PUBLIC_STATE_LABELS",
    "SEARCH_LINES",
    "STATE_LABELS",
    "UNDATED_STATUSES",
    "UPCOMING",
    "AgreementQuerySet",
    "DocumentQuerySet",
    "HistoryQuerySet",
    "MobilityQuerySet",
    "SearchableQuerySet",
    "UniversityQuerySet",
    "agreement_state",
]
