from collections import Counter
from datetime import date

import pytest
from django.contrib.auth.models import User
from hypothesis import assume, given
from hypothesis import strategies as st

from partners.enums import AgreementStatus
from partners.imports.base import COUNTRY_COLUMN, NAME_COLUMN
from partners.imports.register_columns import (
    COLUMN_OF,
    COLUMNS,
    NUMBER_COLUMN,
    OPTIONAL,
    REQUIRED,
    STATUS_COLUMN,
    TYPE_COLUMN,
)
from partners.imports.resources import RegisterResource
from partners.models import Agreement, AgreementType, Country, Run, University
from partners.tables.encodings import is_double_utf8
from partners.tables.types import TableError
from partners.tables.writing import FORMATS
from tests.helpers.database import count_queries, database_contents, few_examples, rolled_back, save_if_valid
from tests.helpers.factories import AgreementFactory, InstitutionFactory, UniversityFactory, names, notes
from tests.helpers.register_files import (
    COLOGNE,
    HEADERS,
    agreements,
    create_university,
    errors,
    exported_rows,
    import_file,
    import_rows,
    make_rows,
    row,
    run_changes,
)
from tests.helpers.tables import read_table, write_table

SIGNED, IN_PROCESS, ENDED = AgreementStatus.SIGNED, AgreementStatus.IN_PROCESS, AgreementStatus.ENDED
FILL_IN = "The cell is empty. Fill it in, or take the line out."

pytestmark = pytest.mark.django_db


def export_file(table_format="csv", exclude=()):
    """Export the register to a file, without the excluded columns."""
    rows = list(RegisterResource().export())
    indexes = [index for index, column in enumerate(COLUMNS) if column not in exclude]
    return write_table([[cells[index] for index in indexes] for cells in rows], table_format)


# Export


def test_export_has_every_column(coordinator):
    details = {"signed_on": date(2024, 5, 1), "valid_from": date(2024, 9, 1), "ended_on": date(2025, 3, 31)}
    details |= {"responsible": coordinator, "next_step": "Renew it"}
    details |= {"scope": "Faculty of Law", "reference_number": "2024/17", "is_open_ended": True}
    details |= {"end_reason": "They merged", "public_note": "Apply early.\nIn English.", "due_on": date(2024, 6, 1)}
    details |= {"contact": "Ana\nana@uni-koeln.de", "notes": "Ended by them.", "renews": AgreementFactory()}
    university, pk = create_university(
        ("Erasmus+", ENDED, details),
        other_names="UoC\nUni Köln",
        city="Köln",
        website="https://www.uni-koeln.de/",
        calendar_url="https://www.uni-koeln.de/terms",
        institution=InstitutionFactory(),
        is_listed=False,
    )

    header, *rows = RegisterResource().export(University.objects.filter(pk=university.pk))

    assert header == (
        *("Country", "University name", "Agreement type", "Scope", "Status", "Reference number"),
        *("Signed on", "Valid from", "Valid until", "Open-ended", "Renews", "Ended on", "Reason for its end"),
        *("Note for students", "To be done by", "Responsible", "Next step", "Contact at the partner", "Internal notes"),
        *("Agreement number", "Other names", "City", "Website", "For exchange students", "Course catalogue"),
        *("Academic calendar", "Housing", "ROR ID", "Web address (slug)", "On the public list"),
    )
    assert rows == [
        (
            *("Germany", COLOGNE, "Erasmus+", "Faculty of Law", "ended", "2024/17"),
            *(date(2024, 5, 1), date(2024, 9, 1), "", "yes", str(details["renews"].pk), date(2025, 3, 31)),
            *("They merged", "Apply early.\nIn English."),
            *(date(2024, 6, 1), "coordinator", "Renew it", "Ana\nana@uni-koeln.de", "Ended by them.", str(pk)),
            *("UoC\nUni Köln", "Köln", "https://www.uni-koeln.de/", "", "", "https://www.uni-koeln.de/terms", ""),
            *("https://ror.org/02kkvpp62", university.slug, "no"),
        )
    ]


def test_export_has_a_row_for_each_agreement_in_the_order_of_types():
    create_university(
        ("GE3", SIGNED), (None, IN_PROCESS), ("Bilateral", ENDED), ("Bilateral", IN_PROCESS), (None, ENDED)
    )

    assert [(cells[TYPE_COLUMN], cells[STATUS_COLUMN]) for cells in exported_rows()] == [
        ("Bilateral", "in process"),
        ("Bilateral", "ended"),
        ("GE3", "signed"),
        ("", "in process"),
        ("", "ended"),
    ]


def test_export_has_one_row_for_a_university_without_agreements():
    university, *_ = create_university(city="Köln")

    (only,) = exported_rows()

    assert only == dict.fromkeys(COLUMNS, "") | {
        COUNTRY_COLUMN: "Germany",
        NAME_COLUMN: COLOGNE,
        "City": "Köln",
        "Web address (slug)": university.slug,
        "On the public list": "yes",
    }


def test_export_is_sorted_with_accents_ignored():
    for country, name in [("CH", "Zürich"), ("CH", "École"), ("AT", "Wien"), ("CH", "Fribourg"), ("CH", "bern")]:
        UniversityFactory(country=Country.objects.get(code=country), name=name)

    assert [cells[NAME_COLUMN] for cells in exported_rows()] == ["Wien", "bern", "École", "Fribourg", "Zürich"]


def test_export_has_the_universities_of_the_queryset():
    create_university(("GE3", SIGNED))
    create_university(("GE3", SIGNED), name="University of Bonn")

    rows = exported_rows(University.objects.search("bonn"))

    assert [cells[NAME_COLUMN] for cells in rows] == ["University of Bonn"]


def test_export_makes_as_many_queries_for_300_as_for_3():
    import_rows(*make_rows(3, "GE3", "signed"))
    few = count_queries(export_file)
    import_rows(*make_rows(300, "GE3", "signed"))

    many = count_queries(export_file)

    assert few == many


# Columns


def test_unknown_column_is_an_error():
    with pytest.raises(TableError, match="columns that are not known: “PIC”"):
        import_file(b"Country\tUniversity name\tAgreement type\tStatus\tPIC\nGermany\tA\tGE3\tsigned\tBonn\n")


def test_fields_without_a_column_are_unchanged():
    dates = {"signed_on": date(2024, 1, 1), "valid_from": date(2024, 2, 1), "valid_until": date(2025, 1, 1)}
    create_university(("GE3", SIGNED, dates), city="Köln", website="https://a.de", other_names="UoC", is_listed=False)
    before = database_contents()

    result = import_rows(row("GE3", "signed"))

    assert result.counts() == "0 new, 0 changed, 1 unchanged, 0 errors"
    assert database_contents() == before


def test_empty_cell_clears_the_field():
    dates = {"signed_on": date(2024, 1, 1), "valid_from": date(2024, 2, 1), "valid_until": date(2025, 1, 1)}
    university, _pk = create_university(("GE3", SIGNED, dates), city="Köln", website="https://a.de", other_names="UoC")

    result = import_rows(
        row("GE3", "signed", signed_on="", valid_from="", valid_until="", city="", website="", other_names="")
    )

    university.refresh_from_db()
    assert [change.describe() for change in result.changed] == [
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


def test_empty_slug_keeps_the_existing_slug():
    university, *_ = create_university(slug="cologne")

    result = import_rows(row(slug=""))

    university.refresh_from_db()
    assert (result.counts(), university.slug) == ("0 new, 0 changed, 1 unchanged, 0 errors", "cologne")


# Universities


def test_new_university_has_all_details_of_the_file():
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
    assert university.search_text == " university of cologne\n uoc\n uni koln\n koln"
    assert [change.summary for change in result.new] == [
        "Erasmus+ (in process); valid until: 31 Jan 2027; other names: UoC, Uni Köln; city: Köln; "
        "website: https://a.de; web address (slug): cologne; on the public list: no"
    ]


def test_new_university_without_an_agreement_is_described():
    result = import_rows(row())

    assert [change.summary for change in result.new] == ["without an agreement"]
    assert (University.objects.count(), Agreement.objects.count()) == (1, 0)


def test_new_universities_without_a_slug_get_available_ones():
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


def test_new_universities_with_similar_names_get_different_slugs():
    import_rows(row(name="Uni A"), row(name="Uni-A"))

    assert list(University.objects.order_by("pk").values_list("slug", flat=True)) == ["uni-a", "uni-a-de"]


def test_new_university_does_not_get_a_slug_that_another_changes_to():
    create_university(slug="old")

    import_rows(row(slug="uni-b"), row(name="Uni B", slug=""))

    assert list(University.objects.order_by("pk").values_list("slug", flat=True)) == ["uni-b", "uni-b-de"]


def test_change_of_a_university_is_described_on_its_first_row_only():
    create_university(("GE3", SIGNED), ("Erasmus+", IN_PROCESS))

    result = import_rows(row("GE3", "signed", city="Munich"), row("Erasmus+", "signed", city="Munich"))

    assert [(change.line, change.describe()) for change in result.changed] == [
        (2, ["city: – → Munich"]),
        (3, ["Erasmus+, status: in process → signed"]),
    ]


def test_change_of_a_university_is_described_with_a_new_agreement():
    create_university()

    result = import_rows(row("GE3", "signed", city="Munich"))

    assert [change.summary for change in result.new] == ["GE3 (signed); city: – → Munich"]
    assert University.objects.get().city == "Munich"


def test_change_of_city_and_other_names_is_found_by_search():
    create_university(city="Koln", other_names="UoC")

    import_rows(row(city="Zürich", other_names="Uni Łódź"))

    assert University.objects.search("zurich").count() == University.objects.search("lodz").count() == 1
    assert University.objects.search("koln").count() == University.objects.search("uoc").count() == 0


def test_imported_university_has_the_same_keys_as_a_saved_one():
    create_university(city="Köln", other_names="UoC")
    import_rows(row(name="UNIVERSITY of Cölogne", city="Łódź"))
    university = University.objects.get()
    imported = university.name_key, university.search_text

    university.save()

    assert (university.name_key, university.search_text) == imported


def test_spelling_of_the_file_is_adopted_if_the_name_matches():
    create_university(name="University of Koln")

    result = import_rows(row(name="UNIVERSITY  of Köln"))

    assert [change.describe() for change in result.changed] == [["spelling: University of Koln → UNIVERSITY of Köln"]]
    assert University.objects.get().name == "UNIVERSITY of Köln"


def test_spelling_of_the_register_stays_if_another_name_matches():
    create_university(("GE3", SIGNED), other_names="UoC")

    result = import_rows(row("GE3", "signed", name="uoc"), row("Bilateral", "signed"))

    assert result.counts() == "1 new, 0 changed, 1 unchanged, 0 errors"
    assert agreements() == [("GE3", "signed"), ("Bilateral", "signed")]


@pytest.mark.parametrize(
    ("field", "there", "here"),
    [
        ("city", "Berlin", "Munich"),
        ("city", "Berlin", ""),
        ("website", "https://a.de", "https://b.de"),
        ("slug", "a", "b"),
        ("is_listed", "yes", "no"),
    ],
)
def test_contradictory_details_of_a_university_are_an_error(field, there, here):
    messages = errors(row("GE3", "signed", **{field: there}), row("Bilateral", "signed", **{field: here}))

    assert messages == [
        f"Line 3, {HEADERS[field]}: “{here}” contradicts line 2, which says “{there}”. "
        "Write the same in all lines of the university."
    ]


def test_contradictory_other_names_are_quoted_in_one_line():
    messages = errors(row("GE3", "signed", other_names="UoC"), row("Bilateral", "signed", other_names="UoC\nUni Köln"))

    assert messages == [
        "Line 3, Other names: “UoC Uni Köln” contradicts line 2, which says “UoC”. "
        "Write the same in all lines of the university."
    ]


def test_different_spellings_of_a_university_are_an_error():
    assert errors(row("GE3", "signed", name="Uni Köln"), row("Bilateral", "signed", name="Uni Koln")) == [
        "Line 3, University name: “Uni Koln” contradicts line 2, which says “Uni Köln”. "
        "Write the same in all lines of the university."
    ]


def test_equivalent_details_of_a_university_are_accepted():
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
            "housing_url",
            "ask us",
            "“ask us” is not the address of a website. Write it like https://www.example.edu/.",
        ),
        (
            "website",
            f"https://a.de/{'x' * 200}",
            f"“https://a.de/{'x' * 66}…” has 213 characters, and 200 fit. Shorten it.",
        ),
        (
            "slug",
            "uni/köln",
            "“uni/köln” cannot be its web address. Write letters, digits, hyphens and underscores.",
        ),
        ("slug", "x" * 201, f"“{'x' * 79}…” has 201 characters, and 200 fit. Shorten it."),
        ("is_listed", "perhaps", "“perhaps” is neither yes nor no. Write “yes” or “no”."),
        ("is_listed", "", "The cell is empty. Write “yes” or “no”."),
    ],
)
def test_invalid_detail_of_a_university_is_an_error(field, cell, error):
    assert errors(row("GE3", "signed", **{field: cell})) == [f"Line 2, {HEADERS[field]}: {error}"]


def test_slug_of_another_university_is_an_error():
    create_university(name="University of Bonn", slug="bonn")

    assert errors(row(slug="bonn")) == [
        "Line 2, Web address (slug): “bonn” is already the web address of “University of Bonn”. Write another one."
    ]


def test_slug_that_another_university_gives_up_in_the_same_file_is_an_error():
    """Swapped slugs would break the unique constraint between the two updates."""
    create_university(name="University of Bonn", slug="bonn")
    create_university(slug="cologne")

    assert errors(row(slug="bonn"), row(name="University of Bonn", slug="cologne")) == [
        "Line 2, Web address (slug): “bonn” is already the web address of “University of Bonn”. Write another one.",
        f"Line 3, Web address (slug): “cologne” is already the web address of “{COLOGNE}”. Write another one.",
    ]


def test_slug_of_another_row_is_an_error():
    assert errors(row(slug="uni"), row(name="University of Bonn", slug="uni")) == [
        "Line 3, Web address (slug): “uni” is already the web address in line 2. Write another one."
    ]


@pytest.mark.parametrize("taken", ["University of Bonn", "UNIVERSITY OF  BÖNN", "Bonn"])
def test_other_name_that_is_a_name_of_another_university_is_an_error(taken):
    create_university(name="University of Bonn", other_names="Bonn")

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
    create_university(name="Bonn", other_names="Uni")

    result = import_rows(row(other_names="Uni"), row(name="Bonn", other_names=""))

    assert result.counts() == "1 new, 1 changed, 0 unchanged, 0 errors"


def test_other_name_may_be_one_of_a_university_in_another_country():
    create_university(name="Bonn", other_names="Uni")

    result = import_rows(row(country="Spain", other_names="Uni"))

    assert result.counts() == "1 new, 0 changed, 0 unchanged, 0 errors"


# Agreements


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
def test_import_updates_the_agreements(before, rows, after):
    create_university(*before)

    import_rows(*[row(*values) for values in rows])

    assert agreements() == after


def test_row_without_a_status_changes_the_university_only():
    create_university(("GE3", SIGNED))

    result = import_rows(row(city="Köln", valid_until="", number=""))

    assert [change.describe() for change in result.changed] == [["city: – → Köln"]]
    assert agreements() == [("GE3", "signed")]


def test_dates_are_parsed_and_displayed():
    create_university(("GE3", SIGNED, {"valid_until": date(2025, 1, 31)}))

    result = import_rows(row("GE3", "signed", signed_on="1 May 2024", valid_from="2024-09-01", valid_until="31.1.2027"))

    assert [change.describe() for change in result.changed] == [
        [
            "GE3, signed on: – → 1 May 2024",
            "GE3, valid from: – → 1 Sep 2024",
            "GE3, valid until: 31 Jan 2025 → 31 Jan 2027",
        ]
    ]
    assert agreements(COLOGNE, "signed_on", "valid_from", "valid_until") == [
        ("GE3", "signed", date(2024, 5, 1), date(2024, 9, 1), date(2027, 1, 31))
    ]


def test_ended_row_with_other_dates_is_a_new_agreement():
    create_university(("GE3", ENDED, {"valid_until": date(2020, 1, 1)}))

    result = import_rows(row("GE3", "ended", valid_until="2010-01-01"), row("GE3", "ended", valid_until="2020-01-01"))

    assert result.counts() == "1 new, 0 changed, 1 unchanged, 0 errors"
    assert agreements(COLOGNE, "valid_until") == [
        ("GE3", "ended", date(2020, 1, 1)),
        ("GE3", "ended", date(2010, 1, 1)),
    ]


def test_unknown_type_is_mentioned_when_it_becomes_known():
    create_university((None, IN_PROCESS))

    result = import_rows(row("GE3", "in process"))

    assert [change.describe() for change in result.changed] == [["type unknown, agreement type: – → GE3"]]


def test_objects_that_the_file_does_not_name_are_unchanged():
    create_university(("GE3", SIGNED), ("Bilateral", IN_PROCESS), name="University of Bonn")
    create_university(("GE3", ENDED), name="University of Ulm")
    create_university(("GE3", SIGNED), (None, IN_PROCESS))
    before = database_contents()

    result = import_rows(row("GE3", "signed"))

    assert [missing.name for missing in result.missing_universities] == ["University of Bonn", "University of Ulm"]
    assert database_contents() == before


WORDS = "Write “in process”, “signed” or “ended”."
TYPES = (
    "Write “Bilateral”, “Erasmus+”, “GE3”, leave the cell empty as long as the type is not known, "
    "or add the type to the register."
)


@pytest.mark.parametrize(
    ("cells", "error"),
    [
        ({"status": "inactive"}, f"Status: “inactive” is not a status. {WORDS}"),
        (
            {"status": "Expired"},
            f"Status: “Expired” is not a status. {WORDS} One that has expired is signed, with its last day.",
        ),
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
            "Agreement number: “one” is not the number of an agreement. Write digits only, or leave the cell empty.",
        ),
        (
            {"number": "9" * 40},
            f"Agreement number: “{'9' * 40}” is not the number of an agreement. "
            "Write digits only, or leave the cell empty.",
        ),
        (
            {"number": "999999"},
            f"Agreement number: 999999 is not an agreement with “{COLOGNE}”. Leave the cell empty for a new agreement.",
        ),
        ({"country": ""}, f"Country: {FILL_IN}"),
        ({"name": ""}, f"University name: {FILL_IN}"),
    ],
)
def test_invalid_cell_is_an_error_with_advice(cells, error):
    assert errors(row(**{"agreement_type": "GE3", "status": "signed"} | cells)) == [f"Line 2, {error}"]


def test_number_without_a_status_is_an_error():
    _university, pk = create_university(("GE3", SIGNED))

    assert errors(row(number=pk)) == [f"Line 2, Status: The cell is empty, and the line tells of an agreement. {WORDS}"]


def test_dates_are_validated_with_existing_dates():
    create_university(("GE3", SIGNED, {"valid_from": date(2025, 2, 1)}))

    assert errors(row("GE3", "signed", valid_until="2025-01-31")) == [
        "Line 2, Valid until: Valid until (31 Jan 2025) is before valid from (1 Feb 2025)."
    ]


def test_errors_of_all_cells_and_rows_are_listed():
    messages = errors(
        row("GE4", "shut", name="", country="Atlantis", city="=A1", website="x", is_listed="?"),
        row("GE3", "signed", is_listed="yes", website="", city=""),
        row("GE3", "signed", is_listed="yes", website="y", city="", name="Bonn"),
    )

    assert [message.partition(":")[0] for message in messages] == [
        "Line 2, Country",
        "Line 2, University name",
        "Line 2, City",
        "Line 2, Website",
        "Line 2, On the public list",
        "Line 2, Agreement type",
        "Line 2, Status",
        "Line 4, Website",
    ]


# Agreement numbers


def test_number_identifies_an_agreement_regardless_of_its_values():
    _university, older, newer = create_university(("GE3", ENDED, {"valid_until": date(2020, 1, 1)}), ("GE3", ENDED))

    import_rows(row("Bilateral", "signed", number=newer, valid_until="2030-01-01"), row("GE3", "ended", number=older))

    assert agreements(COLOGNE, "valid_until") == [("GE3", "ended", None), ("Bilateral", "signed", date(2030, 1, 1))]


def test_agreement_with_a_number_is_not_matched_to_other_rows():
    _university, pk = create_university(("GE3", SIGNED))

    import_rows(row("GE3", "signed"), row("GE3", "ended", number=pk))

    assert agreements() == [("GE3", "ended"), ("GE3", "signed")]


def test_number_of_another_university_is_an_error():
    _bonn, pk = create_university(("GE3", SIGNED), name="University of Bonn")

    assert errors(row("GE3", "signed", number=pk)) == [
        f"Line 2, Agreement number: {pk} is not an agreement with “{COLOGNE}”. "
        "Leave the cell empty for a new agreement."
    ]


def test_number_twice_in_the_file_is_an_error():
    _university, pk = create_university(("GE3", SIGNED))

    assert errors(row("GE3", "signed", number=pk), row("GE3", "ended", number=pk)) == [
        f"Line 3, Agreement number: {pk} stands in line 2 already. Leave the cell empty for a new agreement."
    ]


def test_renewal_is_signed_while_its_predecessor_ends():
    _university, older, renewal = create_university(("GE3", SIGNED), ("GE3", IN_PROCESS))

    result = import_rows(row("GE3", "signed", number=renewal), row("GE3", "ended", number=older))

    assert result.counts() == "0 new, 2 changed, 0 unchanged, 0 errors"
    assert agreements() == [("GE3", "ended"), ("GE3", "signed")]
    assert run_changes(Agreement) == [("~", older), ("~", renewal)]


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
def test_agreements_may_swap_types_and_statuses(before, after):
    """The unique constraint must not be violated between two updates either."""
    _university, *pks = create_university(*before)

    result = import_rows(*[row(*values, number=pk) for values, pk in zip(after, pks, strict=True)])

    assert (result.is_applied, len(result.changed)) == (True, 2)
    assert [(name, status.replace("_", " ")) for name, status in agreements()] == after
    assert Counter(run_changes(Agreement)) == {("~", pk): 1 for pk in pks}


ONLY_ONE = "and the university can have only one. Give one of the two the status “ended”."


@pytest.mark.parametrize("before", [[], [("GE3", SIGNED), ("GE3", IN_PROCESS)]])
def test_rows_with_two_in_process_agreements_of_a_type_are_an_error(before):
    create_university(*before)

    assert errors(row("GE3", "in process"), row("Bilateral", "signed"), row("GE3", "in process")) == [
        f"Line 4, Status: “GE3 (in process)” stands in line 2 already, {ONLY_ONE}"
    ]


def test_rows_with_two_in_process_agreements_of_unknown_type_are_an_error():
    assert errors(row("", "in process"), row("", "in process")) == [
        f"Line 3, Status: “type unknown (in process)” stands in line 2 already, {ONLY_ONE}"
    ]


def test_rows_with_two_in_process_agreements_of_a_scope_are_an_error():
    assert errors(
        row("GE3", "in process", scope="Faculty of Law"), row("GE3", "in process", scope="FACULTY of Law")
    ) == [f"Line 3, Status: “GE3, FACULTY of Law (in process)” stands in line 2 already, {ONLY_ONE}"]


def test_second_in_process_agreement_that_the_file_does_not_name_is_an_error():
    _university, first, second = create_university(("GE3", IN_PROCESS), ("GE3", ENDED))

    assert errors(row("GE3", "in process", number=second)) == [
        f"Line 2, Status: The university has the agreement “GE3 (in process)” already, number {first}, and it can have"
        " only one. Add a line for that one, with its number and the status “ended”."
    ]


def test_collision_with_an_agreement_whose_row_has_another_error_is_not_reported():
    _university, older, renewal = create_university(("GE3", SIGNED), ("GE3", IN_PROCESS))

    assert errors(row("GE3", "signed", number=renewal), row("GE3", "endet", number=older)) == [
        f"Line 3, Status: “endet” is not a status. {WORDS}"
    ]


# History, transactions and queries


def test_history_has_the_run_and_the_user(coordinator):
    university, moves, ends = create_university(("Bilateral", IN_PROCESS), ("GE3", SIGNED))

    import_rows(
        row("Erasmus+", "signed", city="Köln"),
        row("Bilateral", "signed", city="Köln"),
        row("GE3", "ended", city="Köln"),
        row("GE3", "signed", name="Bonn", city=""),
        user=coordinator,
    )

    run = Run.objects.get()
    added = Agreement.objects.exclude(pk__in=[ends, moves]).order_by("pk").values_list("pk", flat=True)
    bonn = University.objects.get(name="Bonn")
    assert run_changes(University) == [("+", bonn.pk), ("~", university.pk)]
    assert run_changes(Agreement) == [("~", moves), ("~", ends), *[("+", pk) for pk in added]]
    for model in (University, Agreement):
        last = model.history.filter(run=run)
        reasons = set(last.values_list("history_change_reason", "history_user"))
        assert reasons == {(f"run {run.pk}: register.csv", coordinator.pk)}


def test_history_has_the_new_values():
    create_university(("GE3", SIGNED))

    import_rows(row("GE3", "signed", valid_until="2030-01-01", city="Köln"))

    assert University.history.latest().city == "Köln"
    assert Agreement.history.latest().valid_until == date(2030, 1, 1)


def test_run_counts_rows():
    create_university(("GE3", SIGNED), ("Bilateral", SIGNED))

    import_rows(row("GE3", "signed"), row("Bilateral", "ended"), row("Erasmus+", "signed"), row("GE3", "ended"))

    run = Run.objects.get()
    assert (run.new_count, run.changed_count, run.unchanged_count) == (2, 1, 1)


def test_dry_run_counts_changes_and_changes_nothing():
    create_university(("GE3", SIGNED))
    before = database_contents()

    result = import_rows(row("GE3", "ended", city="Köln"), row("GE3", "signed", name="Bonn", city=""), dry_run=True)

    assert result.counts() == "1 new, 1 changed, 0 unchanged, 0 errors"
    assert database_contents() == before


def test_one_error_prevents_the_import():
    create_university(("GE3", SIGNED))
    before = database_contents()

    result = import_rows(row("GE3", "ended"), row("GE3", "signed", name="Bonn"), row("GE4", "signed", name="Ulm"))

    assert result.counts() == "1 new, 1 changed, 0 unchanged, 1 errors"
    assert database_contents() == before


def test_import_with_the_digest_of_its_preview_is_applied():
    create_university(("GE3", SIGNED))
    digest = import_rows(row("GE3", "ended", city="Köln"), dry_run=True).digest

    result = import_rows(row("GE3", "ended", city="Köln"), digest=digest)

    assert (result.is_applied, agreements()) == (True, [("GE3", "ended")])


def test_import_with_an_outdated_digest_changes_nothing():
    university, *_ = create_university(("GE3", SIGNED))
    digest = import_rows(row("GE3", "ended", city="Köln"), dry_run=True).digest
    University.objects.filter(pk=university.pk).update(city="Bonn")
    before = database_contents()

    result = import_rows(row("GE3", "ended", city="Köln"), digest=digest)

    assert (result.is_applied, database_contents()) == (False, before)


def test_import_with_the_digest_of_its_preview_is_applied_despite_other_changes():
    university, *_ = create_university(("GE3", SIGNED))
    digest = import_rows(row("GE3", "ended"), dry_run=True).digest
    University.objects.filter(pk=university.pk).update(city="Bonn")

    result = import_rows(row("GE3", "ended"), digest=digest)

    assert (result.is_applied, University.objects.get().city) == (True, "Bonn")


def test_progress_callback_gets_all_rows_and_their_number():
    seen = []

    def progress(things, total, doing):
        things = list(things)
        seen.append((doing, total, len(things)))
        return things

    import_rows(row("GE3", "signed"), row("Bilateral", "signed"), row("GE3", "signed", name="Bonn"), progress=progress)

    added = [("Adding", 2, 2), *[("Changing", 0, 0)] * 2, ("Adding", 3, 3)]
    assert seen == [("Reading", 3, 3), ("Checking", 2, 2), *added]


@pytest.mark.parametrize(
    ("after", "cells"),
    [
        (("GE3", "signed"), {"city": "Köln", "other_names": ""}),
        (("GE3", "ended"), {"valid_until": "2020-01-01"}),
        (("Bilateral", "signed"), {}),
        (("", "in process"), {}),
    ],
)
@pytest.mark.parametrize("exists", [True, False])
def test_import_makes_as_many_queries_for_300_as_for_3_and_writes_in_batches(exists, after, cells):
    """SQLite takes at most 999 values in a statement."""
    if exists:
        import_rows(*make_rows(600, "", "in process"))

    few, many = (count_queries(import_rows, *make_rows(number, *after, **cells)) for number in (3, 300))

    assert few["SELECT"] == many["SELECT"]
    assert many["INSERT"] + many["UPDATE"] < 40


def test_import_of_many_rows_of_one_university_makes_as_many_queries_as_of_few():
    def rows(number):
        return [row("GE3", "ended", valid_until=date.fromordinal(730_000 + at)) for at in range(number)]

    import_rows(*rows(300))

    few, many = count_queries(import_rows, *rows(3)), count_queries(import_rows, *rows(300))

    assert few == many


# Round trip


def test_register_of_the_office_has_128_rows_and_is_unchanged_by_its_export(register):
    before = database_contents()

    results = [import_file(export_file(table_format)) for table_format in ("tsv", "csv")]

    assert [result.counts() for result in results] == ["0 new, 0 changed, 128 unchanged, 0 errors"] * 2
    assert database_contents() == before


SLUGS = st.text("-_aZ9éß\u212b東", min_size=1, max_size=12)
WEBSITES = st.sampled_from(
    ["", "https://a.de", 'http://[::1]:80/?q=",;\'"|#=1+1', "https://müller.de/ü\u200b\u202e", "ftp://a.de/\u0301%20"]
)
NUMBERS = [NUMBER_COLUMN, COLUMN_OF["renews"]]
"""Columns with numbers of agreements, which another register does not have."""
USERS = ["ana", "Ana", "@+-_.ß", "東京"]
SCOPES = st.sampled_from(["Faculty of Law", "FACULTY of Law", "Faculty of Arts"]) | names()
PERIODS = [
    (None, date(2021, 8, 31)),
    (date(2021, 9, 1), date(2024, 8, 31)),
    (date(2024, 9, 1), date(2027, 8, 31)),
    (date(2090, 9, 1), None),
]
"""One after another: expired, in force and upcoming."""
details = st.fixed_dictionaries(
    {
        "period": st.sampled_from(PERIODS) | st.tuples(*[st.none() | st.dates()] * 2),
        "is_open_ended": st.booleans(),
        "renews": st.none() | st.integers(0, 4),
    },
    optional={
        "scope": SCOPES,
        **dict.fromkeys(["signed_on", "ended_on", "due_on"], st.dates()),
        **dict.fromkeys(["reference_number", "next_step"], names()),
        "end_reason": names(),
        **dict.fromkeys(["public_note", "contact", "notes"], notes()),
        "responsible": st.sampled_from(USERS),
    },
)
some_agreements = st.tuples(st.integers(0, 5), st.sampled_from(AgreementStatus.values), details)


@st.composite
def agreement_series(draw):
    """Signed agreements of one type and scope, one after another."""
    type_index, scope = draw(st.integers(0, 5)), draw(st.just("") | SCOPES)
    drawn = zip(PERIODS, draw(st.lists(details, max_size=4)), strict=False)
    return [(type_index, SIGNED, values | {"period": period, "scope": scope}) for period, values in drawn]


university_agreements = st.tuples(agreement_series(), agreement_series(), st.lists(some_agreements, max_size=5)).map(
    lambda drawn: [values for group in drawn for values in group]
)
partners = st.fixed_dictionaries(
    {
        "name": names(),
        "other_names": st.lists(names(), max_size=2).map("\n".join),
        "city": st.just("") | names(),
        **dict.fromkeys(["website", "incoming_url", "courses_url", "calendar_url", "housing_url"], WEBSITES),
        "slug": st.just("") | SLUGS,
        "is_listed": st.booleans(),
    }
)
registers = st.fixed_dictionaries(
    {
        "country_names": st.lists(names(), max_size=2),
        "type_names": st.lists(names(), max_size=2),
        "universities": st.lists(st.tuples(st.integers(0, 3), partners, university_agreements), min_size=1, max_size=5),
    }
)


def create_register(country_names, type_names, universities):
    for code, name in zip(("XX", "XY"), country_names, strict=False):
        save_if_valid(Country(code=code, name=name))
    for name in type_names:
        save_if_valid(AgreementType(name=name))
    countries = Country.objects.filter(code__in=["XX", "XY", "CI", "DE"])
    types = [*AgreementType.objects.all(), None]
    for name in USERS:
        User.objects.create(username=name, is_staff=name != "Ana")
    for country, values, agreement_values in universities:
        university = University(country=countries[country % len(countries)], **values)
        save_if_valid(university)
        for type_index, status, details in agreement_values if university.pk else ():
            agreement = Agreement(university=university, agreement_type=types[type_index % len(types)], status=status)
            save_if_valid(set_details(agreement, **details))
    assume(University.objects.exists())


def set_details(agreement, period, is_open_ended, renews, responsible=None, **details):
    """Set those that its status and period allow. ``renews`` is an index among the university's agreements."""
    agreement.valid_from, agreement.valid_until = period
    agreement.is_open_ended = is_open_ended and not agreement.valid_until
    agreement.renews = None if renews is None else agreement.university.agreements.order_by("pk")[renews:].first()
    agreement.responsible = User.objects.filter(username=responsible).first()
    for name, value in details.items():
        if agreement.status == ENDED or name not in ("ended_on", "end_reason"):
            setattr(agreement, name, value)
    return agreement


def delete_register():
    Agreement.objects.update(renews=None)
    Agreement.objects.all().delete()
    University.objects.all().delete()


def with_reversed_rows(content):
    """Return the file with its rows in reverse order."""
    records = list(read_table(content, REQUIRED, OPTIONAL).rows)
    header = list(records[0].cells)
    return write_table([header, *[list(record.cells.values()) for record in reversed(records)]], "csv")


@pytest.mark.slow
@few_examples
@given(registers)
def test_export_imported_again_is_no_change_for_any_register(db, registers):
    with rolled_back():
        create_register(**registers)
        before, short = database_contents(), export_file(exclude=[NUMBER_COLUMN])

        results = [
            import_file(content)
            for content in (*map(export_file, FORMATS), short, *map(with_reversed_rows, [export_file(), short]))
        ]

        rows = len(exported_rows())
        assert [result.counts() for result in results] == [f"0 new, 0 changed, {rows} unchanged, 0 errors"] * 7
        assert database_contents() == before


@pytest.mark.slow
@few_examples
@given(registers, st.sampled_from(["tsv", "csv", "xlsx", "ods"]))
def test_export_imported_into_an_empty_register_makes_the_same_register(db, registers, table_format):
    """Excludes new names that seem to be encoded twice, which an import refuses."""
    assume(not any(is_double_utf8(values["name"]) for _country, values, _agreements in registers["universities"]))
    with rolled_back():
        create_register(**registers)
        User.objects.update(is_staff=True)
        before = export_file(exclude=NUMBERS)
        file = export_file(table_format, exclude=NUMBERS)
        delete_register()

        result = import_file(file, read_options={"accept_names": True})

        assert (list(result.error_lines()), len(result.new)) == ([], len(exported_rows()))
        assert export_file(exclude=NUMBERS) == before


def test_note_is_limited_to_the_length_of_a_spreadsheet_cell():
    fits, too_long = "x" * 32_767, "x" * 32_768

    assert errors(row("GE3", SIGNED.value, notes=too_long)) == [
        f"Line 2, Internal notes: “{'x' * 79}…” has 32768 characters, and 32767 fit. Shorten it."
    ]
    assert list(import_rows(row("GE3", SIGNED.value, notes=fits)).error_lines()) == []


def test_other_names_are_limited_to_the_length_of_their_field():
    names = [f"Name {number:04}" for number in range(1_001)]

    assert errors(row("GE3", SIGNED.value, other_names="\n".join(names))) == [
        f"Line 2, Other names: “{' '.join(names)[:79]}…” has 10009 characters, and 10000 fit. Shorten it."
    ]
