"""The command `load_ror` with the file of a release."""

import json
from contextlib import suppress
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from partners.institutions import releases
from partners.institutions.loading import LOADED_FIELDS
from partners.institutions.releases import ReleaseError, read_institutions
from partners.models import Institution, University
from tests.helpers.factories import UniversityFactory
from tests.helpers.ror import ror_ids, ror_names, ror_organization, write_release

ROR_ID, OTHER_ROR_ID = "02kkvpp62", "00ayhx656"
DAMAGED = "its JSON ends early, is damaged, or has an item of over 1,000,000 characters"
NO_JSON = "it has no JSON file of organizations in schema v2"

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(tmp_path):
    return tmp_path / "v2.9-ror-data.zip"


def load(path, *organizations, capsys, **members):
    """Write and load a release. Return the lines that the command prints."""
    call_command("load_ror", write_release(path, *organizations, **members))
    return capsys.readouterr().out.splitlines()


def load_error(path, *organizations, **members):
    """Write and load a release that is refused. Return the message without the path."""
    if organizations or members:
        write_release(path, *organizations, **members)
    with pytest.raises(CommandError) as error:
        call_command("load_ror", path)
    return str(error.value).replace(str(path), "FILE")


def test_institution_has_the_fields_of_its_organization(release, capsys):
    output = load(release, ror_organization(), capsys=capsys)

    assert output == ["1 new, 0 changed, 0 unchanged; the registry has withdrawn 0 of them"]
    found = Institution.objects.filter(search_text__contains="technische universitat munchen")
    assert list(found.values(*LOADED_FIELDS, "ror_id")) == [
        {
            "ror_id": ROR_ID,
            "name": "Technical University of Munich",
            "names": "Technical University of Munich\nTechnische Universität München",
            "acronyms": "TUM",
            "country_code": "DE",
            "city": "Munich",
            "website": "https://www.tum.de",
            "domains": "tum.de",
            "is_withdrawn": False,
            "successor": "",
        }
    ]


def test_institution_may_lack_what_is_optional(release, capsys):
    bare = ror_organization(names=ror_names("Jena"), domains=[], links=[])
    del bare["relationships"], bare["established"]

    load(release, bare, capsys=capsys)

    institution = Institution.objects.get()
    assert (institution.name, institution.acronyms, institution.website, institution.domains) == ("Jena", "", "", "")


def test_only_institutions_of_education_are_loaded(release, capsys):
    load(release, ror_organization(types=["company"], names=[], locations=[]), ror_organization(), capsys=capsys)

    assert Institution.objects.count() == 1


@pytest.mark.parametrize("status", ["inactive", "withdrawn"])
def test_withdrawn_institution_names_its_successor(release, capsys, status):
    successor = {"id": f"https://ror.org/{OTHER_ROR_ID}", "label": "Successor", "type": "successor"}
    predecessor = successor | {"id": "https://ror.org/01eezs655", "type": "predecessor"}

    output = load(release, ror_organization(status=status, relationships=[predecessor, successor]), capsys=capsys)

    institution = Institution.objects.get()
    assert (institution.is_withdrawn, institution.successor) == (True, OTHER_ROR_ID)
    assert output == ["1 new, 0 changed, 0 unchanged; the registry has withdrawn 1 of them"]


def test_active_institution_has_no_successor(release, capsys):
    successor = {"id": f"https://ror.org/{OTHER_ROR_ID}", "label": "Of a part", "type": "successor"}

    load(release, ror_organization(relationships=[successor]), capsys=capsys)

    assert Institution.objects.get().successor == ""


def test_newer_release_updates_and_keeps_what_it_lacks(release, capsys):
    load(release, ror_organization(), ror_organization(OTHER_ROR_ID), ror_organization("01eezs655"), capsys=capsys)

    output = load(
        release,
        ror_organization(names=ror_names("TU München"), status="withdrawn"),
        ror_organization("01eezs655"),
        ror_organization("05a28rw58"),
        capsys=capsys,
    )

    assert output == [
        "In the directory, not in this release, and left as they are: 1",
        "1 new, 1 changed, 1 unchanged; the registry has withdrawn 1 of them",
    ]
    changed, missing = Institution.objects.get(pk=ROR_ID), Institution.objects.get(pk=OTHER_ROR_ID)
    assert (changed.name, changed.is_withdrawn) == ("TU München", True)
    assert Institution.objects.get(search_text__contains="tu munchen") == changed
    assert [line.line for line in changed.lines.order_by("line")] == [" munich", " tu munchen", " tum de"]
    assert (missing.name, missing.is_withdrawn) == ("Technical University of Munich", False)


def test_changed_names_are_found_by_the_search_for_partners(release, capsys):
    load(release, ror_organization(), ror_organization(OTHER_ROR_ID, names=ror_names("Jena")), capsys=capsys)
    munich = UniversityFactory(name="TU Munich", institution_id=ROR_ID)
    UniversityFactory(name="Jena", institution_id=OTHER_ROR_ID)

    load(
        release,
        ror_organization(names=ror_names("Technion of Bavaria")),
        ror_organization(OTHER_ROR_ID, names=ror_names("Jena")),
        capsys=capsys,
    )

    assert University.objects.get(search_text__contains="technion of bavaria") == munich
    assert (munich.history.count(), University.objects.get(pk=munich.pk).name) == (1, "TU Munich")


def test_name_that_only_the_registry_displays_as_an_acronym_is_both(release, capsys):
    names = [{"value": "EPFL", "types": ["acronym", "ror_display"], "lang": None}]

    load(release, ror_organization(names=names), capsys=capsys)

    institution = Institution.objects.get()
    assert (institution.name, institution.names, institution.acronyms) == ("EPFL", "EPFL", "EPFL")


def test_first_website_that_a_university_could_have_is_taken(release, capsys):
    urls = ["javascript:alert(1)", "ftp://tum.de", f"https://tum.de/{'x' * 200}", "https://tum.de/", "https://tum.eu"]

    load(release, ror_organization(links=[{"type": "website", "value": url} for url in urls]), capsys=capsys)

    assert Institution.objects.get().website == "https://tum.de/"


@pytest.mark.parametrize(
    ("hostile", "stored"),
    [
        ('=HYPERLINK("http://evil.example")', 'HYPERLINK("http://evil.example")'),
        (" +-@Munich", "Munich"),
        ("TU\x00 \x1b[31mMunich\r\n\u2028now\ud800", "TU [31mMunich now"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("x" * 900_000, "x" * 500),
    ],
    ids=["formula", "begins as a formula", "control characters", "markup", "huge"],
)
def test_hostile_text_is_stored_as_one_line_of_limited_length(release, capsys, hostile, stored):
    location = {"geonames_details": {"country_code": "DE", "name": hostile[:600]}}

    load(release, ror_organization(names=ror_names(hostile), locations=[location]), capsys=capsys)

    institution = Institution.objects.get()
    assert (institution.name, institution.names, institution.city) == (stored, stored, stored)


def test_member_in_schema_v2_is_found_among_others(release, capsys):
    v1 = {"id": f"https://ror.org/{ROR_ID}", "name": "In schema v1", "types": ["Education"], "country": {}}
    with ZipFile(release, "w") as archive:
        archive.writestr("__MACOSX/._v1.70-ror-data.json", b"\x00\x05\x16\x07")
        archive.writestr("v1.70-ror-data.json", json.dumps([v1]))
        archive.writestr("v1.70-ror-data_schema_v2.json", json.dumps([ror_organization()]))
    call_command("load_ror", release)

    assert Institution.objects.get().name == "Technical University of Munich"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"id": None}, "organization 2, with the id None, has no valid ROR ID"),
        ({"id": "https://ror.org/\x1b[1m"}, "organization 2, with the id https://ror.org/ [1m, has no valid ROR ID"),
        ({"names": []}, "organization 2, with the id https://ror.org/00ayhx656, has no name"),
        ({"names": ror_names("\u200b")}, "organization 2, with the id https://ror.org/00ayhx656, has no name"),
        ({"locations": []}, "organization 2, with the id https://ror.org/00ayhx656, has no country"),
        ({"types": None}, "organization 2 is not in the shape of schema v2"),
        ({"names": "Jena"}, "organization 2 is not in the shape of schema v2"),
        ({"names": [{"value": 7, "types": []}]}, "organization 2 is not in the shape of schema v2"),
        ({"id": f"https://ror.org/{ROR_ID}"}, "it has https://ror.org/02kkvpp62 twice"),
    ],
)
def test_organization_that_cannot_be_loaded_is_named_and_nothing_is_loaded(release, fields, message):
    error = load_error(release, ror_organization(), ror_organization(OTHER_ROR_ID) | fields)

    assert error == f"Nothing was loaded. FILE is no release of ROR: {message}."
    assert Institution.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", NO_JSON),
        ("[]", NO_JSON),
        ('{"items": []}', NO_JSON),
        ("[7]", NO_JSON),
        ('[{"id": "https://ror.org/02kkvpp62", "name": "v1"}]', NO_JSON),
        (json.dumps([ror_organization(), 7]), "organization 2 is not in the shape of schema v2"),
        (json.dumps([ror_organization()])[:-1], DAMAGED),
        (json.dumps([ror_organization(types=["company"])]), "it has no institution of education"),
        (json.dumps([ror_organization(), ror_organization(names=ror_names("x" * 1_100_000))]), DAMAGED),
        (json.dumps([ror_organization()])[:-1] + "," + "[" * 900_000, "its JSON is damaged"),
        (json.dumps([ror_organization(), 7])[:-2] + "9" * 5_000 + "]", "its JSON is damaged"),
    ],
)
def test_json_that_is_no_release_is_refused(release, content, message):
    assert load_error(release, content=content) == f"Nothing was loaded. FILE is no release of ROR: {message}."


def test_file_that_is_missing_or_no_zip_is_refused(release):
    assert load_error(release) == "Nothing was loaded. FILE cannot be read: No such file or directory."

    release.write_bytes(b"<html>")
    assert load_error(release) == "Nothing was loaded. FILE is not a ZIP file, or is damaged. Download it again."


def test_truncated_zip_is_refused(release):
    release.write_bytes(write_release(release, ror_organization()).read_bytes()[:-40])

    assert load_error(release) == "Nothing was loaded. FILE is not a ZIP file, or is damaged. Download it again."


def test_json_that_unpacks_to_too_much_is_refused(release, monkeypatch):
    monkeypatch.setattr(releases, "MAX_JSON_SIZE", 1_000)

    error = load_error(release, ror_organization())

    assert error == "Nothing was loaded. FILE is no release of ROR: its JSON has more than 1,000 bytes."


@pytest.mark.parametrize("number", [3, 300])
def test_loading_the_same_release_again_only_reads(release, django_assert_num_queries, number):
    write_release(release, *map(ror_organization, ror_ids(number)))
    call_command("load_ror", release)

    # A savepoint, the identifiers, a batch, and the end of the savepoint.
    with django_assert_num_queries(4):
        call_command("load_ror", release)


@settings(max_examples=60)
@given(data=st.data())
def test_damaged_release_is_loaded_or_refused(data, tmp_path_factory):
    path = write_release(tmp_path_factory.mktemp("ror") / "release.zip", ror_organization())
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)

    with suppress(ReleaseError):
        assert len(read_institutions(path)) == 1
