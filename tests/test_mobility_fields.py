"""Cells of mobilities are read as they are written, and as people write them."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given

from partners.mobility_fields import MOBILITY_FIELDS
from partners.models import Mobility
from partners.models.mobilities import summarize
from tests.helpers.factories import mobility_values

FIELDS = {field.name: field for field in MOBILITY_FIELDS}


def test_every_field_of_a_mobility_is_declared_once():
    names = [field.name for field in Mobility._meta.concrete_fields if not field.primary_key]

    assert sorted(["agreement", *FIELDS]) == sorted(names)


@given(mobility_values(), mobility_values())
def test_mobilities_that_differ_have_different_summaries_in_full(one, other):
    texts = [summarize([Mobility(**values)], in_full=True) for values in (one, other)]

    assert (texts[0] == texts[1]) == (one == other)


@given(mobility_values())
def test_cells_are_read_as_they_are_written(values):
    cells = {name: str(FIELDS[name].format(value)) for name, value in values.items()}

    assert {name: FIELDS[name].parse(cell) for name, cell in cells.items()} == values


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("direction", "Outgoing", "out"),
        ("kind", "", "student_studies"),
        ("kind", "Staff  Teaching", "staff_teaching"),
        ("kind", "SMS", "student_studies"),
        ("kind", "Praktikum", "student_traineeship"),
        ("direction", "sortant", "out"),
        ("places", "max. 4", 4),
        ("places", "4 students per year", 4),
        ("places", "4.0", 4),
        ("study_levels", "BA/MA", "bachelor,master"),
        ("study_levels", "Bachelor's and Master's", "bachelor,master"),
        ("study_levels", "BSc MSc PhD", "bachelor,master,doctoral"),
        ("study_levels", "1st cycle & EQF 7", "bachelor,master"),
        ("is_blended", "x", True),
        ("is_blended", "nein", False),
        ("duration", "7,5", Decimal("7.5")),
        ("first_year", "2026/27", 2026),
        ("first_year", "2026-2027", 2026),
        ("last_year", "2026", 2026),
        ("fields_of_study", "All fields", "all"),
        ("languages", "Englisch (B2)", "en B2"),
    ],
)
def test_cell_is_read_as_people_write_it(name, text, value):
    assert FIELDS[name].parse(text) == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("direction", "", "The cell is empty. Write “out” or “in”."),
        *[
            (
                "places",
                text,
                f"“{text}” is not a number of places. Write a whole number up to 32767, or leave the cell empty.",
            )
            for text in ("2+2", "2-4", "4 (2 per semester)", "4 per semester", "4.5", "unlimited")
        ],
        *[
            (
                "study_levels",
                text,
                f"“{text}” is not a study level. Write “short cycle”, “bachelor”, “master” or “doctoral”, with commas.",
            )
            for text in ("postgraduate", "all levels", "doctoral candidates")
        ],
        ("direction", "both", "“both” is not a direction. Write “out” or “in”."),
        (
            "kind",
            "holiday",
            "“holiday” is not a kind. Write “student studies”, “student traineeship”, “staff teaching”,"
            " “staff training”.",
        ),
        (
            "duration",
            "10 months",
            "“10 months” is not a duration. Write a number such as 20 or 7.5, or leave the cell empty.",
        ),
        (
            "first_year",
            "2026/2028",
            "“2026/2028” is not an academic year. Write it like 2026/2027, or leave the cell empty.",
        ),
        (
            "last_year",
            "206/207",
            "“206/207” is not an academic year. Write it like 2026/2027, or leave the cell empty.",
        ),
        (
            "last_year",
            "0207",
            "“0207” is not an academic year. Write it like 2026/2027, or leave the cell empty.",
        ),
    ],
)
def test_wrong_cell_is_an_error_with_the_way_out(name, text, message):
    with pytest.raises(ValidationError) as error:
        FIELDS[name].parse(text)

    assert error.value.messages == [message]
