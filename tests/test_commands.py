import re
from collections import Counter
from datetime import date
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from partners.models import Agreement, Country, Run, University
from tests.helpers.factories import MobilityFactory
from tests.helpers.paths import OFFICE_LIST_PATH, ROOT

HEADER = "Country\tUniversity name\tAgreement type\n"
KOELN = "Germany\tUniversity of Köln\tBilateral\n"

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    """Return a function that runs a command and returns (stdout, stderr, message of CommandError or None)."""

    def run(*args, **options):
        out, err, failure = StringIO(), StringIO(), None
        try:
            call_command(*args, stdout=out, stderr=err, **options)
        except CommandError as error:
            failure = str(error)
        return out.getvalue(), err.getvalue(), failure

    return run


@pytest.fixture
def office_file(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "list.tsv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_import_prints_the_counts(run):
    first, second = run("import_partners", OFFICE_LIST_PATH), run("import_partners", OFFICE_LIST_PATH)

    assert first == ("108 new, 0 changed, 0 unchanged, 0 errors\n", "", None)
    assert second == ("0 new, 0 changed, 108 unchanged, 0 errors\n", "", None)
    assert University.objects.count() == 108


def test_import_prints_changes_and_ignored_columns(run, office_file):
    run("import_partners", office_file(HEADER + KOELN + "Spain\tMálaga\tin process\n"))
    edited = (
        "Agreement type;Country;University name;Contact\nGE3;Germany;UNIVERSITY of Köln;x\nErasmus+;Spain;Málaga;y\n"
    )

    out, err, failure = run("import_partners", office_file(edited, encoding="cp1252"))

    assert out.splitlines() == [
        "UNIVERSITY of Köln: The name “University of Köln” becomes “UNIVERSITY of Köln”. "
        "New: GE3 agreement, signed. The Bilateral agreement ends.",
        "Málaga: The agreement of unknown type, in process, becomes Erasmus+ and signed.",
        "0 new, 2 changed, 0 unchanged, 0 errors",
    ]
    assert (err, failure) == (
        "The file is read as Windows-1252 (Western European): “UNIVERSITY of Köln”, “Málaga”.\n"
        "Ignored columns: “Contact”.\n"
        "The register has the columns “Contact”. To import them, add the column “Status”.\n",
        None,
    )


def test_import_history_has_the_run(run, office_file):
    run("import_partners", office_file(HEADER + KOELN))

    history = Agreement.history.get()
    assert (history.history_change_reason, history.history_user) == (
        f"run {history.run.pk}: list.tsv",
        None,
    )


def test_dry_run_prints_changes_and_makes_none(run, office_file):
    run("import_partners", office_file(HEADER + KOELN))

    out, _err, failure = run(
        "import_partners",
        office_file(HEADER + "Germany\tUniversity of Köln\tGE3\nSpain\tMálaga\tGE3\n"),
        dry_run=True,
    )

    assert (out, failure) == (
        "University of Köln: New: GE3 agreement, signed. The Bilateral agreement ends.\n"
        "New: Málaga (Spain): GE3\n"
        "1 new, 1 changed, 0 unchanged, 0 errors\n",
        None,
    )
    assert list(Agreement.objects.values_list("agreement_type__name", "status")) == [("Bilateral", "signed")]


def test_dry_run_counts_universities_missing_in_the_file(run, office_file):
    run("import_partners", office_file(HEADER + KOELN + "Spain\tMálaga\tGE3\n"))

    out, _err, _failure = run("import_partners", office_file(HEADER + KOELN), dry_run=True)

    assert out.splitlines() == [
        "In the register, not in the file, and left as they are: 1",
        "0 new, 0 changed, 1 unchanged, 0 errors",
    ]


@time_machine.travel("2026-11-28", tick=False)
def test_import_prints_what_is_listed_but_expired(run, office_file):
    run("import_partners", office_file(HEADER + KOELN))
    Agreement.objects.update(valid_until=date(2026, 8, 31))

    out, _err, failure = run("import_partners", office_file(HEADER + KOELN))

    assert (out.splitlines(), failure) == (
        [
            "University of Köln: Bilateral (listed, but expired 31 Aug 2026)",
            "0 new, 0 changed, 1 unchanged, 0 errors",
        ],
        None,
    )


MCI = "Austria\tManagement Center Innsbruck\tBilateral\n"
MCI_RESPELLED = "Austria\tInnsbruck Management Center\tBilateral\n"
MCI_QUESTION = (
    "Line 2: Is “Innsbruck Management Center” (Austria) new, or another name of “Management Center Innsbruck”"
    " (same words)? "
)


@pytest.mark.parametrize("dry_run", [True, False])
def test_import_stops_where_a_name_says_almost_the_same_as_a_known_one(run, office_file, dry_run):
    run("import_partners", office_file(HEADER + MCI))

    out, err, failure = run("import_partners", office_file(HEADER + MCI_RESPELLED), dry_run=dry_run)

    assert out.splitlines()[0] == f"{MCI_QUESTION}Nothing is chosen."
    assert out.splitlines()[-1] == "1 new, 0 changed, 0 unchanged, 0 errors"
    assert (err, failure) == (
        "",
        "Nothing was imported. Nothing is chosen for some names above. If they are new universities, add --new."
        " Otherwise write the known names into the file, or import it in the back office and choose there.",
    )
    assert University.objects.count() == 1


def test_import_takes_names_as_new_where_told_so(run, office_file):
    run("import_partners", office_file(HEADER + MCI))

    out, err, failure = run("import_partners", office_file(HEADER + MCI_RESPELLED), "--new")

    assert (out.splitlines(), err, failure) == (
        [f"{MCI_QUESTION}It is taken as new.", "1 new, 0 changed, 0 unchanged, 0 errors"],
        "",
        None,
    )
    assert University.objects.count() == 2


@time_machine.travel("2026-11-28", tick=False)
def test_import_leaves_what_a_person_did_unless_told_otherwise(run, office_file, coordinator):
    run("import_partners", office_file(HEADER + KOELN))
    Agreement.history.update(run=None, history_user=coordinator)
    file = office_file(HEADER + "Germany\tUniversity of Köln\tGE3\n")

    left, taken_back = run("import_partners", file), run("import_partners", file, "--take-back")

    sentences = (
        "University of Köln: New: GE3 agreement, signed. "
        "The Bilateral agreement, added by coordinator on 28 Nov 2026, ends."
    )
    assert left == (
        f"Left as it is: {sentences}\n0 new, 0 changed, 1 unchanged, 0 errors\n",
        "Some lines would take back what people did, and are left. To import them too, add --take-back.\n",
        None,
    )
    assert taken_back == (f"{sentences}\n0 new, 1 changed, 0 unchanged, 0 errors\n", "", None)


def test_import_accepts_any_file_name(run, tmp_path, client, django_user_model):
    file = tmp_path / f"{'x' * 240}\n\u202e.tsv"
    file.write_text(HEADER + KOELN)
    client.force_login(django_user_model.objects.create_superuser("root"))

    run("import_partners", file)
    answer = client.get(f"/admin/partners/run/{Run.objects.get().pk}/file/")

    assert answer["Content-Disposition"] == f'attachment; filename="{"x" * 196}.tsv"'


def test_errors_are_printed_without_control_characters(run, office_file):
    file = office_file('Country,University name,Agreement type,"a\nb"\nSpain,"Má\n\x1b[31mlaga",GE3\n')

    _out, err, _failure = run("import_partners", file)

    assert err.splitlines() == [
        "Ignored columns: “a b”.",
        "Line 3, University name: “Má �[31mlaga” has a control character (U+001B) in it. "
        "Type the name anew, in one line.",
    ]


@pytest.mark.parametrize("dry_run", [True, False])
def test_import_prints_errors_and_fails(run, office_file, dry_run):
    file = office_file(HEADER + KOELN + "\nAtlantis\tMálaga\tGE4\n")

    out, err, failure = run("import_partners", file, dry_run=dry_run)

    assert err.splitlines() == [
        "Line 4, Country: “Atlantis” is not a country or territory of the register. "
        "Correct it, or add it there as another name.",
        "Line 4, Agreement type: “GE4” is not an agreement type. "
        "Write “Bilateral”, “Erasmus+”, “GE3” or “in process”, or add the type to the register.",
    ]
    assert out == "1 new, 0 changed, 0 unchanged, 1 errors\n"
    assert failure == "Nothing was imported. Correct the lines above and import the file again."
    assert University.objects.count() == 0


def test_import_of_an_empty_file_fails(run, office_file):
    file = office_file("")

    assert run("import_partners", file) == (
        "",
        "",
        f"{file}: The file is empty. Choose a file with the columns “Country”, “University name”, “Agreement type”.",
    )


def test_import_of_a_missing_file_fails(run, tmp_path):
    file = tmp_path / "missing.tsv"

    assert run("import_partners", file) == ("", "", f"{file} cannot be read: No such file or directory.")


def test_import_of_a_folder_fails(run, tmp_path):
    assert run("import_partners", tmp_path) == ("", "", f"{tmp_path} cannot be read: Is a directory.")


def test_export_writes_to_standard_output(run, office_file):
    run("import_partners", office_file(HEADER + KOELN))

    assert run("export_partners") == (HEADER + KOELN, "", None)


def test_export_has_a_line_for_each_university_of_the_list(run):
    run("import_partners", OFFICE_LIST_PATH)

    out, _err, _failure = run("export_partners")

    listed = {tuple(line.split("\t")[:2]) for line in OFFICE_LIST_PATH.read_text(encoding="utf-8").splitlines() if line}
    assert {tuple(line.split("\t")[:2]) for line in out.splitlines()} == listed
    assert len(out.splitlines()) == 109


CSV = '\ufeff"Country","University name","Agreement type"\r\n"Germany","University of Köln","Bilateral"\r\n'


@pytest.mark.parametrize(
    ("file_name", "options", "text"),
    [
        ("list.tsv", {}, HEADER + KOELN),
        ("list.csv", {}, CSV),
        ("LIST.CSV", {}, CSV),
        ("list", {}, HEADER + KOELN),
        ("list.txt", {}, HEADER + KOELN),
        ("list.txt", {"format": "csv"}, CSV),
        ("list.csv", {"format": "tsv"}, HEADER + KOELN),
    ],
)
def test_export_format_is_the_requested_or_that_of_the_extension(run, office_file, tmp_path, file_name, options, text):
    run("import_partners", office_file(HEADER + KOELN))
    (tmp_path / "exported").mkdir()

    written = run("export_partners", tmp_path / "exported" / file_name, **options)

    assert written == ("", "", None)
    assert (tmp_path / "exported" / file_name).read_bytes().decode() == text


def test_export_can_write_csv_to_standard_output(run, office_file):
    run("import_partners", office_file(HEADER + KOELN))

    assert run("export_partners", format="csv") == (CSV, "", None)


def test_export_to_a_missing_folder_fails(run, tmp_path):
    file = tmp_path / "missing" / "list.tsv"

    assert run("export_partners", file) == ("", "", f"{file} cannot be written: No such file or directory.")


@pytest.mark.parametrize("table_format", ["tsv", "csv"])
def test_import_of_an_exported_file_changes_nothing(run, tmp_path, table_format):
    run("import_partners", OFFICE_LIST_PATH)
    file = tmp_path / f"list.{table_format}"
    run("export_partners", file)

    out, err, failure = run("import_partners", file)

    assert (out, err, failure) == ("0 new, 0 changed, 108 unchanged, 0 errors\n", "", None)


FILES = ROOT / "tests" / "imports" / "files"


@pytest.mark.parametrize(
    ("file", "countries", "notice"),
    [
        (
            "05_iso_codes.tsv",
            ["Germany", "Greece", "South Korea", "United Kingdom"],
            "“DE” as Germany, “GB” as United Kingdom, “KR” as South Korea, “EL” as Greece",
        ),
        (
            "06_wrong_or_no_hint.tsv",
            ["Czech Republic", "Democratic Republic of the Congo", "Estonia", "Germany", "Greece", "United Kingdom"],
            "“Estland” as Estonia, “Griechenland” as Greece, “Alemania” as Germany, "
            "“Congo, DR” as Democratic Republic of the Congo, “N. Ireland” as United Kingdom, "
            "“Tschechien” as Czech Republic",
        ),
    ],
)
def test_import_reads_codes_and_foreign_names_and_says_so(run, file, countries, notice):
    out, err, failure = run("import_partners", FILES / file)

    assert (out, failure) == (f"{len(countries)} new, 0 changed, 0 unchanged, 0 errors\n", None)
    assert err == f"Countries that were read: {notice}.\n"
    assert sorted(University.objects.values_list("country__name", flat=True)) == countries


def test_import_reads_kosovo(run):
    assert run("import_partners", FILES / "07_kosovo.tsv") == ("1 new, 0 changed, 0 unchanged, 0 errors\n", "", None)
    assert University.objects.get().country.name == "Kosovo"


def test_import_suggests_a_country_for_each_wrong_value(run):
    _out, err, _failure = run("import_partners", FILES / "13_hints_used_up.tsv")

    hints = Counter(re.search("“(.+?)” .*?(Did you mean “.+”[?])?$", line).groups() for line in err.splitlines())
    assert hints == {
        ("Brazl", "Did you mean “Brazil”?"): 120,
        ("Frnace", "Did you mean “France”?"): 1,
        ("Erasmsu+", "Did you mean “Erasmus+”?"): 1,
    }


def test_import_says_to_add_a_country_that_the_register_lacks(run, office_file):
    Country.objects.filter(code="XK").delete()

    _out, err, _failure = run("import_partners", office_file(HEADER + "Kosova\tPrishtina\tErasmus+\n"))

    assert err == (
        "Line 2, Country: “Kosova” is a country or territory that the register does not have."
        " Correct it, or add the country.\n"
    )


@pytest.mark.parametrize("code", ["QQ", "ZZ", "E.U."])
def test_import_does_not_take_an_unassigned_code_for_a_country(run, office_file, code):
    _out, err, _failure = run("import_partners", office_file(HEADER + f"{code}\tPrishtina\tErasmus+\n"))

    assert err == (
        f"Line 2, Country: “{code}” is not a country or territory of the register."
        " Correct it, or add it there as another name.\n"
    )


@pytest.mark.parametrize(
    ("file", "label", "encoding", "names"),
    [
        (
            "04_windows1250.csv",
            "Windows-1250 (Central European)",
            "cp1250",
            ["Uniwersytet Łódzki", "Politechnika Śląska", "Vysoké učení technické v Brně"],
        ),
        ("04_windows1255.csv", "Windows-1255 (Hebrew)", "cp1255", ["אוניברסיטת תל אביב"]),
        ("04_cp850.csv", "DOS 850 (Western European)", "cp850", ["Universität Köln", "Universität Würzburg"]),
    ],
)
def test_import_names_a_guessed_encoding_and_waits_for_it(run, file, label, encoding, names):
    guess = (
        f"The file is read as {label}, which is a guess: {', '.join(f'“{name}”' for name in names)}. Check the names."
    )
    path = FILES / file

    preview, refused = run("import_partners", path, "--dry-run"), run("import_partners", path)
    imported = run("import_partners", path, "--encoding", encoding)

    assert (preview[1], preview[2]) == (f"{guess}\n", None)
    advice = f"If they are right, add --encoding {encoding}, otherwise name another."
    assert refused == ("", "", f"{path}: {guess} {advice}")
    assert imported == (f"{len(names)} new, 0 changed, 0 unchanged, 0 errors\n", "", None)
    assert sorted(University.objects.values_list("name", flat=True)) == sorted(names)


def test_import_reads_an_encoding_that_the_register_confirms(run):
    run("import_partners", OFFICE_LIST_PATH)

    out, err, failure = run("import_partners", FILES / "04_macroman.csv")

    assert (out, failure) == ("0 new, 0 changed, 1 unchanged, 0 errors\n", None)
    assert err == "The file is read as Mac Roman: “Instituto Tecnológico de Buenos Aires”.\n"


def test_import_refuses_names_that_were_encoded_twice(run):
    _out, err, _failure = run("import_partners", FILES / "04_double_utf8.csv")

    assert err == (
        "Line 2, University name: “UniversitÃ¤t TÃ¼bingen” was encoded twice."
        " Save the file that it comes from in UTF-8, and choose that one.\n"
    )


def test_import_refuses_an_encoding_that_does_not_exist(run):
    _out, _err, failure = run("import_partners", FILES / "04_macroman.csv", "--encoding", "mac")

    assert failure.startswith("--encoding mac: there is no such encoding. The usual ones: utf-8, cp1252, cp1250")


def test_mobilities_are_exported_and_imported_as_a_file_of_their_own(run, tmp_path):
    mobility = MobilityFactory(places=4)
    file = tmp_path / "mobilities.csv"

    exported = run("export_partners", "--mobilities", file)
    file.write_text(file.read_text().replace('"4"', '"5"'))
    out, err, failure = run("import_partners", "--mobilities", file)

    assert (exported, out.splitlines()[-1], err, failure) == (
        ("", "", None),
        "0 new, 1 changed, 0 unchanged, 0 errors",
        "",
        None,
    )
    assert [line.places for line in mobility.agreement.mobilities.all()] == [5]


def test_import_of_another_file_than_mobilities_is_refused(run, office_file):
    path = office_file(HEADER + KOELN)

    assert run("import_partners", "--mobilities", path) == (
        "",
        "",
        f"{path}: The file is the office's list, as it has no column “Direction”. Add it, or import the file as the"
        " list.",
    )
