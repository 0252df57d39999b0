"""Outgoing mobilities of students in words, for a university's page and the comparison."""

from itertools import compress
from math import ceil
from typing import NamedTuple

from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners import cells
from partners.enums import AgreementStatus, MobilityKind, StudyLevel
from partners.fields import format_decimal
from partners.fields_of_study import field_title, is_title_translated
from partners.models import Mobility

LABELS = {
    "places": gettext_lazy("places"),
    "study_levels": gettext_lazy("study levels"),
    "fields_of_study": gettext_lazy("fields of study"),
    "languages": gettext_lazy("languages"),
    "is_blended": gettext_lazy("blended"),
    "duration": gettext_lazy("duration"),
    "years": gettext_lazy("academic years"),
}
EXPECTED_FIELDS = ["places", "study_levels", "fields_of_study", "languages"]
"""Fields whose values the page names as not recorded if they are empty, with the office's address."""
KIND_LABELS = {
    MobilityKind.STUDENT_STUDIES: gettext_lazy("Studies"),
    MobilityKind.STUDENT_TRAINEESHIP: gettext_lazy("Traineeships"),
}


class PublicMobility(NamedTuple):
    heading: str
    """Kind, if there are several, and places. It may be empty."""
    details: dict[str, str]
    """Formatted values by label, without empty ones."""


class Offer(NamedTuple):
    mobilities: list[PublicMobility]
    not_recorded: list[str]
    """Names of the EXPECTED_FIELDS that are empty in any mobility of a signed agreement."""
    facts: dict[str, str]
    """The EXPECTED_FIELDS of all studies together, by label, empty where nothing is recorded."""

    @property
    def is_empty(self):
        return not (self.mobilities or self.not_recorded)

    def count_facts(self):
        return len(list(filter(None, self.facts.values())))


def build_offer(agreement):
    """Return the ``Offer`` of an agreement with ``public_mobilities``."""
    mobilities = agreement.public_mobilities or [Mobility(agreement=agreement)]
    all_values = [_format_values(mobility) for mobility in mobilities]
    has_traineeships = any(mobility.kind == MobilityKind.STUDENT_TRAINEESHIP for mobility in mobilities)
    kinds = [str(KIND_LABELS[mobility.kind]) if has_traineeships else "" for mobility in mobilities]
    expected = EXPECTED_FIELDS if agreement.status == AgreementStatus.SIGNED else []
    not_recorded = [name for name in expected if not all(values[name] for values in all_values)]
    public = [_public_mobility(kind, values) for kind, values in zip(kinds, all_values, strict=True)]
    studies = [mobility.kind == MobilityKind.STUDENT_STUDIES for mobility in mobilities]
    return Offer(
        [mobility for mobility in public if any(mobility)],
        [str(LABELS[name]) for name in not_recorded],
        _collect_facts(list(compress(all_values, studies))),
    )


def summarize_offers(agreements):
    """Return levels, languages and places of all student studies, such as “master · English B2 · 4 places a year”."""
    mobilities = [mobility for agreement in agreements for mobility in agreement.public_mobilities]
    studies = [mobility for mobility in mobilities if mobility.kind == MobilityKind.STUDENT_STUDIES]
    stored = {level for mobility in studies for level in mobility.study_levels.split(",")}
    levels = [str(level.label) for level in StudyLevel if level in stored]
    languages = dict.fromkeys(name for mobility in studies for name in mobility.language_names)
    places = [mobility.places for mobility in studies if mobility.places is not None]
    parts = [", ".join(levels), ", ".join(languages), _count_places(sum(places)) if places else ""]
    # Isolated, as “B2 · 4” would be read in the wrong order between words in Hebrew.
    return format_html_join(" · ", "<bdi>{}</bdi>", ((part,) for part in parts if part))


def _collect_facts(all_values):
    """Return the values of the EXPECTED_FIELDS by label. Those that differ are on lines of their own."""
    return {
        capfirst(LABELS[name]): _join_lines(dict.fromkeys(values[name] for values in all_values if values[name]))
        for name in EXPECTED_FIELDS
    }


def _public_mobility(kind, values):
    details = {capfirst(LABELS[name]): value for name, value in values.items() if value and name != "places"}
    return PublicMobility(" · ".join(filter(None, [kind, values["places"]])), details)


def _format_values(mobility):
    """Return values in words by field name, empty where nothing is recorded."""
    return {
        "places": _format_places(mobility),
        "study_levels": ", ".join(mobility.level_labels),
        "fields_of_study": _format_fields(mobility),
        "languages": ", ".join(mobility.language_names),
        "is_blended": _("partly online") if mobility.is_blended else "",
        "duration": _format_months(mobility.duration),
        "years": _format_years(mobility.first_year, mobility.last_year),
    }


def _format_fields(mobility):
    """Return a line for each field and the note, as HTML that marks titles in English as such."""
    titles = [
        field_title(code)
        if is_title_translated(code)
        else format_html('<span lang="en" dir="ltr">{}</span>', field_title(code))
        for code in mobility.fields_of_study.split()
    ]
    return _join_lines(filter(None, [*titles, mobility.fields_note]))


def _join_lines(lines):
    """Join with line breaks. Lines that are not HTML are escaped."""
    return format_html_join("\n", "{}", ((line,) for line in lines))


def _format_places(mobility):
    agreement_type = mobility.agreement.agreement_type
    if mobility.places is not None:
        return _count_places(mobility.places)
    is_shared = mobility.kind == MobilityKind.STUDENT_STUDIES and agreement_type
    if not is_shared or agreement_type.places_out is None:
        return ""
    shared = {"places": _count_places(agreement_type.places_out), "type": agreement_type}
    return _("%(places)s, shared by all partners of %(type)s") % shared


def _count_places(count):
    return ngettext("%(n)d place a year", "%(n)d places a year", count) % {"n": count}


def _format_months(duration):
    if duration is None:
        return ""
    months = ngettext(
        "%(n)s month a year, all places together", "%(n)s months a year, all places together", ceil(duration)
    )
    return months % {"n": number_format(format_decimal(duration))}


def _format_years(first, last):
    first, last = (year and cells.format_academic_year(year) for year in (first, last))
    return first or "" if first == last else format_range(first, last)


def format_range(start, end):
    """Return the first and the last of days or years, as texts, in words. Each may be empty."""
    if start and end:
        return _("from %(start)s to %(end)s") % {"start": start, "end": end}
    if start:
        return _("from %s") % start
    return _("until %s") % end if end else ""
