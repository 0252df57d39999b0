from collections import Counter
from datetime import date

import pytest
from django.utils.timezone import localdate
from hypothesis import assume, given
from hypothesis import strategies as st

from partners.enums import AgreementStatus
from partners.imports.choices import ImportChoices
from partners.imports.office_list import COLUMNS
from partners.imports.resources import OfficeListResource
from partners.models import Agreement, AgreementType, Country, Run, University
from tests.helpers.database import count_queries, database_contents, few_examples, rolled_back, save_if_valid
from tests.helpers.factories import AgreementFactory, UniversityFactory, names
from tests.helpers.tables import read_table, write_table

SIGNED, IN_PROCESS, ENDED = AgreementStatus.SIGNED, AgreementStatus.IN_PROCESS, AgreementStatus.ENDED
KOELN = ("Germany", "University of Cologne", "Bilateral")
MALAGA = ("Spain", "University of Malaga", "Erasmus+")
ONE_LINE_OR_CITY = "Make one line of the two. If they are two universities, add the city to the name."

pytestmark = pytest.mark.django_db


def import_file(content, file_name="list.tsv", user=None, on=None, **options):
    run = Run.from_upload(content, file_name=file_name, user=user)
    return OfficeListResource().import_data(read_table(content, COLUMNS), on=on or localdate(), run=run, **options)


def import_rows(*rows, **options):
    """Import rows as a file with a header, so that the first row is line 2."""
    return import_file("\n".join(map("\t".join, [COLUMNS, *rows])).encode(), **options)


def agreements(name):
    """Return the (type, status) of a university's agreements, oldest first."""
    found = Agreement.objects.filter(university__name=name).order_by("pk")
    return list(found.values_list("agreement_type__name", "status"))


def create_university(name, *agreements):
    """Create a university in Germany with agreements, given as (type, status)."""
    university = UniversityFactory(name=name)
    for type_name, status in agreements:
        agreement_type = AgreementType.objects.get(name=type_name) if type_name else None
        AgreementFactory(university=university, agreement_type=agreement_type, status=status)
    return university


def column_values(record, only=None, exclude=()):
    names = {field.attname for field in record._meta.concrete_fields} if only is None else only
    return {name: getattr(record, name) for name in names - set(exclude)}


def export_file(table_format="tsv"):
    return write_table(OfficeListResource().export(), table_format)


def test_offices_list_is_all_new(office_list):
    result = import_file(office_list)

    assert result.counts() == "108 new, 0 changed, 0 unchanged, 0 errors"
    assert University.objects.count() == University.history.count() == 108


def test_offices_list_has_these_agreements(register):
    counted = Counter(Agreement.objects.values_list("agreement_type__name", "status"))

    assert counted == {
        ("Bilateral", "signed"): 96,
        ("Erasmus+", "signed"): 21,
        ("GE3", "signed"): 10,
        (None, "in_process"): 1,
    }


def test_offices_list_imported_again_changes_nothing(register, office_list):
    before = database_contents()

    result = import_file(office_list)

    assert result.counts() == "0 new, 0 changed, 108 unchanged, 0 errors"
    assert database_contents() == before


def test_offices_list_with_a_deal_signed_changes_that_one(register, office_list):
    prague = Agreement.objects.get(status=IN_PROCESS)

    result = import_file(office_list.replace(b"in process", b"Erasmus+"), file_name="new.tsv")

    assert result.counts() == "0 new, 1 changed, 107 unchanged, 0 errors"
    assert [outcome.describe() for outcome in result.changed] == [
        ["The agreement of unknown type, in process, becomes Erasmus+ and signed."]
    ]
    assert Agreement.objects.filter(pk=prague.pk).values_list("agreement_type__name", "status").get() == (
        "Erasmus+",
        "signed",
    )
    assert Agreement.objects.count() == 128


def test_change_history_has_run_and_user(coordinator):
    import_rows(("Germany", "University of Cologne", "in process"))

    import_rows(KOELN, file_name="new.tsv", user=coordinator)

    run = Run.objects.get(file_name="new.tsv")
    last = Agreement.history.latest()
    assert (last.history_type, last.history_change_reason) == ("~", f"run {run.pk}: new.tsv")
    assert (last.history_user, last.run) == (coordinator, run)


def test_new_university_history_has_run():
    import_rows(KOELN)

    run = Run.objects.get()
    records = [model.history.values_list("history_type", "history_change_reason") for model in (University, Agreement)]
    assert [list(values) for values in records] == [[("+", f"run {run.pk}: list.tsv")]] * 2


def test_imported_university_equals_a_saved_one(germany, bilateral):
    import_rows(("Germany", "\u00dcniversity  of Łódź", "Bilateral"))
    imported = Agreement.objects.get()

    saved = University.objects.create(name="\u00dcniversity  of Łódź!", country=germany)
    agreement = Agreement.objects.create(university=saved, agreement_type=bilateral, status=SIGNED)

    differs = {"id", "name", "slug", "name_key", "search_text"}
    assert column_values(imported.university, exclude=differs) == column_values(saved, exclude=differs)
    assert (imported.university.name, imported.university.slug) == ("Üniversity of Łódź", "university-of-lodz")
    assert (imported.university.name_key, imported.university.search_text) == (
        "university of lodz",
        " university of lodz",
    )
    assert (saved.name_key, saved.search_text) == ("university of lodz!", " university of lodz")
    assert column_values(imported, exclude={"id", "university_id"}) == column_values(
        agreement, exclude={"id", "university_id"}
    )


def test_history_of_new_objects_has_all_fields():
    import_rows(*numbered_rows(3))

    for model in (University, Agreement):
        record = model.history.earliest("history_id")
        tracked = {field.attname for field in record.tracked_fields}
        assert column_values(record, only=tracked) == column_values(model.objects.get(pk=record.id), only=tracked)


def test_agreements_go_to_their_universities_in_a_long_file():
    rows = [
        ("Germany", f"University {number}", ["Bilateral", "GE3", "in process"][number % 3]) for number in range(1_000)
    ]

    import_rows(*rows)

    assert list(OfficeListResource().export())[1:] == sorted(rows)
    assert University.history.count() == Agreement.history.count() == 1_000


def test_run_stores_file_and_counts(office_list):
    import_rows(KOELN, MALAGA)
    import_rows(KOELN, ("Spain", "University of Malaga", "GE3"), ("Italy", "Politecnico di Bari", "GE3"))

    run = Run.objects.accepted().first()
    assert (run.new_count, run.changed_count, run.unchanged_count) == (1, 1, 1)
    assert bytes(run.content).startswith(b"Country\tUniversity name\tAgreement type\nGermany\tUniversity of Cologne")


def test_dry_run_counts_changes_and_writes_nothing():
    import_rows(KOELN)
    before = database_contents()

    result = import_rows(("Germany", "University of Cologne", "GE3"), MALAGA, dry_run=True)

    assert result.counts() == "1 new, 1 changed, 0 unchanged, 0 errors"
    assert database_contents() == before


def test_import_with_another_digest_changes_nothing():
    digest = import_rows(KOELN, dry_run=True).digest
    before = database_contents()

    result = import_rows(KOELN, MALAGA, digest=digest)

    assert (result.is_applied, database_contents()) == (False, before)


def test_import_that_does_something_else_after_midnight_changes_nothing():
    AgreementFactory(university__name="University of Cologne", valid_until=date(2026, 8, 31))
    row = ("Germany", "University of Cologne", "Bilateral (in process)")
    digest = import_rows(row, on=date(2026, 8, 31), dry_run=True).digest
    before = database_contents()

    result = import_rows(row, on=date(2026, 9, 1), digest=digest)

    assert (result.is_applied, database_contents()) == (False, before)


def test_import_with_matching_digest_is_applied():
    digest = import_rows(KOELN, dry_run=True).digest

    result = import_rows(KOELN, digest=digest)

    assert (result.is_applied, agreements("University of Cologne")) == (True, [("Bilateral", "signed")])


@pytest.mark.parametrize(
    ("before", "cell", "after"),
    [
        ([("Bilateral", SIGNED)], "Bilateral", [("Bilateral", "signed")]),
        ([("Bilateral", IN_PROCESS)], "Bilateral", [("Bilateral", "signed")]),
        ([(None, IN_PROCESS)], "Erasmus+", [("Erasmus+", "signed")]),
        ([(None, IN_PROCESS)], "Erasmus+/in process", [(None, "in_process"), ("Erasmus+", "signed")]),
        ([(None, IN_PROCESS)], "GE3 (in process)", [("GE3", "in_process")]),
        ([("Bilateral", SIGNED)], "Bilateral/GE3", [("Bilateral", "signed"), ("GE3", "signed")]),
        ([("Bilateral", SIGNED), ("GE3", SIGNED)], "Bilateral", [("Bilateral", "signed"), ("GE3", "ended")]),
        ([("Bilateral", SIGNED), ("GE3", IN_PROCESS)], "Bilateral", [("Bilateral", "signed"), ("GE3", "ended")]),
        ([("Bilateral", SIGNED)], "Bilateral (in process)", [("Bilateral", "ended"), ("Bilateral", "in_process")]),
        ([("Bilateral", ENDED)], "Bilateral", [("Bilateral", "ended"), ("Bilateral", "signed")]),
        ([("GE3", ENDED), ("Bilateral", SIGNED)], "Bilateral", [("GE3", "ended"), ("Bilateral", "signed")]),
        (
            [("GE3", IN_PROCESS), (None, IN_PROCESS), ("Erasmus+", SIGNED)],
            "Bilateral/GE3",
            [("GE3", "signed"), ("Bilateral", "signed"), ("Erasmus+", "ended")],
        ),
    ],
)
def test_import_updates_agreements_to_the_listed_terms(before, cell, after):
    create_university("University of Cologne", *before)

    import_rows(("Germany", "University of Cologne", cell), choices=ImportChoices(takes_all_back=True))

    assert agreements("University of Cologne") == after


def test_university_not_in_file_is_unchanged():
    create_university("University of Bonn", ("GE3", SIGNED), (None, IN_PROCESS))
    before = list(University.history.values()), list(Agreement.history.values())

    result = import_rows(MALAGA)

    assert agreements("University of Bonn") == [("GE3", "signed"), (None, "in_process")]
    assert (list(University.history.values())[1:], list(Agreement.history.values())[1:]) == before
    assert [university.name for university in result.missing_universities] == ["University of Bonn"]


@pytest.mark.parametrize("country", ["Germany", "GERMANY", "Federal Republic of Germany", " germány\u00a0"])
def test_country_is_found_by_any_of_its_names(country):
    import_rows((country, "University of Cologne", "GE3"))

    assert University.objects.get().country.code == "DE"


def test_spelling_of_the_file_replaces_matching_name():
    university = create_university("University of Koln", ("GE3", SIGNED))

    result = import_rows(("Germany", "UNIVERSITY  of Köln", "GE3"), file_name="new.tsv")

    university.refresh_from_db()
    assert [outcome.describe() for outcome in result.changed] == [
        ["The name “University of Koln” becomes “UNIVERSITY of Köln”."],
    ]
    assert (university.name, university.name_key, university.slug) == (
        "UNIVERSITY of Köln",
        "university of koln",
        "university-of-koln",
    )
    assert university.history.first().history_change_reason == f"run {Run.objects.get().pk}: new.tsv"


def test_name_is_unchanged_where_another_name_matches():
    university = create_university("University of Cologne", ("GE3", SIGNED))
    University.objects.filter(pk=university.pk).update(other_names="Uni Köln")

    result = import_rows(("Germany", "uni KOLN", "GE3/Bilateral"))

    assert result.counts() == "0 new, 1 changed, 0 unchanged, 0 errors"
    assert agreements("University of Cologne") == [("GE3", "signed"), ("Bilateral", "signed")]


def test_name_takes_precedence_over_other_names():
    UniversityFactory(name="University of Cologne", other_names="UoC")
    create_university("UoC", ("GE3", SIGNED))

    result = import_rows(("Germany", "UoC", "GE3"))

    assert result.counts() == "0 new, 0 changed, 1 unchanged, 0 errors"


def test_same_name_in_another_country_is_another_university():
    create_university("Trinity College", ("GE3", SIGNED))

    import_rows(("Ireland", "Trinity College", "Bilateral"), ("Germany", "Trinity College", "GE3"))

    slugs = University.objects.order_by("pk").values_list("country__code", "slug")
    assert list(slugs) == [("DE", "trinity-college"), ("IE", "trinity-college-ie")]


def test_new_universities_get_unique_slugs():
    import_rows(("Germany", "Uni A", "GE3"), ("Germany", "Uni-A", "GE3"), ("Germany", "Uni/A!", "GE3"))

    assert list(University.objects.order_by("pk").values_list("slug", flat=True)) == ["uni-a", "uni-a-de", "unia"]


ADD_IT = "Correct it, or add it there as another name."
FILL_IN = "The cell is empty. Fill it in, or take the line out."
TYPES = "Write “Bilateral”, “Erasmus+”, “GE3” or “in process”, or add the type to the register."


@pytest.mark.parametrize(
    ("row", "errors"),
    [
        (
            ("Atlantis", "Sunken University", "GE3"),
            [f"Line 2, Country: “Atlantis” is not a country or territory of the register. {ADD_IT}"],
        ),
        (
            ("Germny", "Sunken University", "GE3"),
            [
                f"Line 2, Country: “Germny” is not a country or territory of the register. {ADD_IT} "
                "Did you mean “Germany”?"
            ],
        ),
        (
            ("Germany", "Köln", "GE3/Bilaterall & Foo  bar"),
            [
                f"Line 2, Agreement type: “Bilaterall” is not an agreement type. {TYPES} Did you mean “Bilateral”?",
                f"Line 2, Agreement type: “Foo bar” is not an agreement type. {TYPES}",
            ],
        ),
        (("Germany", "Köln", "/"), ["Line 2, Agreement type: “/” names no agreement type. Write one."]),
        (
            ("", " ", "x" * 100),
            [
                f"Line 2, Country: {FILL_IN}",
                f"Line 2, University name: {FILL_IN}",
                f"Line 2, Agreement type: “{'x' * 79}…” is not an agreement type. {TYPES}",
            ],
        ),
        (("Germany", "Köln"), [f"Line 2, Agreement type: {FILL_IN}"]),
        (("Germany", "Köln", "\u00a0"), [f"Line 2, Agreement type: {FILL_IN}"]),
        (
            ("Germany", "é" * 201, "GE3"),
            [f"Line 2, University name: “{'é' * 79}…” has 201 characters, and 200 fit. Shorten it."],
        ),
        (
            ("Germany", "Kö\x07ln", "GE3"),
            [
                "Line 2, University name: “Kö\x07ln” has a control character (U+0007) in it. "
                "Type the name anew, in one line."
            ],
        ),
        (
            ("Germany", "=HYPERLINK(A1)", "GE3"),
            [
                "Line 2, University name: “=HYPERLINK(A1)” begins with “=”, as a spreadsheet formula does. "
                "Begin with another character."
            ],
        ),
        (
            ("Germany", "Köln", "GE3", "", "since", "2009"),
            [
                "Line 2, after the last column: “since | 2009” stands in no column. "
                "Give its column a header, or check the quotes and delimiters of the line."
            ],
        ),
    ],
)
def test_error_names_line_column_and_value_and_what_to_do(row, errors):
    result = import_rows(row)

    assert list(result.error_lines()) == errors


@pytest.mark.parametrize(
    ("second", "written"),
    [
        (KOELN, "University of Cologne"),
        (("GERMANY", "Üniversity  of cologne ", "GE3"), "Üniversity of cologne"),
        (("Germany", "UoC", "GE3"), "UoC"),
    ],
)
def test_university_that_the_file_names_twice_is_an_error(second, written):
    UniversityFactory(name="University of Cologne", other_names="UoC")

    result = import_rows(KOELN, MALAGA, second)

    assert list(result.error_lines()) == [
        f"Line 4, University name: “{written}” stands in line 2 already. {ONE_LINE_OR_CITY}"
    ]


def test_new_university_that_the_file_names_twice_is_an_error():
    result = import_rows(("Spain", "MÁLAGA", "GE3"), ("Spain", "Málaga ", "Bilateral"))

    assert list(result.error_lines()) == [
        f"Line 3, University name: “Málaga” stands in line 2 already. {ONE_LINE_OR_CITY}"
    ]


def test_other_name_of_two_universities_is_an_error():
    for name in ("University of Cologne", "Cologne Business School"):
        UniversityFactory(name=name, other_names="Cologne")

    result = import_rows(("Germany", "Cologne", "GE3"))

    assert list(result.error_lines()) == [
        "Line 2, University name: “Cologne” is another name of “Cologne Business School”, “University of Cologne”. "
        "Write the name of the one that is meant."
    ]


def test_several_in_process_for_faculties_are_an_error_that_says_what_to_do():
    university = create_university("University of Cologne")
    for scope in ("Faculty of Law", "Faculty of Arts"):
        AgreementFactory(university=university, status=IN_PROCESS, scope=scope)

    result = import_rows(KOELN, MALAGA)

    assert list(result.error_lines()) == [
        "Line 2, Agreement type: “Bilateral” is in process for “Faculty of Law”, “Faculty of Arts”, and the list does "
        "not say which is signed. Mark that one as signed in the register, then import the list again."
    ]
    assert not result.is_applied


def test_import_signs_and_ends_without_dates(erasmus):
    planned = {"valid_from": date(2027, 9, 1), "valid_until": date(2030, 8, 31)}
    university = create_university("University of Cologne")
    AgreementFactory(university=university, status=IN_PROCESS, scope="Faculty of Law", **planned)
    AgreementFactory(university=university, agreement_type=erasmus, valid_until=date(2028, 8, 31))

    import_rows(KOELN)

    fields = ["status", "scope", "signed_on", "valid_from", "valid_until", "ended_on", "end_reason"]
    assert list(Agreement.objects.order_by("pk").values_list(*fields)) == [
        ("signed", "Faculty of Law", None, *planned.values(), None, ""),
        ("ended", "", None, None, date(2028, 8, 31), None, ""),
    ]


def test_new_agreements_are_for_the_whole_university_and_their_end_is_not_recorded():
    import_rows(KOELN)

    agreement = Agreement.objects.get()
    assert (agreement.title, agreement.describe_end()) == ("Bilateral", "end not recorded")


def test_one_error_prevents_the_import():
    create_university("University of Cologne", ("GE3", SIGNED), (None, IN_PROCESS))
    before = database_contents()

    result = import_rows(KOELN, MALAGA, ("Atlantis", "Sunken University", "GE3"))

    assert result.counts() == "1 new, 1 changed, 0 unchanged, 1 errors"
    assert (result.is_applied, database_contents()) == (False, before)


def test_errors_of_all_rows_are_reported():
    result = import_rows(("Atlantis", "A", "GE3"), KOELN, ("Spain", "B", ""), ("Spain", "", "GE3"))

    assert [line.partition(":")[0] for line in result.error_lines()] == [
        "Line 2, Country",
        "Line 4, Agreement type",
        "Line 5, University name",
    ]


def test_each_of_many_invalid_rows_is_an_error():
    result = import_rows(*[(f"Germny {number}", f"University {number}", "GE3") for number in range(300)])

    assert result.counts() == "0 new, 0 changed, 0 unchanged, 300 errors"


def numbered_rows(count, cell="GE3"):
    return [("Germany", f"University {index}", cell) for index in range(count)]


def test_import_that_changes_nothing_makes_as_many_queries_for_300_as_for_3():
    import_rows(*numbered_rows(300))

    few, many = (count_queries(import_rows, *numbered_rows(number)) for number in (3, 300))

    assert few == many


@pytest.mark.parametrize(
    ("before", "after"),
    [(0, "GE3"), (600, "GE3"), (600, "Bilateral"), (600, "GE3/in process"), (600, "GE3 (in process)")],
)
def test_import_reads_as_often_for_300_as_for_3_and_writes_in_batches(before, after):
    """SQLite takes at most 999 values in a statement."""
    UniversityFactory(name="Elsewhere")
    if before:
        import_rows(*numbered_rows(before, "in process"))

    few, many = (count_queries(import_rows, *numbered_rows(number, after)) for number in (3, 300))

    assert few["SELECT"] == many["SELECT"]
    assert many["INSERT"] + many["UPDATE"] < 30


def test_export_of_an_empty_register_is_the_header():
    UniversityFactory(name="No agreement")
    create_university("Past", ("GE3", ENDED))

    assert export_file() == b"Country\tUniversity name\tAgreement type\n"


def test_export_of_the_offices_list_has_a_line_for_each_university(register):
    lines = export_file().decode().splitlines()

    assert (len(lines), lines[0]) == (109, "Country\tUniversity name\tAgreement type")


@pytest.mark.parametrize(
    "line",
    [
        "Italy\tPolitecnico di Milano\tBilateral/Erasmus+/GE3",
        "Italy\tPolitecnico di Torino\tBilateral/Erasmus+",
        'Italy\tUniversity of Rome "Tor Vergata"\tBilateral',
        "Czech Republic\tCzech Technical University\tin process",
        "South Korea\tKAIST- Korea Advanced Institute of Science & Technology\tBilateral/GE3",
    ],
)
def test_export_of_the_offices_list_has_one_notation(register, line):
    assert export_file().decode().splitlines().count(line) == 1


def test_export_is_sorted_with_accents_ignored():
    import_rows(
        ("Switzerland", "Zürich", "GE3"),
        ("Switzerland", "École", "GE3"),
        ("Austria", "Wien", "GE3"),
        ("Switzerland", "Fribourg", "GE3"),
        ("Åland Islands", "Mariehamn", "GE3"),
        ("Switzerland", "bern", "GE3"),
    )

    assert export_file().decode().splitlines()[1:] == [
        "Åland Islands\tMariehamn\tGE3",
        "Austria\tWien\tGE3",
        "Switzerland\tbern\tGE3",
        "Switzerland\tÉcole\tGE3",
        "Switzerland\tFribourg\tGE3",
        "Switzerland\tZürich\tGE3",
    ]


def test_export_orders_types_by_position_and_omits_ended():
    AgreementType.objects.filter(slug="ge3").update(position=0)
    create_university(
        "University of Cologne",
        ("Bilateral", SIGNED),
        ("Bilateral", IN_PROCESS),
        ("GE3", SIGNED),
        ("Erasmus+", ENDED),
        (None, IN_PROCESS),
    )

    assert export_file().decode().splitlines()[1:] == [
        "Germany\tUniversity of Cologne\tGE3/Bilateral/Bilateral (in process)/in process"
    ]


def test_export_names_a_type_once_and_once_more_in_process():
    university = create_university("University of Cologne", ("Bilateral", SIGNED), ("Bilateral", IN_PROCESS))
    for scope in ("Faculty of Law", "Faculty of Arts"):
        AgreementFactory(university=university, scope=scope, valid_until=date(2026, 8, 31))
        AgreementFactory(university=university, scope=scope, valid_from=date(2026, 9, 1))
        AgreementFactory(university=university, scope=scope, status=IN_PROCESS)
        AgreementFactory(university=university, scope=scope, status=IN_PROCESS, agreement_type=None)

    assert export_file().decode().splitlines()[1:] == [
        "Germany\tUniversity of Cologne\tBilateral/Bilateral (in process)/in process"
    ]


@pytest.mark.parametrize("period", [{"valid_until": date(2020, 8, 31)}, {"valid_from": date(2999, 9, 1)}])
def test_export_names_expired_and_upcoming_agreements(period):
    AgreementFactory(university__name="University of Cologne", **period)

    assert export_file().decode().splitlines()[1:] == ["Germany\tUniversity of Cologne\tBilateral"]


def test_export_is_limited_to_the_queryset():
    create_university("University of Cologne", ("GE3", SIGNED))
    create_university("University of Bonn", ("GE3", SIGNED))

    rows = list(OfficeListResource().export(University.objects.search("bonn")))

    assert rows == [COLUMNS, ("Germany", "University of Bonn", "GE3")]


def test_export_makes_as_many_queries_for_300_as_for_3():
    import_rows(*numbered_rows(3))
    few = count_queries(export_file)
    import_rows(*numbered_rows(300))

    many = count_queries(export_file)

    assert few == many


kinds = st.tuples(st.integers(0, 5), st.sampled_from(AgreementStatus.values))
partners = st.tuples(st.integers(0, 5), names(), st.lists(names(), max_size=2), st.lists(kinds))


def build(country_names, type_names, universities):
    for code, name in zip(("XX", "XY", "XZ"), country_names, strict=False):
        save_if_valid(Country(code=code, name=name))
    for name in type_names:
        save_if_valid(AgreementType(name=name))
    countries = Country.objects.filter(code__in=["XX", "XY", "XZ", "AX", "CI", "DE"])
    types = [*AgreementType.objects.all(), None]
    for country, name, other_names, agreements in universities:
        university = University(
            country=countries[country % len(countries)], name=name, other_names="\n".join(other_names)
        )
        save_if_valid(university)
        for agreement_type, status in agreements if university.pk else ():
            agreement_type = types[agreement_type % len(types)]
            save_if_valid(Agreement(university=university, agreement_type=agreement_type, status=status))


@pytest.mark.slow
@few_examples
@given(
    country_names=st.lists(names(), max_size=3),
    type_names=st.lists(names(), max_size=2),
    universities=st.lists(partners, min_size=1, max_size=6),
)
def test_export_imported_again_is_no_change_for_any_register(db, country_names, type_names, universities):
    with rolled_back():
        build(country_names, type_names, universities)
        listed = Agreement.objects.open().values("university").distinct().count()
        assume(listed)
        before = database_contents()

        results = [import_file(export_file(table_format)) for table_format in ("tsv", "csv")]

        assert [result.counts() for result in results] == [f"0 new, 0 changed, {listed} unchanged, 0 errors"] * 2
        assert database_contents() == before


def test_too_long_cell_is_rejected_before_parsing():
    result = import_rows(("Germany" * 1_000, "Marburg" * 1_000, '"Bilateral' + "\n" * 100_000 + 'x"'))

    message = "Line 2, %s: “%s…” has %d characters, and 1000 fit. Shorten it."
    assert list(result.error_lines()) == [
        message % ("Country", ("Germany" * 12)[:79], 7_000),
        message % ("University name", ("Marburg" * 12)[:79], 7_000),
        "Line 2, Agreement type: “Bilateral x” has 100010 characters, and 1000 fit. Shorten it.",
    ]
