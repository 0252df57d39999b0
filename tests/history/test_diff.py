from datetime import date
from decimal import Decimal

import pytest

from partners.history.diff import FieldChange, diff
from partners.models import Agreement, Mobility, University
from tests.helpers.factories import AgreementFactory, create_staff


def test_diff_of_mappings_returns_display_texts():
    old = {"agreement_type": "GE3", "status": "in_process", "valid_until": None, "notes": "Call"}
    new = {"agreement_type": None, "status": "signed", "valid_until": date(2028, 9, 1), "notes": "Call"}

    assert diff(old, new, Agreement) == [
        FieldChange("agreement_type", "agreement type", "GE3", "–"),
        FieldChange("status", "status", "in process", "signed"),
        FieldChange("valid_until", "valid until", "–", "1 Sep 2028"),
    ]


def test_diff_of_mobilities_returns_display_texts():
    old = {"direction": "out", "places": 4, "duration": Decimal("20.00"), "study_levels": "", "languages": "en B2"}
    old |= {"fields_of_study": "all", "is_blended": False, "first_year": None}
    new = {"direction": "in", "places": None, "duration": Decimal("7.50"), "study_levels": "short_cycle,master"}
    new |= {"languages": "fr,de B1", "fields_of_study": "042 0715", "is_blended": True, "first_year": 2026}

    assert list(map(str, diff(old, new, Mobility))) == [
        "direction: out → in",
        "places: 4 → –",
        "duration: 20 → 7.5",
        "study levels: – → short cycle, master",
        "fields of study: all fields → Law, Mechanics and metal trades",
        "languages: English B2 → French, German B1",
        "blended: no → yes",
        "first academic year: – → 2026",
    ]


def test_diff_displays_unknown_codes():
    changes = diff({"languages": "xx B2", "fields_of_study": "7777"}, {}, Mobility)

    assert [change.old for change in changes] == ["7777", "Xx B2"]


def test_diff_includes_field_that_only_one_mapping_has():
    assert list(map(str, diff({}, {"valid_until": None}, Agreement))) == ["valid until: – → –"]


def test_diff_replaces_labels_and_texts_of_empty_values():
    changes = diff(
        {"name": "Köln", "city": "Köln"},
        {"name": "Koln", "city": ""},
        University,
        labels={"name": "spelling"},
        empty_texts={"city": "nowhere"},
    )

    assert list(map(str, changes)) == ["spelling: Köln → Koln", "city: Köln → nowhere"]


@pytest.mark.parametrize(
    ("max_length", "text"),
    [(None, "One\n\ntwo and three"), (30, "One, two and three"), (8, "One, two… (18 characters)")],
)
def test_diff_shortens_long_texts_to_one_line(max_length, text):
    (change,) = diff({"notes": ""}, {"notes": "One\n\ntwo and three"}, Agreement, max_length=max_length)

    assert change.new == text


def test_diff_of_records_names_related_objects(db, erasmus):
    agreement = AgreementFactory(university__name="Marburg")
    before = agreement.history.latest()
    agreement.agreement_type, agreement.responsible = erasmus, create_staff("ana")

    changes = diff(before, agreement)

    assert list(map(str, changes)) == [
        "agreement type: Bilateral → Erasmus+",
        "coordinator responsible: – → ana",
    ]


def test_diff_makes_queries_only_for_changed_foreign_keys(db, django_assert_num_queries):
    agreement = AgreementFactory(university__name="Marburg")
    before = agreement.history.latest()
    agreement.notes = "Call"

    with django_assert_num_queries(0):
        changes = diff(before, agreement)

    assert [change.name for change in changes] == ["notes"]
