"""Import of mobilities: references, validation, the set of an agreement's lines, preview and history."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.models import Agreement, Mobility, Run, University
from tests.helpers.factories import AgreementFactory, MobilityFactory, offers_of_partners, partners
from tests.helpers.mobility_files import (
    described,
    import_lines,
    import_workbook,
    line,
    line_errors,
    mobility_history,
    stored_mobilities,
    workbook_errors,
)
from tests.helpers.register_files import row

pytestmark = pytest.mark.django_db


@pytest.fixture
def marburg():
    return AgreementFactory(university__name="Marburg")


def test_lines_are_added_to_their_agreement_in_the_order_of_the_file(marburg):
    result = import_lines(
        line(
            marburg,
            "Outgoing",
            places="4",
            duration="20,5",
            study_levels="Master, bachelor",
            fields_of_study="0732, 042",
            fields_note="Not law",
            languages="English (B2)",
            is_blended="yes",
            first_year="2026/27",
            last_year="2028/2029",
        ),
        line(marburg, "in", kind="staff teaching"),
    )

    first, second = stored_mobilities()
    assert first == {
        "pk": first["pk"],
        "agreement_id": marburg.pk,
        "direction": "out",
        "kind": "student_studies",
        "places": 4,
        "duration": Decimal("20.5"),
        "study_levels": "bachelor,master",
        "fields_of_study": "042 0732",
        "fields_note": "Not law",
        "languages": "en B2",
        "is_blended": True,
        "first_year": 2026,
        "last_year": 2028,
    }
    assert (second["direction"], second["kind"], second["places"]) == ("in", "staff_teaching", None)
    assert result.counts() == "0 new, 1 changed, 0 unchanged, 0 errors"


def test_lines_replace_those_of_their_agreement_and_equal_ones_stay(marburg, coordinator):
    kept = MobilityFactory(agreement=marburg, places=4, languages="en B2")
    former = MobilityFactory(agreement=marburg, places=2, direction="in")
    other = MobilityFactory(places=9)
    history_before = mobility_history()

    result = import_lines(
        line(marburg, "in", places="3", languages=""),
        line(marburg, "out", places="4", languages="English B2"),
        user=coordinator,
    )

    added = Mobility.objects.latest("pk")
    run = Run.objects.get()
    assert [mobility["pk"] for mobility in stored_mobilities()] == [kept.pk, other.pk, added.pk]
    assert (added.agreement, added.direction, added.places) == (marburg, "in", 3)
    assert mobility_history() == [*history_before, ("-", former.pk, run.pk), ("+", added.pk, run.pk)]
    records = Mobility.history.filter(run=run)
    assert set(records.values_list("history_user", "history_change_reason")) == {
        (coordinator.pk, f"run {run.pk}: mobilities.tsv")
    }
    assert described(result.changed) == [
        "Marburg: Bilateral: mobilities change from “4 out · English B2; 2 in” to “4 out · English B2; 3 in”"
    ]


def test_second_import_changes_nothing_and_writes_no_history(marburg):
    lines = [line(marburg, places="4"), line(marburg, "in", places="4"), line(marburg, places="4")]
    import_lines(*lines)
    before = stored_mobilities(), mobility_history()

    result = import_lines(*reversed(lines))

    assert (stored_mobilities(), mobility_history()) == before
    assert result.counts() == "0 new, 0 changed, 1 unchanged, 0 errors"
    assert Run.objects.count() == 1


def test_one_of_two_equal_mobilities_is_deleted_if_the_file_has_one_line(marburg):
    first, _second = MobilityFactory.create_batch(2, agreement=marburg, places=4)

    result = import_lines(line(marburg, places="4"))

    assert [mobility["pk"] for mobility in stored_mobilities()] == [first.pk]
    assert described(result.changed) == ["Marburg: Bilateral: mobilities change from “4 out, 4 out” to “4 out”"]


def test_mobility_stays_if_it_equals_a_line_in_the_columns_of_the_file(marburg):
    MobilityFactory(agreement=marburg, places=4, languages="en B2", fields_note="Not law")
    before = stored_mobilities()

    result = import_lines(line(marburg, places="4"))

    assert stored_mobilities() == before
    assert result.counts() == "0 new, 0 changed, 1 unchanged, 0 errors"


def test_preview_tells_changes_that_lists_leave_out(marburg):
    MobilityFactory(agreement=marburg, places=4, duration=20, fields_of_study="01", first_year=2026)

    result = import_lines(line(marburg, places="4", duration="24", fields_of_study="011"), dry_run=True)

    assert described(result.changed) == [
        "Marburg: Bilateral: mobilities change from"
        " “4 out · Education · ISCED-F 01 · duration: 20 · first academic year: 2026” to"
        " “4 out · Education · ISCED-F 011 · duration: 24”"
    ]
    assert Mobility.objects.get().duration == 20


def test_preview_tells_the_first_mobilities_of_an_agreement(marburg):
    result = import_lines(line(marburg, places="4", is_blended="yes"), dry_run=True)

    assert described(result.changed) == ["Marburg: Bilateral: new mobilities: 4 out · blended"]


def test_import_is_refused_if_a_line_has_changed_since_the_preview(marburg):
    mobility = MobilityFactory(agreement=marburg, places=4)
    preview = import_lines(line(marburg, places="6"), dry_run=True)
    mobility.places = 5
    mobility.save()

    result = import_lines(line(marburg, places="6"), digest=preview.digest)

    assert not result.is_applied
    assert Mobility.objects.get().places == 5


NUMBER = "Line 2, Agreement number:"


@pytest.mark.parametrize(
    ("cells", "error"),
    [
        ({"Agreement number": ""}, f"{NUMBER} The line names no agreement. Write its number, or take it out."),
        (
            {"Agreement number": "999"},
            f"{NUMBER} 999 is not the number of an agreement. Correct it, or take the line out.",
        ),
        (
            {"Agreement number": "one"},
            f"{NUMBER} “one” is not the number of an agreement. Write digits only, or leave the cell empty.",
        ),
        (
            {"Agreement number": "", "Row key": "a"},
            "Line 2, Row key: “a” is not a row key of the register's sheet. Correct it, or write the agreement number.",
        ),
        (
            {"University name": "Trier"},
            "Line 2, University name: “Trier” is not the university of agreement {pk}, “Marburg”."
            " Correct one of the two cells.",
        ),
        ({"Direction": ""}, "Line 2, Direction: The cell is empty. Write “out” or “in”."),
        (
            {"Places": "many"},
            "Line 2, Places: “many” is not a number of places."
            " Write a whole number up to 32767, or leave the cell empty.",
        ),
        (
            {"First academic year": "0026/0027"},
            "Line 2, First academic year: “0026/0027” is not an academic year."
            " Write it like 2026/2027, or leave the cell empty.",
        ),
        (
            {"Kind": "staff training", "Study levels": "master"},
            "Line 2, Study levels: Only mobilities of students have study levels."
            " Take them out, or choose a kind of student mobility.",
        ),
        (
            {"First academic year": "2028", "Last academic year": "2027"},
            "Line 2, Last academic year: The last academic year (2027) is before the first (2028)."
            " Correct one of the two.",
        ),
        (
            {"Note on fields": "#REF!"},
            "Line 2, Note on fields: The cell has the spreadsheet error #REF!."
            " Correct it in the spreadsheet, and save the file again.",
        ),
    ],
)
def test_wrong_line_is_an_error_with_the_way_out_and_nothing_is_imported(marburg, cells, error):
    assert line_errors(line(marburg) | cells, line(marburg, "in")) == [error.format(pk=marburg.pk)]
    assert not Mobility.objects.exists()


def test_number_of_the_university_by_another_name_is_right(marburg):
    University.objects.update(other_names="Philipps")

    result = import_lines(line(marburg) | {"University name": "PHILIPPS"}, line(marburg) | {"University name": ""})

    assert result.is_applied


def keyed(key, *agreement, **cells):
    return row(*agreement, **cells) | {"Row key": key}


def test_new_agreements_bring_their_mobilities_by_row_keys():
    rows = [keyed("a", "Bilateral", "signed"), keyed("b", "GE3", "signed")]

    result = import_workbook(
        rows, [line(key="b", places="2"), line(key=" a ", places="4"), line(key="b", direction="in")]
    )

    offers = Mobility.objects.order_by("agreement", "pk")
    assert list(offers.values_list("agreement__agreement_type__name", "direction", "places")) == [
        ("Bilateral", "out", 4),
        ("GE3", "out", 2),
        ("GE3", "in", None),
    ]
    assert [result.summary for result in result.new] == [
        "Bilateral (signed); new mobilities: 4 out",
        "GE3 (signed); new mobilities: 2 out, ? in",
    ]
    assert result.counts() == "2 new, 0 changed, 0 unchanged, 0 errors"


def test_workbook_changes_agreements_and_their_mobilities_at_once(marburg):
    other = AgreementFactory(university__name="Trier")
    MobilityFactory(agreement=marburg, places=4)
    kept = MobilityFactory(places=9)
    rows = [keyed("a", "Bilateral", "signed", name="Marburg", number=marburg.pk, scope="Law")]

    result = import_workbook(rows, [line(key="a", places="5"), line(marburg, "in"), line(other, places="1")])

    assert described(result.changed) == [
        "Marburg: Bilateral, scope: – → Law; Bilateral: mobilities change from “4 out” to “5 out, ? in”",
        "Trier: Bilateral: new mobilities: 1 out",
    ]
    assert result.counts() == "0 new, 2 changed, 0 unchanged, 0 errors"
    assert Agreement.objects.get(pk=marburg.pk).scope == "Law"
    assert [str(agreement.mobilities.all()[0]) for agreement in (marburg, other, kept.agreement)] == [
        *("5 out", "1 out", "9 out")
    ]


def test_second_import_of_a_workbook_with_row_keys_changes_nothing():
    rows, lines = [keyed("a", "Bilateral", "signed")], [line(key="a", places="2")]
    import_workbook(rows, lines)
    before = stored_mobilities(), mobility_history()

    result = import_workbook(rows, lines)

    assert (stored_mobilities(), mobility_history()) == before
    assert result.counts() == "0 new, 0 changed, 1 unchanged, 0 errors"


def test_workbook_without_lines_of_an_agreement_keeps_its_mobilities(marburg):
    MobilityFactory(agreement=marburg)
    before = stored_mobilities()

    import_workbook([row("Bilateral", "signed", name="Marburg", scope="Law")], [])

    assert stored_mobilities() == before


SHEET = "Line 2, sheet “Mobilities”,"


@pytest.mark.parametrize(
    ("cells", "error"),
    [
        (
            {"Row key": "c"},
            f"{SHEET} Row key: “c” is not a row key of the register's sheet."
            " Correct it, or write the agreement number.",
        ),
        (
            {"Row key": "b"},
            f"{SHEET} Row key: “b” is the key of line 3, which has no agreement. Give that line a status.",
        ),
        (
            {"Row key": "a", "Agreement number": "7"},
            f"{SHEET} Row key: “a” is a second name of the agreement, beside its number."
            " Leave one of the two cells empty.",
        ),
        (
            {"Row key": "a", "Direction": "both"},
            f"{SHEET} Direction: “both” is not a direction. Write “out” or “in”.",
        ),
    ],
)
def test_error_of_the_second_sheet_names_it_and_nothing_is_imported(cells, error):
    rows = [keyed("a", "Bilateral", "signed"), keyed("b")]

    assert workbook_errors(rows, [line(key="") | cells]) == [error]
    assert not Agreement.objects.exists()


def test_doubled_row_key_is_an_error_of_the_second_row():
    rows = [keyed("a", "Bilateral", "signed"), keyed("a", "GE3", "signed")]

    assert workbook_errors(rows, [line(key="a")]) == [
        "Line 3, Row key: “a” is the key of line 2 already. Write another one."
    ]


def test_row_with_an_error_is_the_only_error_of_lines_with_its_key():
    rows = [keyed("a", "Bilateral", "shut")]

    assert workbook_errors(rows, [line(key="a")]) == [
        "Line 2, Status: “shut” is not a status. Write “in process”, “signed” or “ended”."
    ]


@pytest.mark.parametrize("count", [3, 300])
def test_preview_of_mobilities_needs_the_same_queries_for_many(count, django_assert_num_queries):
    offers_of_partners(partners(count))
    lines = [line(agreement, places="7") for agreement in Agreement.objects.all()]

    with django_assert_num_queries(4):
        result = import_lines(*lines, dry_run=True)

    assert len(result.changed) == count


@pytest.mark.parametrize(("count", "queries"), [(3, 12), (300, 17)])
def test_import_of_mobilities_writes_many_rows_in_one_statement(count, queries, django_assert_num_queries):
    offers_of_partners(partners(count))
    lines = [line(agreement, places="7") for agreement in Agreement.objects.all()]

    with django_assert_num_queries(queries):
        import_lines(*lines)

    assert Mobility.objects.count() == count


@pytest.mark.postgresql
def test_import_locks_the_universities_whose_mobilities_it_reads(marburg):
    with CaptureQueriesContext(connection) as queries:
        import_lines(line(marburg))

    locking = [query["sql"] for query in queries if "FOR UPDATE" in query["sql"]]
    assert ['FROM "partners_university"' in sql for sql in locking].count(True) == 1
