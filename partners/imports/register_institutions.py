"""Links to institutions of the directory (ROR) in the register's file."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from partners.imports.register_columns import COLUMN_OF
from partners.imports.register_rows import ParsedRow
from partners.institutions.linking import institution_values
from partners.models import Institution


def load_institutions(rows: Sequence[ParsedRow]) -> None:
    """Load the institutions of changed links, and fill cities and websites. Reject IDs that the directory lacks."""
    changed = [row for row in rows if "institution" in row.result.university_change.fields]
    ror_ids = {ror_id for row in changed for ror_id in row.result.university_change.fields["institution"]}
    institutions = Institution.objects.in_bulk(ror_ids - {None})
    for row in changed:
        row.result.institutions = institutions
        ror_id = row.result.university_change.after["institution"]
        if ror_id in institutions:
            _fill_empty_values(row, institutions[ror_id])
        elif ror_id:
            message = _(
                "“%s” is no institution of the directory. Correct it, or have the newest release of the directory"
                " loaded (manage.py load_ror)."
            )
            row.errors[COLUMN_OF["institution"]].append(message % ror_id)


def _fill_empty_values(row: ParsedRow, institution: Institution) -> None:
    """Fill the city and the website, as every other way to link does, if the file has no columns for them."""
    change = row.result.university_change
    for name, value in institution_values(institution).items():
        if value and not change.after[name] and name not in row.university_values:
            change.fields[name] = change.after[name], value
            change.after[name] = value
