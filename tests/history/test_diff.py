from datetime import date

import pytest

from partners.history.diff import FieldChange, diff
from partners.models import Agreement, University
from tests.helpers.factories import AgreementFactory, create_staff


def test_diff_of_mappings_returns_display_texts():
    old = {"agreement_type": "GE3", "status": "in_process", "study_levels": "", "valid_until": None, "places_out": 0}
    new = {"agreement_type": None, "status": "signed", "study_levels": "short_cycle,master"}
    new |= {"valid_until": date(2028, 9, 1), "places_out": 0}

    assert diff(old, new, Agreement) == [
        FieldChange("agreement_type", "agreement type", "GE3", "–"),
        FieldChange("status", "status", "in process", "signed"),
        FieldChange("valid_until", "valid until", "–", "1 Sep 2028"),
        FieldChange("study_levels", "study levels", "–", "short cycle, master"),
    ]


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
    agreement.places_out = 3

    with django_assert_num_queries(0):
        changes = diff(before, agreement)

    assert [change.name for change in changes] == ["places_out"]
