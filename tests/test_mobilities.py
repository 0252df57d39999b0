"""Mobilities: their rules, the mirrored line, and their summary in words."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from partners.models import Mobility
from partners.models.mobilities import summarize, summarize_change
from tests.helpers.factories import AgreementFactory


def offer(**values):
    usual = {"places": 4, "study_levels": "bachelor,master", "languages": "en B2"}
    return Mobility(**usual | values)


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        (
            {"kind": "staff_teaching"},
            {
                "study_levels": [
                    "Only mobilities of students have study levels."
                    " Take them out, or choose a kind of student mobility."
                ]
            },
        ),
        (
            {"kind": "staff_training", "study_levels": "", "is_blended": True},
            {
                "is_blended": [
                    "Only mobilities of students can be blended. Take that out, or choose a kind of student mobility."
                ]
            },
        ),
        (
            {"first_year": 2028, "last_year": 2027},
            {"last_year": ["The last academic year (2027) is before the first (2028). Correct one of the two."]},
        ),
        (
            {"fields_of_study": "732"},
            {"fields_of_study": ["“732” is not a field of study. Did you mean 0732?"]},
        ),
        (
            {"languages": "Klingon"},
            {"languages": ["“Klingon” is not a language with a level. Write it like English B2."]},
        ),
    ],
)
def test_mobility_is_validated(db, values, errors):
    with pytest.raises(ValidationError) as error:
        offer(agreement=AgreementFactory(), **values).full_clean()

    assert error.value.message_dict == errors


def test_mobility_is_stored_normalized(db):
    mobility = offer(agreement=AgreementFactory(), fields_of_study="0732, 042", languages="Englisch (B2), French")

    mobility.save()

    mobility.refresh_from_db()
    assert (mobility.fields_of_study, mobility.languages) == ("042 0732", "en B2,fr")


@pytest.mark.parametrize(
    ("mobilities", "summary"),
    [
        ([], ""),
        ([offer(), offer(direction="in")], "4 out, 4 in · bachelor, master · English B2"),
        (
            [offer(), offer(direction="in", languages="")],
            "4 out · bachelor, master · English B2; 4 in · bachelor, master",
        ),
        ([Mobility()], "? out"),
        ([Mobility(kind="staff_teaching", places=2, fields_of_study="042")], "2 out · staff teaching · Law"),
        ([Mobility(places=1, fields_of_study="all")], "1 out · all fields"),
        ([Mobility(places=1, fields_of_study="042 0715")], "1 out · 2 fields of study"),
    ],
)
def test_mobilities_are_summarized_in_words(mobilities, summary):
    assert summarize(mobilities) == summary


@pytest.mark.parametrize(
    ("values", "summary"),
    [
        ({"duration": Decimal("20.50"), "is_blended": True}, "4 out · blended · duration: 20.5"),
        ({"fields_of_study": "01"}, "4 out · Education · ISCED-F 01"),
        ({"fields_of_study": "011"}, "4 out · Education · ISCED-F 011"),
        ({"fields_of_study": "all", "fields_note": "Not law"}, "4 out · all fields · note on fields: Not law"),
        (
            {"first_year": 2026, "last_year": 2028},
            "4 out · first academic year: 2026 · last academic year: 2028",
        ),
    ],
)
def test_mobilities_are_summarized_in_full(values, summary):
    assert summarize([Mobility(places=4, **values)], in_full=True) == summary


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ([], [Mobility(places=4)], "new mobilities: 4 out"),
        ([Mobility(places=4)], [], "mobilities are deleted: 4 out"),
        (
            [Mobility(places=4, duration=20)],
            [Mobility(places=4)],
            "mobilities change from “4 out · duration: 20” to “4 out”",
        ),
    ],
)
def test_change_of_mobilities_is_described(before, after, sentence):
    assert summarize_change(before, after) == sentence
