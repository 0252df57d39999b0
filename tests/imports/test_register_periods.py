"""Import of the periods, scopes and ends of agreements, and of the one that an agreement renews."""

from collections import Counter
from datetime import date

import pytest

from partners.enums import AgreementStatus
from partners.models import Agreement
from partners.tables.headers import header_key, usual_names
from tests.helpers.database import database_contents
from tests.helpers.register_files import (
    COLOGNE,
    agreements,
    create_university,
    errors,
    import_file,
    import_rows,
    row,
    run_changes,
)

SIGNED, IN_PROCESS, ENDED = AgreementStatus.SIGNED, AgreementStatus.IN_PROCESS, AgreementStatus.ENDED
SPRING, SUMMER = ("2025-01-01", "2025-06-30"), ("2025-06-01", "2025-09-30")


def signed(period, **cells):
    valid_from, valid_until = period
    return row("GE3", "signed", valid_from=valid_from, valid_until=valid_until, **cells)


pytestmark = pytest.mark.django_db


# Overlaps


@pytest.mark.parametrize(("first", "second"), [(SPRING, SUMMER), (SUMMER, SPRING)])
def test_rows_with_overlapping_periods_are_an_error_with_both_lines_and_dates(first, second):
    (message,) = errors(signed(first), row("Bilateral", "signed"), signed(second))

    spring, summer = "“GE3, from 1 Jan 2025, until 30 Jun 2025”", "“GE3, from 1 Jun 2025, until 30 Sep 2025”"
    here, there = (summer, spring) if second is SUMMER else (spring, summer)
    assert message == (
        f"Line 4, Valid from: {here} overlaps line 2, {there}. Correct the dates, or end one of the two."
    )


def test_each_row_that_overlaps_an_earlier_period_is_an_error():
    messages = errors(signed(("2025-01-01", ""), is_open_ended="yes"), signed(SPRING), signed(SUMMER))

    open_ended = "“GE3, from 1 Jan 2025, open-ended”. Correct the dates, or end one of the two."
    assert messages == [
        f"Line 3, Valid from: “GE3, from 1 Jan 2025, until 30 Jun 2025” overlaps line 2, {open_ended}",
        f"Line 4, Valid from: “GE3, from 1 Jun 2025, until 30 Sep 2025” overlaps line 2, {open_ended}",
    ]


def test_rows_without_dates_overlap():
    assert errors(row("GE3", "signed"), row("GE3", "signed")) == [
        "Line 3, Valid from: “GE3, end not recorded” overlaps line 2, “GE3, end not recorded”."
        " Correct the dates, or end one of the two."
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [signed(SPRING), signed(("2025-07-01", ""))],
        [signed(SPRING, scope="Law"), signed(SUMMER), signed(SUMMER, scope="Arts")],
        [
            signed(SPRING),
            row("GE3", "ended", valid_from="2025-01-01"),
            row("GE3", "in process", valid_from="2025-01-01"),
        ],
        [row("GE3", "in process"), row("GE3", "in process", scope="Law"), row("", "in process", scope="Law")],
    ],
)
def test_agreements_of_other_periods_scopes_and_statuses_stand_side_by_side(rows):
    first, second = import_rows(*rows), import_rows(*rows)

    assert first.counts() == f"{len(rows)} new, 0 changed, 0 unchanged, 0 errors"
    assert second.counts() == f"0 new, 0 changed, {len(rows)} unchanged, 0 errors"


def test_row_that_overlaps_an_agreement_that_the_file_does_not_name_is_an_error():
    _university, older, renewal = create_university(
        ("GE3", SIGNED, {"valid_until": date(2025, 6, 30)}), ("GE3", IN_PROCESS)
    )

    assert errors(signed(SUMMER, number=renewal)) == [
        f"Line 2, Valid from: “GE3, from 1 Jun 2025, until 30 Sep 2025” overlaps agreement number {older},"
        " “GE3, until 30 Jun 2025”. Correct the dates, or add a line for that one, with its number."
    ]


def test_signed_row_never_shortens_another_agreement():
    _university, older, renewal = create_university(("GE3", SIGNED), ("GE3", IN_PROCESS))
    rows = [signed(SUMMER, number=renewal), row("GE3", "signed", number=older, valid_from="", valid_until="2025-05-31")]

    result = import_rows(*rows)

    assert result.counts() == "0 new, 2 changed, 0 unchanged, 0 errors"
    assert agreements(COLOGNE, "valid_until") == [
        ("GE3", "signed", date(2025, 5, 31)),
        ("GE3", "signed", date(2025, 9, 30)),
    ]


def test_agreements_may_swap_periods():
    """The constraint must not be violated between two updates either."""
    _university, *pks = create_university(
        ("GE3", SIGNED, {"valid_from": date(2025, 1, 1), "valid_until": date(2025, 6, 30)}),
        ("GE3", SIGNED, {"valid_from": date(2025, 7, 1), "valid_until": date(2025, 9, 30)}),
        ("GE3", SIGNED, {"valid_from": date(2025, 10, 1)}),
    )
    periods = [("2025-10-01", "2025-12-31"), ("2026-01-01", ""), ("2025-01-01", "2025-09-30")]

    result = import_rows(*[signed(period, number=pk) for period, pk in zip(periods, pks, strict=True)])

    assert (result.is_applied, len(result.changed)) == (True, 3)
    assert agreements(COLOGNE, "valid_from", "valid_until") == [
        ("GE3", "signed", date(2025, 10, 1), date(2025, 12, 31)),
        ("GE3", "signed", date(2026, 1, 1), None),
        ("GE3", "signed", date(2025, 1, 1), date(2025, 9, 30)),
    ]
    assert Counter(run_changes(Agreement)) == {("~", pk): 1 for pk in pks}


def test_agreements_may_swap_scopes():
    _university, *pks = create_university(("GE3", SIGNED, {"scope": "Law"}), ("GE3", SIGNED, {"scope": "Arts"}))

    import_rows(*[row("GE3", "signed", scope=scope, number=pk) for scope, pk in zip(["Arts", "Law"], pks, strict=True)])

    assert agreements(COLOGNE, "scope", "scope_key") == [
        ("GE3", "signed", "Arts", "arts"),
        ("GE3", "signed", "Law", "law"),
    ]


# Scopes


def test_scope_is_part_of_the_title():
    create_university(("GE3", SIGNED, {"scope": "Law"}))

    result = import_rows(row("GE3", "signed", scope="Law", city="Köln"), row("GE3", "ended", scope="Arts", city="Köln"))
    changed = import_rows(row("GE3", "ended", scope="LAW"))

    assert [change.summary for change in result.new] == ["GE3, Arts (ended)"]
    assert [change.describe() for change in changed.changed] == [
        ["GE3, Law, scope: Law → LAW", "GE3, Law, status: signed → ended"]
    ]


def test_row_of_a_file_without_scopes_updates_the_agreement_of_its_period():
    create_university(
        ("GE3", SIGNED, {"scope": "Law", "valid_from": date(2025, 1, 1)}),
        ("GE3", SIGNED, {"scope": "Arts", "valid_from": date(2026, 1, 1)}),
    )

    import_rows(signed(("2026-01-01", "2026-12-31")), signed(("2025-01-01", "")))

    assert agreements(COLOGNE, "scope", "valid_until") == [
        ("GE3", "signed", "Law", None),
        ("GE3", "signed", "Arts", date(2026, 12, 31)),
    ]


# Ends


DETAILS = {
    "scope": "Law",
    "reference_number": "2024/17",
    "is_open_ended": True,
    "end_reason": "They merged",
    "public_note": "Apply early.\nIn English.",
    "due_on": date(2024, 6, 1),
}


def test_fields_without_a_column_are_unchanged():
    create_university(("GE3", ENDED, DETAILS | {"ended_on": date(2025, 1, 1)}))
    before = database_contents()

    result = import_rows(row("GE3", "ended", ended_on="2025-01-01", valid_from="", valid_until=""))

    assert result.counts() == "0 new, 0 changed, 1 unchanged, 0 errors"
    assert database_contents() == before


def test_day_and_reason_of_an_end_go_with_it():
    _university, pk = create_university(("GE3", ENDED, {"ended_on": date(2025, 1, 1), "end_reason": "They merged"}))

    result = import_rows(row("GE3", "signed", number=pk))

    assert [change.describe() for change in result.changed] == [
        ["GE3, status: ended → signed", "GE3, ended on: 1 Jan 2025 → –", "GE3, reason for its end: They merged → –"]
    ]


def test_last_day_in_a_file_without_open_ended_ends_an_open_ended_agreement():
    create_university(("GE3", SIGNED, {"is_open_ended": True}))

    result = import_rows(row("GE3", "signed", valid_until="2028-08-31"))

    assert [change.describe() for change in result.changed] == [
        ["GE3, valid until: – → 31 Aug 2028", "GE3, open-ended: yes → no"]
    ]


def test_open_ended_in_a_file_without_last_days_takes_the_last_day():
    create_university(("GE3", SIGNED, {"valid_until": date(2028, 8, 31)}))

    result = import_rows(row("GE3", "signed", is_open_ended="yes"))

    assert [change.describe() for change in result.changed] == [
        ["GE3, valid until: 31 Aug 2028 → –", "GE3, open-ended: no → yes"]
    ]


@pytest.mark.parametrize(("cell", "stored"), [("yes", True), ("TRUE", True), ("no", False), ("", False)])
def test_open_ended_is_yes_or_empty(cell, stored):
    import_rows(row("GE3", "signed", is_open_ended=cell))

    assert agreements(COLOGNE, "is_open_ended") == [("GE3", "signed", stored)]


@pytest.mark.parametrize(
    ("cells", "error"),
    [
        (
            {"is_open_ended": "yes", "valid_until": "2028-08-31"},
            "Valid until: An open-ended agreement has no last day. "
            "Empty it (31 Aug 2028), or say that it is not open-ended.",
        ),
        ({"is_open_ended": "maybe"}, "Open-ended: “maybe” is neither yes nor no. Write “yes” or “no”."),
        (
            {"end_reason": "They merged"},
            "Reason for its end: “They merged” is the reason for an end. Empty it, or set the status to ended.",
        ),
        (
            {"ended_on": "2025-01-01"},
            "Ended on: Ended on (1 Jan 2025) is of an ended agreement. Empty it, or set the status to ended.",
        ),
        ({"due_on": "soon"}, "To be done by: “soon” is not a date. Write it like 1 Feb 2025."),
        (
            {"scope": "=A1"},
            "Scope: “=A1” begins with “=”, as a spreadsheet formula does. Begin with another character.",
        ),
        (
            {"renews": "one"},
            "Renews: “one” is not the number of an agreement. Write digits only, or leave the cell empty.",
        ),
    ],
)
def test_invalid_cell_is_an_error(cells, error):
    assert errors(row("GE3", "signed", **cells)) == [f"Line 2, {error}"]


# Renewals

NOT_ANOTHER = "is not another one with the same university. Correct the number or the university."


def test_renewed_agreement_is_given_by_its_number():
    _university, older, newer = create_university(("GE3", ENDED), ("GE3", SIGNED))

    result = import_rows(row("GE3", "signed", number=newer, renews=older), row("GE3", "in process", renews=newer))

    assert [change.describe() for change in result.changed] == [[f"GE3, renews: – → {older}"]]
    assert [change.summary for change in result.new] == [f"GE3 (in process); renews: {newer}"]
    assert list(Agreement.objects.order_by("pk").values_list("renews", flat=True)) == [None, older, newer]


def test_agreement_of_another_university_is_not_renewed():
    _bonn, bonns = create_university(("GE3", ENDED), name="University of Bonn")
    _university, own = create_university(("GE3", SIGNED))

    assert errors(row("GE3", "signed", number=own, renews=bonns), row("GE3", "in process", renews=bonns)) == [
        f"Line {line}, Renews: Agreement number {bonns}, which it renews, {NOT_ANOTHER}" for line in (2, 3)
    ]


def test_agreement_does_not_renew_itself():
    _university, pk = create_university(("GE3", SIGNED))

    assert errors(row("GE3", "signed", renews=pk)) == [
        f"Line 2, Renews: Agreement number {pk}, which it renews, {NOT_ANOTHER}"
    ]


# Headers


@pytest.mark.parametrize(
    "columns",
    [
        "Faculty;Our reference;No end date;Renewal of;Due on;Information for students",
        "FAKULTÄT;Aktenzeichen;Unbefristet;Verlängerung von;Zu erledigen bis;Hinweise für Studierende",
        "Faculté;N° de référence;Durée indéterminée;Renouvellement de;À signer avant;Note pour les étudiants",
        "Facultad;Número de referencia;Indefinido;Renueva;Fecha límite de firma;Información para estudiantes",
    ],
)
def test_usual_other_headers_are_understood(columns):
    _university, pk = create_university(("GE3", ENDED))
    content = f"Country;University name;Agreement type;Status;{columns}\n"
    content += f"Germany;{COLOGNE};GE3;in process;Law;2024/17;yes;{pk};2025-06-30;Apply early.\n"

    result = import_file(content.encode())

    assert list(result.error_lines()) == []
    assert agreements(COLOGNE, *DETAILS, "renews")[1] == (
        *("GE3", "in_process", "Law", "2024/17", True, "", "Apply early.", date(2025, 6, 30), pk),
    )


@pytest.mark.parametrize("header", ["Termination reason", "Beendigungsgrund", "Motif de fin"])
def test_usual_other_headers_of_the_reason_for_an_end_are_understood(header):
    content = f"Country;University name;Agreement type;Status;{header}\nGermany;{COLOGNE};GE3;ended;They merged\n"

    import_file(content.encode())

    assert agreements(COLOGNE, "end_reason") == [("GE3", "ended", "They merged")]


def test_no_other_header_stands_for_two_columns():
    headers = Counter(header for names in usual_names().values() for header in names)

    assert [header for header, count in headers.items() if count > 1 or header in map(header_key, usual_names())] == []


# Dates as offices write them


def test_one_date_shows_the_order_of_day_and_month_in_the_file(db):
    rows = [signed(("01/09/2026", "31/08/2029")), row("Bilateral", "signed", valid_from="2/1/2026")]

    result = import_rows(*rows)

    assert agreements(COLOGNE, "valid_from", "valid_until") == [
        ("GE3", "signed", date(2026, 9, 1), date(2029, 8, 31)),
        ("Bilateral", "signed", date(2026, 1, 2), None),
    ]
    assert result.notices[-1] == ("Dates such as “01/09/2026” are read as 1 Sep 2026, since the file has “31/08/2029”.")


def test_statuses_in_other_words_are_read_and_named(db):
    rows = [row("GE3", "Active"), row("Bilateral", "in Bearbeitung"), row("Erasmus+", "signed")]

    result = import_rows(*rows)

    assert agreements() == [("GE3", "signed"), ("Bilateral", "in_process"), ("Erasmus+", "signed")]
    assert result.notices == ["Statuses that were read: “Active” as signed, “in Bearbeitung” as in process."]


def test_word_in_place_of_the_last_day_is_an_open_end_and_leaves_other_rows_as_they_are(db):
    import_rows(row("Bilateral", "signed", is_open_ended="yes"))

    content = (
        "Country;University name;Agreement type;Status;Valid until\n"
        f"Germany;{COLOGNE};Bilateral;signed;\nGermany;{COLOGNE};GE3;signed;unbefristet\n"
        f"Germany;{COLOGNE};Erasmus+;signed;31/12/9999\n"
    )
    result = import_file(content.encode())

    assert agreements(COLOGNE, "valid_until", "is_open_ended") == [
        ("Bilateral", "signed", None, True),
        ("GE3", "signed", None, True),
        ("Erasmus+", "signed", date(9999, 12, 31), False),
    ]
    assert result.notices == [
        "Open-ended by a word in “Valid until”: line 3.",
        "“31/12/9999” is read as a day. If these agreements have no end, write “unlimited” instead.",
    ]
