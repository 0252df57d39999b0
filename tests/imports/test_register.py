from collections import Counter
from datetime import date

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from partners import tables
from partners.enums import AgreementStatus, StudyLevel
from partners.imports.base import COUNTRY_COLUMN, NAME
from partners.imports.register_columns import (
    AGREEMENT_COLUMNS,
    COLUMNS,
    NUMBER_COLUMN,
    OPTIONAL,
    REQUIRED,
    STATUS,
    TYPE_COLUMN,
    UNIVERSITY_COLUMNS,
)
from partners.imports.resources import RegisterResource
from partners.models import Agreement, AgreementType, Country, ImportRun, University
from tests.factories import UniversityFactory, names, notes
from tests.imports.test_resources import contents, keep, rolled_back

SIGNED, IN_PROCESS, ENDED = AgreementStatus.SIGNED, AgreementStatus.IN_PROCESS, AgreementStatus.ENDED
COLOGNE, MALAGA = "University of Cologne", "University of Malaga"
HEADERS = {name: header for header, name in (AGREEMENT_COLUMNS | UNIVERSITY_COLUMNS).items()} | {
    "number": NUMBER_COLUMN
}
FILL_IN = "The cell is empty. Fill it in, or take the line out."

pytestmark = pytest.mark.django_db


def row(agreement_type="", status="", name=COLOGNE, country="Germany", **cells):
    """The cells of a row by their headers. Further ones are named as the fields, and the number."""
    required = {COUNTRY_COLUMN: country, NAME: name, TYPE_COLUMN: agreement_type, STATUS: status}
    return required | {HEADERS[field]: str(cell) for field, cell in cells.items()}


def import_file(content, file_name="register.csv", user=None, **options):
    run = ImportRun.of(content, file_name=file_name, user=user)
    return RegisterResource().import_data(tables.read_table(content, REQUIRED, OPTIONAL), run=run, **options)


def import_rows(*rows, **options):
    """A file with the columns that some row has a cell in. The first row stands in line 2."""
    columns = [column for column in COLUMNS if any(column in each for each in rows)]
    cells = [[each.get(column, "") for column in columns] for each in rows]
    return import_file(tables.write_table([columns, *cells], "csv"), **options)


def errors(*rows, **options):
    result = import_rows(*rows, **options)
    assert not result.is_applied
    return list(result.error_lines())


def held(*agreements, name=COLOGNE, **values):
    """A university in Germany with agreements of these types and statuses, and dates by name. The ids follow it."""
    university = UniversityFactory(name=name, **values)
    pks = []
    for type_name, status, *dates in agreements:
        agreement_type = AgreementType.objects.get(name=type_name) if type_name else None
        fields = dates[0] if dates else {}
        agreement = Agreement(university=university, agreement_type=agreement_type, status=status, **fields)
        agreement.save(force_insert=True)
        pks.append(agreement.pk)
    return university, *pks


def agreements(name=COLOGNE, *fields):
    """The agreements of a university, oldest first, as (type, status, ...)."""
    found = Agreement.objects.filter(university__name=name).order_by("pk")
    return list(found.values_list("agreement_type__name", "status", *fields))


def reasons(model):
    """The kinds of change that the last run has made, oldest first."""
    run = ImportRun.objects.accepted().first()
    return list(model.history.filter(import_run=run).order_by("history_id").values_list("history_type", "id"))


def exported(table_format="csv", but=()):
    """The register as a file, without some of the columns."""
    rows = list(RegisterResource().export())
    kept = [at for at, column in enumerate(COLUMNS) if column not in but]
    return tables.write_table([[cells[at] for at in kept] for cells in rows], table_format)


def exported_rows(queryset=None):
    header, *rows = RegisterResource().export(queryset)
    return [dict(zip(header, cells, strict=True)) for cells in rows]


def queries(work, *args):
    """How many there are of each kind."""
    with CaptureQueriesContext(connection) as captured:
        work(*args)
    return Counter(query["sql"].split()[0] for query in captured)


# What comes out


def test_export_has_every_column(coordinator):
    details = {"signed_on": date(2024, 5, 1), "valid_from": date(2024, 9, 1), "ended_on": date(2025, 3, 31)}
    details |= {"places_out": 3, "places_in": 0, "study_levels": "short_cycle,master", "fields_of_study": "Law"}
    details |= {"language_requirement": "German B2", "responsible": coordinator, "next_step": "Renew it"}
    university, pk = held(
        ("Erasmus+", ENDED, details | {"contact": "Ana\nana@uni-koeln.de", "notes": "Ended by them."}),
        other_names="UoC\nUni Köln",
        city="Köln",
        website="https://www.uni-koeln.de/",
        is_listed=False,
    )

    rows = list(RegisterResource().export())

    assert rows[0] == (
        *("Country", "University name", "Agreement type", "Status"),
        *("Signed on", "Valid from", "Valid until", "Ended on", "Places out", "Places in", "Study levels"),
        *("Fields of study", "Language requirement", "Responsible", "Next step"),
        *("Contact at the partner", "Internal notes", "Agreement number"),
        *("Other names", "City", "Website", "Address", "On the public list"),
    )
    assert rows[1] == (
        *("Germany", COLOGNE, "Erasmus+", "ended"),
        *(date(2024, 5, 1), date(2024, 9, 1), "", date(2025, 3, 31), 3, 0, "short cycle, master"),
        *("Law", "German B2", "coordinator", "Renew it"),
        *("Ana\nana@uni-koeln.de", "Ended by them.", str(pk)),
        *("UoC\nUni Köln", "Köln", "https://www.uni-koeln.de/", university.slug, "no"),
    )


def test_export_has_a_row_for_each_agreement_in_the_order_of_types():
    held(("GE3", SIGNED), (None, IN_PROCESS), ("Bilateral", ENDED), ("Bilateral", IN_PROCESS), (None, ENDED))

    assert [(each[TYPE_COLUMN], each[STATUS]) for each in exported_rows()] == [
        ("Bilateral", "in process"),
        ("Bilateral", "ended"),
        ("GE3", "signed"),
        ("", "in process"),
        ("", "ended"),
    ]


def test_export_has_one_row_for_a_university_without_agreements():
    university, *_ = held(city="Köln")

    (only,) = exported_rows()

    assert only == dict.fromkeys(COLUMNS, "") | {
        COUNTRY_COLUMN: "Germany",
        NAME: COLOGNE,
        "City": "Köln",
        "Address": university.slug,
        "On the public list": "yes",
    }


def test_export_is_sorted_with_accents_ignored():
    for country, name in [("CH", "Zürich"), ("CH", "École"), ("AT", "Wien"), ("CH", "Fribourg"), ("CH", "bern")]:
        UniversityFactory(country=Country.objects.get(code=country), name=name)

    assert [each[NAME] for each in exported_rows()] == ["Wien", "bern", "École", "Fribourg", "Zürich"]


def test_export_is_of_the_universities_asked_for():
    held(("GE3", SIGNED))
    held(("GE3", SIGNED), name="University of Bonn")

    rows = exported_rows(University.objects.search("bonn"))

    assert [each[NAME] for each in rows] == ["University of Bonn"]


def test_export_makes_as_many_queries_for_300_as_for_3():
    import_rows(*file_of(3, "GE3", "signed"))
    few = queries(exported)
    import_rows(*file_of(300, "GE3", "signed"))

    many = queries(exported)

    assert few == many


# Which columns there are


def test_column_that_is_not_known_is_an_error():
    with pytest.raises(tables.TableError, match="columns that are not known: “Town”"):
        import_file(b"Country\tUniversity name\tAgreement type\tStatus\tTown\nGermany\tA\tGE3\tsigned\tBonn\n")


def test_column_that_the_file_lacks_is_left_as_it_is():
    dates = {"signed_on": date(2024, 1, 1), "valid_from": date(2024, 2, 1), "valid_until": date(2025, 1, 1)}
    held(("GE3", SIGNED, dates), city="Köln", website="https://a.de", other_names="UoC", is_listed=False)
    before = contents()

    result = import_rows(row("GE3", "signed"))

    assert result.counts() == "0 new, 0 changed, 1 unchanged, 0 errors"
    assert contents() == before


def test_empty_cell_of_a_column_that_the_file_has_empties_the_field():
    dates = {"signed_on": date(2024, 1, 1), "valid_from": date(2024, 2, 1), "valid_until": date(2025, 1, 1)}
    university, _pk = held(("GE3", SIGNED, dates), city="Köln", website="https://a.de", other_names="UoC")

    result = import_rows(
        row("GE3", "signed", signed_on="", valid_from="", valid_until="", city="", website="", other_names="")
    )

    university.refresh_from_db()
    assert [outcome.words() for outcome in result.changed] == [
        [
            "GE3, signed on: 1 Jan 2024 → –",
            "GE3, valid from: 1 Feb 2024 → –",
            "GE3, valid until: 1 Jan 2025 → –",
            "other names: UoC → –",
            "city: Köln → –",
            "website: https://a.de → –",
        ]
    ]
    assert agreements(COLOGNE, *dates) == [("GE3", "signed", None, None, None)]
    assert (university.city, university.website, university.other_names) == ("", "", "")


def test_empty_address_leaves_the_one_that_a_university_has():
    university, *_ = held(slug="cologne")

    result = import_rows(row(slug=""))

    university.refresh_from_db()
    assert (result.counts(), university.slug) == ("0 new, 0 changed, 1 unchanged, 0 errors", "cologne")


# What is told of a university


def test_new_university_has_what_the_file_tells_of_it():
    result = import_rows(
        row(
            *("Erasmus+", "in process"),
            valid_until="2027-01-31",
            other_names="UoC\nUni Köln",
            city="Köln",
            website="https://a.de",
            slug="cologne",
            is_listed="No",
        )
    )

    university = University.objects.get()
    assert (university.country.code, university.name, university.other_names) == ("DE", COLOGNE, "UoC\nUni Köln")
    assert (university.city, university.website, university.slug) == ("Köln", "https://a.de", "cologne")
    assert university.is_listed is False
    assert university.search_text == "university of cologne\nuoc\nuni koln\nkoln"
    assert [outcome.terms for outcome in result.new] == [
        "Erasmus+ (in process); valid until: 31 Jan 2027; other names: UoC, Uni Köln; city: Köln; "
        "website: https://a.de; address: cologne; on the public list: no"
    ]


def test_new_university_without_an_agreement_is_told_as_such():
    result = import_rows(row())

    assert [outcome.terms for outcome in result.new] == ["without an agreement"]
    assert (University.objects.count(), Agreement.objects.count()) == (1, 0)


def test_new_universities_without_an_address_get_free_ones():
    UniversityFactory(name="Uni A", slug="uni-a")

    import_rows(row(name="Uni-A"), row(name="Uni B", slug="uni-a-de"), row(name="Uni/B", slug="unib"), row(name="UniB"))

    slugs = University.objects.order_by("pk").values_list("name", "slug")
    assert list(slugs) == [
        ("Uni A", "uni-a"),
        ("Uni-A", "uni-a-de-2"),
        ("Uni B", "uni-a-de"),
        ("Uni/B", "unib"),
        ("UniB", "unib-de"),
    ]


def test_new_universities_of_like_names_get_addresses_of_their_own():
    import_rows(row(name="Uni A"), row(name="Uni-A"))

    assert list(University.objects.order_by("pk").values_list("slug", flat=True)) == ["uni-a", "uni-a-de"]


def test_new_university_does_not_get_an_address_that_another_moves_to():
    held(slug="old")

    import_rows(row(slug="uni-b"), row(name="Uni B", slug=""))

    assert list(University.objects.order_by("pk").values_list("slug", flat=True)) == ["uni-b", "uni-b-de"]


def test_change_of_a_university_is_told_on_its_first_row_only():
    held(("GE3", SIGNED), ("Erasmus+", IN_PROCESS))

    result = import_rows(row("GE3", "signed", city="Munich"), row("Erasmus+", "signed", city="Munich"))

    assert [(outcome.line, outcome.words()) for outcome in result.changed] == [
        (2, ["city: – → Munich"]),
        (3, ["Erasmus+, status: in process → signed"]),
    ]


def test_change_of_a_university_is_told_beside_a_new_agreement():
    held()

    result = import_rows(row("GE3", "signed", city="Munich"))

    assert [outcome.terms for outcome in result.new] == ["GE3 (signed); city: – → Munich"]
    assert University.objects.get().city == "Munich"


def test_change_of_city_and_other_names_is_found_by_search():
    held(city="Koln", other_names="UoC")

    import_rows(row(city="Zürich", other_names="Uni Łódź"))

    assert University.objects.search("zurich").count() == University.objects.search("lodz").count() == 1
    assert University.objects.search("koln").count() == University.objects.search("uoc").count() == 0


def test_changed_university_keeps_its_keys_as_saving_would_make_them():
    held(city="Köln", other_names="UoC")
    import_rows(row(name="UNIVERSITY of Cölogne", city="Łódź"))
    university = University.objects.get()
    imported = university.name_key, university.search_text

    university.save()

    assert (university.name_key, university.search_text) == imported


def test_spelling_of_the_file_is_taken_where_the_name_matches():
    held(name="University of Koln")

    result = import_rows(row(name="UNIVERSITY  of Köln"))

    assert [outcome.words() for outcome in result.changed] == [["spelling: University of Koln → UNIVERSITY of Köln"]]
    assert University.objects.get().name == "UNIVERSITY of Köln"


def test_spelling_of_the_register_stays_where_another_name_matches():
    held(("GE3", SIGNED), other_names="UoC")

    result = import_rows(row("GE3", "signed", name="uoc"), row("Bilateral", "signed"))

    assert result.counts() == "1 new, 0 changed, 1 unchanged, 0 errors"
    assert agreements() == [("GE3", "signed"), ("Bilateral", "signed")]


@pytest.mark.parametrize(
    ("field", "there", "here"),
    [
        ("other_names", "UoC", "UoC\nUni Köln"),
        ("city", "Berlin", "Munich"),
        ("city", "Berlin", ""),
        ("website", "https://a.de", "https://b.de"),
        ("slug", "a", "b"),
        ("is_listed", "yes", "no"),
    ],
)
def test_rows_that_contradict_one_another_about_a_university_are_an_error(field, there, here):
    told = errors(row("GE3", "signed", **{field: there}), row("Bilateral", "signed", **{field: here}))

    assert told == [
        f"Line 3, {HEADERS[field]}: “{here}” contradicts line 2, which says “{there}”. "
        "Write the same in all lines of the university."
    ]


def test_rows_that_spell_a_university_in_two_ways_are_an_error():
    assert errors(row("GE3", "signed", name="Uni Köln"), row("Bilateral", "signed", name="Uni Koln")) == [
        "Line 3, University name: “Uni Koln” contradicts line 2, which says “Uni Köln”. "
        "Write the same in all lines of the university."
    ]


def test_rows_that_mean_the_same_of_a_university_agree():
    result = import_rows(
        row("GE3", "signed", is_listed="Yes", other_names="A\nB", city="Bad  Ems", website="https://a.de "),
        row(
            "Bilateral", "signed", is_listed="TRUE", other_names="A\r\n\r\nB ", city=" Bad Ems", website="https://a.de"
        ),
    )

    assert result.counts() == "2 new, 0 changed, 0 unchanged, 0 errors"


@pytest.mark.parametrize(
    ("field", "cell", "error"),
    [
        ("city", "x" * 201, f"“{'x' * 79}…” has 201 characters, and 200 fit. Shorten it."),
        (
            "city",
            "=A1",
            "“=A1” begins with “=”, as a spreadsheet formula does. Begin with another character.",
        ),
        (
            "other_names",
            "UoC\n+A1",
            "“+A1” begins with “+”, as a spreadsheet formula does. Begin with another character.",
        ),
        (
            "website",
            "www.uni-koeln.de",
            "“www.uni-koeln.de” is not the address of a website. Write it like https://www.example.edu/.",
        ),
        (
            "website",
            "javascript:alert(1)",
            "“javascript:alert(1)” is not the address of a website. Write it like https://www.example.edu/.",
        ),
        (
            "website",
            f"https://a.de/{'x' * 200}",
            f"“https://a.de/{'x' * 66}…” has 213 characters, and 200 fit. Shorten it.",
        ),
        (
            "slug",
            "uni/köln",
            "“uni/köln” cannot be an address. Write letters, digits, hyphens and underscores only.",
        ),
        ("slug", "x" * 201, f"“{'x' * 79}…” has 201 characters, and 200 fit. Shorten it."),
        ("is_listed", "perhaps", "“perhaps” is neither yes nor no. Write “yes” or “no”."),
        ("is_listed", "", "The cell is empty. Write “yes” or “no”."),
    ],
)
def test_cell_about_a_university_that_no_form_would_take_is_an_error(field, cell, error):
    assert errors(row("GE3", "signed", **{field: cell})) == [f"Line 2, {HEADERS[field]}: {error}"]


def test_address_of_another_university_is_an_error():
    held(name="University of Bonn", slug="bonn")

    assert errors(row(slug="bonn")) == [
        "Line 2, Address: “bonn” is already the address of “University of Bonn”. Write another one."
    ]


def test_address_that_another_university_gives_up_in_the_same_file_is_an_error():
    """Exchanged addresses would meet in the database."""
    held(name="University of Bonn", slug="bonn")
    held(slug="cologne")

    assert errors(row(slug="bonn"), row(name="University of Bonn", slug="cologne")) == [
        "Line 2, Address: “bonn” is already the address of “University of Bonn”. Write another one.",
        f"Line 3, Address: “cologne” is already the address of “{COLOGNE}”. Write another one.",
    ]


def test_address_of_another_row_is_an_error():
    assert errors(row(slug="uni"), row(name="University of Bonn", slug="uni")) == [
        "Line 3, Address: “uni” is already the address in line 2. Write another one."
    ]


@pytest.mark.parametrize("taken", ["University of Bonn", "UNIVERSITY OF  BÖNN", "Bonn"])
def test_other_name_that_is_a_name_of_another_university_is_an_error(taken):
    held(name="University of Bonn", other_names="Bonn")

    assert errors(row(other_names=f"UoC\n{taken}")) == [
        f"Line 2, Other names: “{' '.join(taken.split())}” is already a name of “University of Bonn”. "
        "Take it out of one of the two."
    ]


def test_other_name_that_two_rows_give_to_two_universities_is_an_error():
    take_it_out = "Take it out of one of the two."

    assert errors(row(other_names="Uni"), row(name="Bonn", other_names="uni")) == [
        f"Line 2, Other names: “Uni” is already a name of “Bonn”. {take_it_out}",
        f"Line 3, Other names: “uni” is already a name of “{COLOGNE}”. {take_it_out}",
    ]


def test_other_name_that_is_a_new_university_is_an_error():
    assert errors(row(other_names="Bonn"), row(name="Bonn", other_names="")) == [
        "Line 2, Other names: “Bonn” is already a name of “Bonn”. Take it out of one of the two."
    ]


def test_other_name_may_move_from_one_university_to_another():
    held(name="Bonn", other_names="Uni")

    result = import_rows(row(other_names="Uni"), row(name="Bonn", other_names=""))

    assert result.counts() == "1 new, 1 changed, 0 unchanged, 0 errors"


def test_other_name_may_be_one_of_a_university_in_another_country():
    held(name="Bonn", other_names="Uni")

    result = import_rows(row(country="Spain", other_names="Uni"))

    assert result.counts() == "1 new, 0 changed, 0 unchanged, 0 errors"


# What is told of an agreement


@pytest.mark.parametrize(
    ("before", "rows", "after"),
    [
        ([], [("GE3", "signed")], [("GE3", "signed")]),
        ([], [("GE3", "ended"), ("GE3", "ended")], [("GE3", "ended"), ("GE3", "ended")]),
        ([], [("", "in process"), ("", "ended")], [(None, "in_process"), (None, "ended")]),
        ([("GE3", IN_PROCESS)], [("GE3", "signed")], [("GE3", "signed")]),
        ([], [("ge3", " In-Process ")], [("GE3", "in_process")]),
        ([(None, IN_PROCESS)], [("Erasmus", "signed")], [("Erasmus+", "signed")]),
        ([(None, IN_PROCESS)], [("GE3", "in process")], [("GE3", "in_process")]),
        ([("GE3", SIGNED)], [("GE3", "ended")], [("GE3", "ended")]),
        ([("GE3", SIGNED)], [("GE3", "ended"), ("GE3", "signed")], [("GE3", "signed"), ("GE3", "ended")]),
        ([("GE3", ENDED)], [("GE3", "signed")], [("GE3", "ended"), ("GE3", "signed")]),
        (
            [("GE3", SIGNED), ("GE3", IN_PROCESS)],
            [("GE3", "signed"), ("GE3", "ended")],
            [("GE3", "signed"), ("GE3", "ended")],
        ),
        ([("GE3", SIGNED), ("Bilateral", SIGNED)], [("GE3", "signed")], [("GE3", "signed"), ("Bilateral", "signed")]),
        ([("GE3", SIGNED)], [("", "")], [("GE3", "signed")]),
    ],
)
def test_import_makes_the_agreements_what_the_rows_say(before, rows, after):
    held(*before)

    import_rows(*[row(*each) for each in rows])

    assert agreements() == after


def test_row_without_a_status_is_about_the_university_only():
    held(("GE3", SIGNED))

    result = import_rows(row(city="Köln", valid_until="", number=""))

    assert [outcome.words() for outcome in result.changed] == [["city: – → Köln"]]
    assert agreements() == [("GE3", "signed")]


def test_dates_are_read_and_told():
    held(("GE3", SIGNED, {"valid_until": date(2025, 1, 31)}))

    result = import_rows(row("GE3", "signed", signed_on="1 May 2024", valid_from="2024-09-01", valid_until="31.1.2027"))

    assert [outcome.words() for outcome in result.changed] == [
        [
            "GE3, signed on: – → 1 May 2024",
            "GE3, valid from: – → 1 Sep 2024",
            "GE3, valid until: 31 Jan 2025 → 31 Jan 2027",
        ]
    ]
    assert agreements(COLOGNE, "signed_on", "valid_from", "valid_until") == [
        ("GE3", "signed", date(2024, 5, 1), date(2024, 9, 1), date(2027, 1, 31))
    ]


def test_ended_row_with_other_dates_is_new_history():
    held(("GE3", ENDED, {"valid_until": date(2020, 1, 1)}))

    result = import_rows(row("GE3", "ended", valid_until="2010-01-01"), row("GE3", "ended", valid_until="2020-01-01"))

    assert result.counts() == "1 new, 0 changed, 1 unchanged, 0 errors"
    assert agreements(COLOGNE, "valid_until") == [
        ("GE3", "ended", date(2020, 1, 1)),
        ("GE3", "ended", date(2010, 1, 1)),
    ]


def test_unknown_type_is_told_when_it_becomes_known():
    held((None, IN_PROCESS))

    result = import_rows(row("GE3", "in process"))

    assert [outcome.words() for outcome in result.changed] == [["type unknown, agreement type: – → GE3"]]


def test_what_the_file_does_not_name_is_left_alone():
    held(("GE3", SIGNED), ("Bilateral", IN_PROCESS), name="University of Bonn")
    held(("GE3", ENDED), name="University of Ulm")
    held(("GE3", SIGNED), (None, IN_PROCESS))
    before = contents()

    result = import_rows(row("GE3", "signed"))

    assert result.absent == ["University of Bonn", "University of Ulm"]
    assert contents() == before


WORDS = "Write “in process”, “signed” or “ended”."
TYPES = (
    "Write “Bilateral”, “Erasmus+”, “GE3”, leave the cell empty as long as the type is not known, "
    "or add the type to the register."
)


@pytest.mark.parametrize(
    ("cells", "error"),
    [
        ({"status": "active"}, f"Status: “active” is not a status. {WORDS}"),
        ({"status": ""}, f"Status: The cell is empty, and the line tells of an agreement. {WORDS}"),
        (
            {"agreement_type": "", "status": "", "valid_until": "2025-01-31"},
            f"Status: The cell is empty, and the line tells of an agreement. {WORDS}",
        ),
        ({"agreement_type": ""}, "Agreement type: A signed agreement needs an agreement type."),
        (
            {"agreement_type": "Bilaterall"},
            f"Agreement type: “Bilaterall” is not an agreement type. {TYPES} Did you mean “Bilateral”?",
        ),
        ({"agreement_type": "in process"}, f"Agreement type: “in process” is not an agreement type. {TYPES}"),
        ({"signed_on": "soon"}, "Signed on: “soon” is not a date. Write it like 1 Feb 2025."),
        (
            {"valid_from": "1/2/2025"},
            "Valid from: “1/2/2025” may mean 1 Feb 2025 or 2 Jan 2025. Write the one that is meant, in that form.",
        ),
        (
            {"valid_from": "2025-02-01", "valid_until": "2025-01-31"},
            "Valid until: Valid until (31 Jan 2025) is before valid from (1 Feb 2025).",
        ),
        (
            {"number": "one"},
            "Agreement number: “one” is not a number. Write digits only, or leave the cell empty for a new agreement.",
        ),
        (
            {"number": "9" * 40},
            f"Agreement number: “{'9' * 40}” is not a number. "
            "Write digits only, or leave the cell empty for a new agreement.",
        ),
        (
            {"number": "999999"},
            f"Agreement number: 999999 is not an agreement with “{COLOGNE}”. Leave the cell empty for a new agreement.",
        ),
        ({"country": ""}, f"Country: {FILL_IN}"),
        ({"name": ""}, f"University name: {FILL_IN}"),
    ],
)
def test_cell_that_means_nothing_is_an_error_that_says_what_to_do(cells, error):
    assert errors(row(**{"agreement_type": "GE3", "status": "signed"} | cells)) == [f"Line 2, {error}"]


def test_number_without_a_status_is_an_error():
    _university, pk = held(("GE3", SIGNED))

    assert errors(row(number=pk)) == [f"Line 2, Status: The cell is empty, and the line tells of an agreement. {WORDS}"]


def test_dates_are_held_against_those_that_the_register_has():
    held(("GE3", SIGNED, {"valid_from": date(2025, 2, 1)}))

    assert errors(row("GE3", "signed", valid_until="2025-01-31")) == [
        "Line 2, Valid until: Valid until (31 Jan 2025) is before valid from (1 Feb 2025)."
    ]


def test_errors_of_all_cells_and_rows_are_told():
    told = errors(
        row("GE4", "active", name="", country="Atlantis", city="=A1", website="x", is_listed="?"),
        row("GE3", "signed", is_listed="yes", website="", city=""),
        row("GE3", "signed", is_listed="yes", website="y", city="", name="Bonn"),
    )

    assert [line.partition(":")[0] for line in told] == [
        "Line 2, Country",
        "Line 2, University name",
        "Line 2, City",
        "Line 2, Website",
        "Line 2, On the public list",
        "Line 2, Agreement type",
        "Line 2, Status",
        "Line 4, Website",
    ]


# By their numbers


def test_number_finds_an_agreement_whatever_the_row_says():
    _university, older, newer = held(("GE3", ENDED, {"valid_until": date(2020, 1, 1)}), ("GE3", ENDED))

    import_rows(row("Bilateral", "signed", number=newer, valid_until="2030-01-01"), row("GE3", "ended", number=older))

    assert agreements(COLOGNE, "valid_until") == [("GE3", "ended", None), ("Bilateral", "signed", date(2030, 1, 1))]


def test_number_takes_its_agreement_from_rows_without_one():
    _university, pk = held(("GE3", SIGNED))

    import_rows(row("GE3", "signed"), row("GE3", "ended", number=pk))

    assert agreements() == [("GE3", "ended"), ("GE3", "signed")]


def test_number_of_another_university_is_an_error():
    _bonn, pk = held(("GE3", SIGNED), name="University of Bonn")

    assert errors(row("GE3", "signed", number=pk)) == [
        f"Line 2, Agreement number: {pk} is not an agreement with “{COLOGNE}”. "
        "Leave the cell empty for a new agreement."
    ]


def test_number_twice_in_the_file_is_an_error():
    _university, pk = held(("GE3", SIGNED))

    assert errors(row("GE3", "signed", number=pk), row("GE3", "ended", number=pk)) == [
        f"Line 3, Agreement number: {pk} stands in line 2 already. Leave the cell empty for a new agreement."
    ]


def test_renewal_is_signed_while_its_predecessor_ends():
    _university, older, renewal = held(("GE3", SIGNED), ("GE3", IN_PROCESS))

    result = import_rows(row("GE3", "signed", number=renewal), row("GE3", "ended", number=older))

    assert result.counts() == "0 new, 2 changed, 0 unchanged, 0 errors"
    assert agreements() == [("GE3", "ended"), ("GE3", "signed")]
    assert reasons(Agreement) == [("~", older), ("~", renewal)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([("GE3", SIGNED), ("Bilateral", SIGNED)], [("Bilateral", "signed"), ("GE3", "signed")]),
        ([("GE3", SIGNED), ("GE3", IN_PROCESS)], [("GE3", "in process"), ("GE3", "signed")]),
        ([("GE3", IN_PROCESS), (None, IN_PROCESS)], [("GE3", "signed"), ("GE3", "in process")]),
        ([(None, IN_PROCESS), ("GE3", IN_PROCESS)], [("GE3", "in process"), ("GE3", "signed")]),
        ([("GE3", ENDED), ("GE3", SIGNED)], [("GE3", "signed"), ("GE3", "ended")]),
    ],
)
def test_agreements_may_take_one_anothers_place(before, after):
    """The database would refuse two in one place, were it only between two of its rows."""
    _university, *pks = held(*before)

    result = import_rows(*[row(*each, number=pk) for each, pk in zip(after, pks, strict=True)])

    assert (result.is_applied, len(result.changed)) == (True, 2)
    assert [(name, status.replace("_", " ")) for name, status in agreements()] == after
    assert Counter(reasons(Agreement)) == {("~", pk): 1 for pk in pks}


ONLY_ONE = "and the university can have only one. Give one of the two the status “ended”."


@pytest.mark.parametrize("status", ["signed", "in process"])
@pytest.mark.parametrize("before", [[], [("GE3", SIGNED), ("GE3", IN_PROCESS)]])
def test_rows_that_would_leave_two_open_agreements_of_a_kind_are_an_error(before, status):
    held(*before)

    assert errors(row("GE3", status), row("Bilateral", "signed"), row("GE3", status)) == [
        f"Line 4, Status: “GE3 ({status})” stands in line 2 already, {ONLY_ONE}"
    ]


def test_rows_that_would_leave_two_agreements_of_unknown_type_in_process_are_an_error():
    assert errors(row("", "in process"), row("", "in process")) == [
        f"Line 3, Status: “type unknown (in process)” stands in line 2 already, {ONLY_ONE}"
    ]


def test_row_that_collides_with_an_agreement_that_the_file_does_not_name_is_an_error():
    _university, older, renewal = held(("GE3", SIGNED), ("GE3", IN_PROCESS))

    assert errors(row("GE3", "signed", number=renewal)) == [
        f"Line 2, Status: The university has the agreement “GE3 (signed)” already, number {older}, and it can have"
        " only one. Add a line for that one, with its number and the status “ended”."
    ]


def test_collision_is_not_told_of_an_agreement_whose_row_has_another_error():
    _university, older, renewal = held(("GE3", SIGNED), ("GE3", IN_PROCESS))

    assert errors(row("GE3", "signed", number=renewal), row("GE3", "endet", number=older)) == [
        f"Line 3, Status: “endet” is not a status. {WORDS}"
    ]


# How it is done


def test_changes_tell_history_the_import_run_and_who(coordinator):
    university, moves, ends = held(("Bilateral", IN_PROCESS), ("GE3", SIGNED))

    import_rows(
        row("Erasmus+", "signed", city="Köln"),
        row("Bilateral", "signed", city="Köln"),
        row("GE3", "ended", city="Köln"),
        row("GE3", "signed", name="Bonn", city=""),
        user=coordinator,
    )

    run = ImportRun.objects.get()
    added = Agreement.objects.exclude(pk__in=[ends, moves]).order_by("pk").values_list("pk", flat=True)
    bonn = University.objects.get(name="Bonn")
    assert reasons(University) == [("+", bonn.pk), ("~", university.pk)]
    assert reasons(Agreement) == [("~", ends), ("~", moves), *[("+", pk) for pk in added]]
    for model in (University, Agreement):
        last = model.history.filter(import_run=run)
        told = set(last.values_list("history_change_reason", "history_user"))
        assert told == {(f"import run {run.pk}: register.csv", coordinator.pk)}


def test_history_has_the_values_that_the_row_brought():
    held(("GE3", SIGNED))

    import_rows(row("GE3", "signed", valid_until="2030-01-01", city="Köln"))

    assert University.history.latest().city == "Köln"
    assert Agreement.history.latest().valid_until == date(2030, 1, 1)


def test_import_run_counts_rows():
    held(("GE3", SIGNED), ("Bilateral", SIGNED))

    import_rows(row("GE3", "signed"), row("Bilateral", "ended"), row("Erasmus+", "signed"), row("GE3", "ended"))

    run = ImportRun.objects.get()
    assert (run.new, run.changed, run.unchanged) == (2, 1, 1)


def test_dry_run_tells_what_would_change_and_changes_nothing():
    held(("GE3", SIGNED))
    before = contents()

    result = import_rows(row("GE3", "ended", city="Köln"), row("GE3", "signed", name="Bonn", city=""), dry_run=True)

    assert result.counts() == "1 new, 1 changed, 0 unchanged, 0 errors"
    assert contents() == before


def test_one_error_and_nothing_is_imported():
    held(("GE3", SIGNED))
    before = contents()

    result = import_rows(row("GE3", "ended"), row("GE3", "signed", name="Bonn"), row("GE4", "signed", name="Ulm"))

    assert result.counts() == "1 new, 1 changed, 0 unchanged, 1 errors"
    assert contents() == before


def test_import_of_what_was_shown_is_applied():
    held(("GE3", SIGNED))
    shown = import_rows(row("GE3", "ended", city="Köln"), dry_run=True).digest

    result = import_rows(row("GE3", "ended", city="Köln"), digest=shown)

    assert (result.is_applied, agreements()) == (True, [("GE3", "ended")])


def test_import_of_what_was_not_shown_changes_nothing():
    university, *_ = held(("GE3", SIGNED))
    shown = import_rows(row("GE3", "ended", city="Köln"), dry_run=True).digest
    University.objects.filter(pk=university.pk).update(city="Bonn")
    before = contents()

    result = import_rows(row("GE3", "ended", city="Köln"), digest=shown)

    assert (result.is_applied, contents()) == (False, before)


def test_import_of_what_was_shown_is_applied_though_something_else_has_changed():
    university, *_ = held(("GE3", SIGNED))
    shown = import_rows(row("GE3", "ended"), dry_run=True).digest
    University.objects.filter(pk=university.pk).update(city="Bonn")

    result = import_rows(row("GE3", "ended"), digest=shown)

    assert (result.is_applied, University.objects.get().city) == (True, "Bonn")


def test_all_that_is_checked_and_written_passes_through_a_watch_that_knows_how_much_it_is():
    seen = []

    def watch(things, total, doing):
        things = list(things)
        seen.append((doing, total, len(things)))
        return things

    import_rows(row("GE3", "signed"), row("Bilateral", "signed"), row("GE3", "signed", name="Bonn"), watch=watch)

    added = [("Adding", 2, 2), *[("Changing", 0, 0)] * 3, ("Adding", 3, 3)]
    assert seen == [("Reading", 3, 3), ("Checking", 2, 2), *added]


def file_of(number, *agreement, **cells):
    return [row(*agreement, name=f"University {at}", **cells) for at in range(number)]


@pytest.mark.parametrize(
    ("after", "cells"),
    [
        (("GE3", "signed"), {"city": "Köln", "other_names": ""}),
        (("GE3", "ended"), {"valid_until": "2020-01-01"}),
        (("Bilateral", "signed"), {}),
        (("", "in process"), {}),
    ],
)
@pytest.mark.parametrize("is_held", [True, False])
def test_import_reads_as_often_for_300_as_for_3_and_writes_in_batches(is_held, after, cells):
    """SQLite takes at most 999 values in a statement."""
    if is_held:
        import_rows(*file_of(600, "", "in process"))

    few, many = (queries(import_rows, *file_of(number, *after, **cells)) for number in (3, 300))

    assert few["SELECT"] == many["SELECT"]
    assert many["INSERT"] + many["UPDATE"] < 40


def test_import_of_many_rows_of_one_university_makes_as_many_queries_as_of_few():
    def rows(number):
        return [row("GE3", "ended", valid_until=date.fromordinal(730_000 + at)) for at in range(number)]

    import_rows(*rows(300))

    few, many = queries(import_rows, *rows(3)), queries(import_rows, *rows(300))

    assert few == many


# Out and in again


def test_register_of_the_office_has_128_rows_and_comes_back_unchanged(register):
    before = contents()

    results = [import_file(exported(table_format)) for table_format in ("tsv", "csv")]

    assert [result.counts() for result in results] == ["0 new, 0 changed, 128 unchanged, 0 errors"] * 2
    assert contents() == before


SLUGS = st.text("-_aZ9éß\u212b東", min_size=1, max_size=12)
WEBSITES = st.sampled_from(
    ["", "https://a.de", 'http://[::1]:80/?q=",;\'"|#=1+1', "https://müller.de/ü\u200b\u202e", "ftp://a.de/\u0301%20"]
)
USERS = ["ana", "Ana", "@+-_.ß", "東京"]
details = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(["signed_on", "valid_from", "valid_until", "ended_on"], st.dates()),
        **dict.fromkeys(["places_out", "places_in"], st.integers(0, 32_767)),
        **dict.fromkeys(["fields_of_study", "language_requirement", "next_step"], names()),
        **dict.fromkeys(["contact", "notes"], notes()),
        "study_levels": st.lists(st.sampled_from(StudyLevel.values)),
        "responsible": st.sampled_from(USERS),
    },
)
some_agreements = st.tuples(st.integers(0, 5), st.sampled_from(AgreementStatus.values), details)
partners = st.fixed_dictionaries(
    {
        "name": names(),
        "other_names": st.lists(names(), max_size=2).map("\n".join),
        "city": st.just("") | names(),
        "website": WEBSITES,
        "slug": st.just("") | SLUGS,
        "is_listed": st.booleans(),
    }
)
registers = st.fixed_dictionaries(
    {
        "country_names": st.lists(names(), max_size=2),
        "type_names": st.lists(names(), max_size=2),
        "universities": st.lists(
            st.tuples(st.integers(0, 3), partners, st.lists(some_agreements, max_size=5)), min_size=1, max_size=5
        ),
    }
)
any_register = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def build(country_names, type_names, universities):
    for code, name in zip(("XX", "XY"), country_names, strict=False):
        keep(Country(code=code, name=name))
    for name in type_names:
        keep(AgreementType(name=name))
    countries = Country.objects.filter(code__in=["XX", "XY", "CI", "DE"])
    types = [*AgreementType.objects.all(), None]
    users = {name: User.objects.create(username=name, is_staff=name != "Ana") for name in USERS}
    for country, values, held_agreements in universities:
        university = University(country=countries[country % len(countries)], **values)
        keep(university)
        for kind, status, told in held_agreements if university.pk else ():
            values = told | {"responsible": users.get(told.get("responsible"))}
            values["ended_on"] = told.get("ended_on") if status == ENDED else None
            keep(Agreement(university=university, agreement_type=types[kind % len(types)], status=status, **values))
    assume(University.objects.exists())


def empty_the_register():
    Agreement.objects.all().delete()
    University.objects.all().delete()


def shuffled(content):
    """The same file with its rows in another order."""
    records = list(tables.read_table(content, REQUIRED, OPTIONAL).rows)
    header = list(records[0].cells)
    return tables.write_table([header, *[list(each.cells.values()) for each in reversed(records)]], "csv")


@any_register
@given(registers)
def test_export_imported_again_is_no_change_for_any_register(db, registers):
    with rolled_back():
        build(**registers)
        before, short = contents(), exported(but=[NUMBER_COLUMN])

        results = [
            import_file(content)
            for content in (*map(exported, tables.WRITERS), short, *map(shuffled, [exported(), short]))
        ]

        rows = len(exported_rows())
        assert [result.counts() for result in results] == [f"0 new, 0 changed, {rows} unchanged, 0 errors"] * 7
        assert contents() == before


@any_register
@given(registers, st.sampled_from(["tsv", "csv", "xlsx", "ods"]))
def test_export_imported_into_an_empty_register_makes_the_same_register(db, registers, table_format):
    with rolled_back():
        build(**registers)
        User.objects.update(is_staff=True)
        before = exported(but=[NUMBER_COLUMN])
        file = exported(table_format, but=[NUMBER_COLUMN])
        empty_the_register()

        result = import_file(file)

        assert (list(result.error_lines()), len(result.new)) == ([], len(exported_rows()))
        assert exported(but=[NUMBER_COLUMN]) == before


def test_note_may_be_as_long_as_the_cell_of_a_spreadsheet_and_no_longer():
    fits, too_long = "x" * 32_767, "x" * 32_768

    assert errors(row("GE3", SIGNED.value, notes=too_long)) == [
        f"Line 2, Internal notes: “{'x' * 79}…” has 32768 characters, and 32767 fit. Shorten it."
    ]
    assert list(import_rows(row("GE3", SIGNED.value, notes=fits)).error_lines()) == []
