"""The fields of a mobility, each declared once: its column in files, its parser, its place in public files."""

from __future__ import annotations

from partners import cells
from partners.agreement_fields import RegisterField
from partners.fields import format_decimal
from partners.models import Mobility


class MobilityField(RegisterField):
    model = Mobility


MOBILITY_FIELDS = (
    MobilityField("direction", "Direction", cells.parse_direction),
    MobilityField("kind", "Kind", cells.parse_mobility_kind, cells.format_mobility_kind),
    MobilityField("places", "Places", cells.parse_places),
    MobilityField("duration", "Months or days", cells.parse_duration, format_decimal),
    MobilityField("study_levels", "Study levels", cells.parse_study_levels, cells.format_study_levels),
    MobilityField("fields_of_study", "Fields of study", formatter=cells.format_fields_of_study),
    MobilityField("fields_note", "Note on fields"),
    MobilityField("languages", "Languages", formatter=cells.format_languages),
    MobilityField("is_blended", "Blended", cells.parse_checkbox, cells.format_checkbox),
    MobilityField("first_year", "First academic year", cells.parse_academic_year, cells.format_academic_year),
    MobilityField("last_year", "Last academic year", cells.parse_academic_year, cells.format_academic_year),
)
"""All editable fields of a mobility but its agreement, in the order of the columns."""
