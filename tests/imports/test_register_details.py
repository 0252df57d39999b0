"""Import of an agreement's details: the columns besides type, status and dates."""

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from partners.enums import AgreementStatus
from partners.imports.register_columns import COLUMN_OF
from partners.models import Agreement
from tests.helpers.database import count_queries, database_contents
from tests.helpers.factories import create_staff
from tests.helpers.register_files import (
    COLOGNE,
    agreements,
    create_university,
    errors,
    exported_rows,
    import_rows,
    make_rows,
    row,
)

SIGNED, ENDED = AgreementStatus.SIGNED, AgreementStatus.ENDED
EMPTY_DETAILS = dict.fromkeys(["reference_number", "due_on", "responsible", "next_step", "contact", "notes"], "")

pytestmark = pytest.mark.django_db


@pytest.fixture
def all_details(coordinator):
    return {
        "reference_number": "2024/17",
        "due_on": date(2024, 6, 1),
        "responsible": coordinator,
        "next_step": "Ask for a renewal",
        "contact": "Ana Łuczak\nana@uni-koeln.de",
        "notes": "First line\n\n=1+1",
    }


def test_details_are_parsed_and_displayed(coordinator):
    create_university(("GE3", SIGNED))
    cells = {"reference_number": " 2024  / 17", "due_on": "1 June 2024", "responsible": "coordinator"}
    cells |= {"next_step": "Ask again"}

    result = import_rows(row("GE3", "signed", **cells, contact="Ana\r\nana@a.de", notes=" One\n\n=1+1\r\n"))

    assert [change.describe() for change in result.changed] == [
        [
            "GE3, reference number: – → 2024 / 17",
            "GE3, to be done by: – → 1 Jun 2024",
            "GE3, coordinator responsible: – → coordinator",
            "GE3, next step: – → Ask again",
            "GE3, contact at the partner: – → Ana, ana@a.de",
            "GE3, internal notes: – → One, =1+1",
        ]
    ]
    assert agreements(COLOGNE, *EMPTY_DETAILS) == [
        (
            *("GE3", "signed", "2024 / 17", date(2024, 6, 1), coordinator.pk, "Ask again"),
            *("Ana\nana@a.de", "One\n\n=1+1"),
        )
    ]


def test_details_of_a_new_agreement_are_displayed(coordinator):
    result = import_rows(row("GE3", "ended", ended_on="2024-05-01", end_reason="Merged", responsible="coordinator"))

    assert [change.summary for change in result.new] == [
        "GE3 (ended); ended on: 1 May 2024; reason for its end: Merged; coordinator responsible: coordinator"
    ]
    assert agreements(COLOGNE, "ended_on", "end_reason", "reference_number", "responsible", "notes") == [
        ("GE3", "ended", date(2024, 5, 1), "Merged", "", coordinator.pk, "")
    ]


def test_details_without_a_column_are_unchanged(all_details):
    create_university(("GE3", SIGNED, all_details), ("GE3", ENDED, {"ended_on": date(2020, 1, 1)}))
    before = database_contents()

    result = import_rows(row("GE3", "signed"), row("GE3", "ended"))

    assert result.counts() == "0 new, 0 changed, 2 unchanged, 0 errors"
    assert database_contents() == before


def test_empty_cell_clears_a_detail(all_details):
    create_university(("GE3", SIGNED, all_details))

    result = import_rows(row("GE3", "signed", **EMPTY_DETAILS))

    (words,) = [change.describe() for change in result.changed]
    assert words[:3] == [
        "GE3, reference number: 2024/17 → –",
        "GE3, to be done by: 1 Jun 2024 → –",
        "GE3, coordinator responsible: coordinator → –",
    ]
    assert agreements(COLOGNE, *EMPTY_DETAILS) == [("GE3", "signed", "", None, None, "", "", "")]


def test_details_are_in_history(coordinator):
    create_university(("GE3", SIGNED))

    import_rows(row("GE3", "signed", responsible="coordinator", next_step="Ask", notes="Line\nline"))

    last = Agreement.history.latest()
    assert (last.responsible, last.next_step, last.notes) == (coordinator, "Ask", "Line\nline")


def test_long_notes_are_truncated_in_the_preview():
    create_university(("GE3", SIGNED))

    result = import_rows(row("GE3", "signed", notes=f"Once\n{'x' * 1_000}"))

    assert [change.describe() for change in result.changed] == [
        [f"GE3, internal notes: – → Once, {'x' * 194}… (1005 characters)"]
    ]
    assert Agreement.objects.get().notes == f"Once\n{'x' * 1_000}"


def test_statuses_and_checkboxes_are_the_same_in_every_language():
    create_university(("GE3", SIGNED, {"is_open_ended": True}))

    with translation.override("de"):
        (cells,) = exported_rows()

    assert (cells["Status"], cells["Open-ended"]) == ("signed", "yes")


STAFF = "is not the user name of anybody on the staff. Correct it, or leave the cell empty for nobody."


@pytest.mark.parametrize(
    ("cells", "error"),
    [
        (
            {"reference_number": "x" * 201},
            f"Reference number: “{'x' * 79}…” has 201 characters, and 200 fit. Shorten it.",
        ),
        (
            {"next_step": "=A1"},
            "Next step: “=A1” begins with “=”, as a spreadsheet formula does. Begin with another character.",
        ),
        (
            {"next_step": "B2\nor C1"},
            "Next step: “B2\nor C1” has a control character (U+000A) in it. Type the name anew, in one line.",
        ),
        (
            {"notes": "fine\nbe\u2028ll"},
            "Internal notes: “be\u2028ll” has a control character (U+2028) in it. Type this line anew.",
        ),
        ({"responsible": "anna"}, f"Responsible: “anna” {STAFF} Did you mean “ana”?"),
        ({"responsible": "Ana"}, f"Responsible: “Ana” {STAFF} Did you mean “ana”?"),
        ({"responsible": "student"}, f"Responsible: “student” {STAFF}"),
        (
            {"ended_on": "2024-05-01"},
            "Ended on: Ended on (1 May 2024) is of an ended agreement. Empty it, or set the status to ended.",
        ),
        (
            {"agreement_type": "", "status": "", "notes": "Ask them"},
            "Status: The cell is empty, and the line tells of an agreement. Write “in process”, “signed” or “ended”.",
        ),
    ],
)
def test_invalid_detail_is_an_error_with_advice(cells, error):
    create_staff("ana")
    User.objects.create_user("student")

    assert errors(row(**{"agreement_type": "GE3", "status": "signed"} | cells)) == [f"Line 2, {error}"]


def test_errors_of_all_details_are_listed():
    cells = {"due_on": "x", "responsible": "x", "next_step": "=x", "notes": "\x01"}

    messages = errors(row("GE3", "signed", **cells), row("GE3", "signed", **dict.fromkeys(cells, "")))

    assert [message.partition(":")[0] for message in messages] == [
        "Line 2, To be done by",
        "Line 2, Responsible",
        "Line 2, Next step",
        "Line 2, Internal notes",
    ]


def test_row_with_two_invalid_dates_has_both_errors():
    dates = {"valid_from": "2025-02-01", "valid_until": "2025-01-31", "ended_on": "2025-01-01"}

    assert [line.partition(":")[0] for line in errors(row("GE3", "signed", **dates))] == [
        "Line 2, Valid until",
        "Line 2, Ended on",
    ]


def test_former_staff_stay_responsible_but_cannot_be_assigned(coordinator):
    former = User.objects.create_user("former")
    create_university(("GE3", SIGNED, {"responsible": former}), ("Bilateral", SIGNED))

    unchanged = import_rows(row("GE3", "signed", responsible="former"), row("Bilateral", "signed"))
    messages = errors(row("GE3", "signed", responsible="former"), row("Bilateral", "signed", responsible="former"))

    assert unchanged.counts() == "0 new, 0 changed, 2 unchanged, 0 errors"
    assert messages == [f"Line 3, Responsible: “former” {STAFF}"]


def test_ended_on_is_cleared_with_the_status_if_the_file_has_no_column_for_it():
    _university, pk = create_university(("GE3", ENDED, {"ended_on": date(2024, 5, 1)}))

    result = import_rows(row("GE3", "signed", number=pk))

    assert [change.describe() for change in result.changed] == [
        ["GE3, status: ended → signed", "GE3, ended on: 1 May 2024 → –"]
    ]
    assert agreements(COLOGNE, "ended_on") == [("GE3", "signed", None)]


def test_ended_on_in_the_file_is_an_error_for_a_signed_agreement():
    _university, pk = create_university(("GE3", ENDED, {"ended_on": date(2024, 5, 1)}))

    assert errors(row("GE3", "signed", number=pk, ended_on="2024-05-01")) == [
        "Line 2, Ended on: Ended on (1 May 2024) is of an ended agreement. Empty it, or set the status to ended."
    ]


def test_status_and_ended_on_may_be_swapped_with_another_agreement():
    _university, older, newer = create_university(("GE3", SIGNED), ("GE3", ENDED, {"ended_on": date(2024, 5, 1)}))

    import_rows(
        row("GE3", "ended", number=older, ended_on="2025-01-01"), row("GE3", "signed", number=newer, ended_on="")
    )

    assert agreements(COLOGNE, "ended_on") == [("GE3", "ended", date(2025, 1, 1)), ("GE3", "signed", None)]


def test_ended_agreements_without_numbers_are_distinguished_by_their_details():
    past = {"ended_on": date(2020, 1, 1)}
    create_university(("GE3", ENDED, past | {"notes": "First"}), ("GE3", ENDED, past | {"notes": "Second"}))

    result = import_rows(
        row("GE3", "ended", ended_on="2020-01-01", notes="Second"),
        row("GE3", "ended", ended_on="2020-01-01", notes="First, with more to say"),
    )

    assert [change.describe() for change in result.changed] == [
        ["GE3, internal notes: First → First, with more to say"]
    ]
    assert agreements(COLOGNE, "notes") == [("GE3", "ended", "First, with more to say"), ("GE3", "ended", "Second")]


@pytest.mark.parametrize("exists", [True, False])
def test_users_are_queried_once_for_all_rows(exists):
    for number in range(300):
        create_staff(f"user-{number}")
    if exists:
        import_rows(*make_rows(300, "GE3", "in process"))
    rows = [cells | {"Responsible": f"user-{index}"} for index, cells in enumerate(make_rows(300, "GE3", "signed"))]

    few, many = count_queries(import_rows, *rows[:3]), count_queries(import_rows, *rows)

    assert few["SELECT"] == many["SELECT"]
    assert Agreement.objects.exclude(responsible=None).count() == 300


def test_every_detail_of_an_agreement_has_a_column():
    fields = {field.name for field in Agreement._meta.concrete_fields}

    assert fields - set(COLUMN_OF) == {"id", "university", "scope_key"}
