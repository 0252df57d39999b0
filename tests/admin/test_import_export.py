import csv
import io
import re
from datetime import date

import pytest
import time_machine
from openpyxl import Workbook, load_workbook

from partners.admin.import_export import RESOURCES
from partners.enums import AgreementStatus
from partners.imports.files import read_file
from partners.imports.formats import EXPORT_FORMATS
from partners.imports.resources import RegisterResource
from partners.models import Agreement, Run, University
from tests.helpers.factories import AgreementFactory, MobilityFactory
from tests.helpers.html import attributes, buttons, element_texts, elements, form_data, messages, text
from tests.helpers.import_pages import CONFIRM, confirm, upload
from tests.helpers.tables import write_table

EXPORT = "/admin/partners/university/export/"
IN_PROCESS = "Czech Technical University\tin process"
SIGNED = "Czech Technical University\tErasmus+"
SENTENCE = "The agreement of unknown type, in process, becomes Erasmus+ and signed."


@pytest.fixture
def edited_list(office_list):
    """The office's list with one line edited."""
    return office_list.replace(IN_PROCESS.encode(), SIGNED.encode())


def test_preview_describes_the_change_and_makes_none(coordinator_client, register, edited_list):
    page = upload(coordinator_client, edited_list)

    assert "New 0 Changed 1 Unchanged 107 Errors 0" in text(page)
    assert sections(page)["Changes 1"] == [f"Czech Technical University Czech Republic, line 30 {SENTENCE}"]
    assert Agreement.objects.in_process().count() == 1


def test_confirmed_import_changes_the_register(coordinator_client, coordinator, register, edited_list):
    deal = Agreement.objects.in_process().get()

    page = confirm(coordinator_client, upload(coordinator_client, edited_list))

    assert messages(page) == ["Imported partners.tsv: 0 new, 1 changed, 107 unchanged, 0 errors."]
    deal.refresh_from_db()
    assert str(deal) == "Czech Technical University: Erasmus+ (signed)"
    record = deal.history.latest()
    assert record.history_user == coordinator
    assert record.history_change_reason == f"run {record.run_id}: partners.tsv"


def test_preview_of_the_same_list_says_that_there_is_nothing_to_import(coordinator_client, register, office_list):
    page = upload(coordinator_client, office_list)

    assert "There is nothing to import: the register says the same as this file" in text(page)
    assert "New 0 Changed 0 Unchanged 108 Errors 0" in text(page)
    assert "Import this" not in buttons(page)


def list_of(*lines):
    return "\n".join(["Country\tUniversity name\tAgreement type", *lines]).encode()


def sections(page):
    """Return the lines of each section of a preview by its title and count."""
    found = elements(page, ".preview-section")
    return {element_texts(section, "summary")[0]: element_texts(section, "li") for section in found}


def test_preview_sets_apart_what_takes_back(coordinator_client, db):
    AgreementFactory(university__name="Jena", valid_from=date(2025, 9, 1))
    AgreementFactory(university__name="Marburg", scope="Faculty of Law")

    page = upload(
        coordinator_client,
        list_of("Germany\tJena\tGE3", "Germany\tMarburg\tBilateral (in process)", "Germany\tBonn\tGE3"),
    )

    assert element_texts(page, ".decision") == [
        "Marburg Germany, line 3 New: Bilateral agreement, in process. The Bilateral agreement, Faculty of Law, ends."
    ]
    assert sections(page) == {
        "Changes 1": [
            "Jena Germany, line 2 New: GE3 agreement, signed. The Bilateral agreement, from 1 Sep 2025, ends."
        ],
        "New 1": ["Bonn Germany, line 4 GE3"],
    }


@time_machine.travel("2026-11-28", tick=False)
def test_preview_names_what_is_listed_but_expired(coordinator_client, db):
    AgreementFactory(university__name="Jena", valid_until=date(2026, 8, 31))
    AgreementFactory(university__name="Marburg", valid_until=date(2026, 8, 31))
    AgreementFactory(university__name="Ulm", valid_until=date(2026, 11, 28))

    page = upload(
        coordinator_client,
        list_of("Germany\tJena\tBilateral", "Germany\tMarburg\tBilateral (in process)", "Germany\tUlm\tBilateral"),
    )

    assert sections(page) == {
        "Changes 1": ["Marburg Germany, line 3 New: Bilateral agreement, in process."],
        "Expired agreements, which stay as they are 2": [
            "Jena Germany, line 2 Bilateral (listed, but expired 31 Aug 2026)",
            "Marburg Germany, line 3 Bilateral (expired 31 Aug 2026, one in process)",
        ],
        "Unchanged 2": ["Jena Germany, line 2", "Ulm Germany, line 4"],
    }


def preview_url(step="preview"):
    return f"/admin/partners/university/import/{step}/{Run.objects.get(accepted_at=None).token}/"


MANY = list_of(*(f"Germany\tCollege {number:03}\tGE3" for number in range(201)))


def test_section_shows_200_lines_and_a_search_finds_the_others(coordinator_client):
    preview = upload(coordinator_client, MANY)
    found = coordinator_client.get(preview_url(), {"q": "gérmany  college 200"})

    [lines] = sections(preview).values()
    assert (len(lines), lines[-1]) == (200, "College 199 Germany, line 201 GE3")
    assert "The first 200 of 201 lines are shown." in text(preview)
    assert sections(found) == {"New 1 of 201": ["College 200 Germany, line 202 GE3"]}


def test_whole_preview_is_a_workbook(coordinator_client):
    AgreementFactory(university__name="Jena", valid_until=date(2025, 8, 31))
    AgreementFactory(university__name="Ulm")
    upload(coordinator_client, list_of("Germany\tJena\tBilateral", "Germany\tKassel\tGE3"))

    response = coordinator_client.get(preview_url("xlsx"))

    assert response["Content-Disposition"] == 'attachment; filename="preview.xlsx"'
    rows = load_workbook(io.BytesIO(response.content)).active.iter_rows(values_only=True)
    assert list(rows) == [
        ("Part", "Line", "Country", "University name", "What happens"),
        (
            "Expired agreements, which stay as they are",
            2,
            "Germany",
            "Jena",
            "Bilateral (listed, but expired 31 Aug 2025)",
        ),
        ("New", 3, "Germany", "Kassel", "GE3"),
        ("Unchanged", 2, "Germany", "Jena", None),
        ("Not in the file, and left as they are", None, "Germany", "Ulm", None),
    ]


def test_workbook_of_a_preview_with_errors_has_them_first_and_no_formula(coordinator_client):
    upload(coordinator_client, list_of("Germany\t=1+1\tGE3", "Germany\tUlm\tGE3"))

    rows = load_workbook(io.BytesIO(coordinator_client.get(preview_url("xlsx")).content)).active

    assert [[cell.value for cell in row][:4] for row in rows.iter_rows(min_row=2)] == [
        ["Errors", 2, "Germany", "'=1+1"],
        ["New", 3, "Germany", "Ulm"],
    ]


def test_file_with_an_error_names_the_line_and_offers_no_confirmation(coordinator_client, register, edited_list):
    page = upload(
        coordinator_client, edited_list.replace(b"Monash University\tBilateral", b"Monash University\tBilaterall")
    )

    assert re.search(r"5\D+Agreement type\W+“Bilaterall” is not an agreement type\.", text(page))
    assert CONFIRM not in attributes(page, "form", "action")
    assert Agreement.objects.in_process().count() == 1


def test_preview_names_ignored_sheets(coordinator_client, register, office_list):
    book = Workbook()
    book.active.title = "Read <me>"
    book.active.append(["What this is"])
    sheet = book.create_sheet("Partners")
    for row in csv.reader(office_list.decode().splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)

    page = upload(coordinator_client, file.getvalue())

    assert "Skipped sheets: “Read <me>”." in text(page)
    assert "New 0 Changed 0 Unchanged 108 Errors 0" in text(page)


def test_file_that_is_no_table_is_a_field_error(coordinator_client, register):
    page = upload(coordinator_client, b"\x00\x01\x02")

    assert len(element_texts(page, ".errorlist li")) == 1
    assert CONFIRM not in attributes(page, "form", "action")


def test_export_returns_the_offices_list(coordinator_client, register, office_list):
    answer = coordinator_client.post(EXPORT, {"format": "0", "resource": ""})

    lines = answer.content.decode().splitlines()
    delivered = [line for line in office_list.decode().splitlines() if line.strip()]
    assert answer["Content-Type"].startswith("text/tab-separated-values")
    assert len(lines) == 109
    assert set(lines) - set(delivered) <= {line for line in lines if line.endswith(("/Erasmus+", "/Erasmus+/GE3"))}
    assert 'Italy\tUniversity of Rome "Tor Vergata"\tBilateral' in [line.strip() for line in lines]


def export_rows(browser, resource, file_format, query="", items=()):
    """Export and return the rows of the file."""
    formats = [export_format.name for export_format in EXPORT_FORMATS]
    form = {"resource": resource, "format": formats.index(file_format), "export_items": items}
    response = browser.post(f"{EXPORT}{query}", form)
    assert response["Content-Disposition"].endswith(f'.{file_format}"')
    return read_file(response.content, RESOURCES[int(resource)])[1].rows


@pytest.mark.parametrize("file_format", ["tsv", "csv", "xlsx", "ods"])
@pytest.mark.parametrize(("resource", "count"), [("0", 108), ("1", 128)], ids=["list", "register"])
def test_export_has_everything_in_each_format(coordinator_client, register, resource, count, file_format):
    assert len(export_rows(coordinator_client, resource, file_format)) == count


@pytest.mark.parametrize("file_format", ["tsv", "xlsx"])
def test_mobilities_are_exported_by_the_filters_of_the_list(coordinator_client, file_format):
    MobilityFactory(agreement__university__name="Aachen", places=4)
    MobilityFactory(agreement__university__name="Bonn", places=5)

    rows = export_rows(coordinator_client, "2", file_format, query="?q=Bonn")

    assert [(row.cells["University name"], row.cells["Places"]) for row in rows] == [("Bonn", "5")]


def test_workbook_of_the_register_has_the_mobilities_that_are_filtered(coordinator_client):
    MobilityFactory(agreement__university__name="Aachen", places=4)
    MobilityFactory(agreement__university__name="Bonn", places=5)

    response = coordinator_client.post(f"{EXPORT}?q=Bonn", {"resource": "1", "format": "2"})

    book = load_workbook(io.BytesIO(response.content))
    assert [[row[1:3] for row in sheet.iter_rows(min_row=2, values_only=True)] for sheet in book] == [
        [("Bonn", "Bilateral")],
        [("Germany", "Bonn")],
    ]


def test_export_is_limited_by_search_and_filters(coordinator_client, register):
    rows = export_rows(coordinator_client, "0", "tsv", "?q=technical&type=erasmus&status=in-force")

    assert [row.cells["University name"] for row in rows] == [
        "Technical University of Bergakademie Freiberg",
        "Technical University of Berlin (TU Berlin)",
        "Technical University of Darmstadt (TU Darmstadt)",
        "Technical University of Munich (TUM)",
    ]


def test_export_is_limited_to_selected_universities(coordinator_client, register):
    selected = University.objects.filter(name__contains="Politecnico")

    page = coordinator_client.post(
        "/admin/partners/university/",
        {"action": "export_admin_action", "_selected_action": [university.pk for university in selected]},
    )
    rows = export_rows(coordinator_client, "1", "xlsx", items=[university.pk for university in selected])

    assert "2 selected universities are exported." in text(page)
    assert [(row.cells["University name"], row.cells["Agreement type"]) for row in rows] == [
        ("Politecnico di Milano", "Bilateral"),
        ("Politecnico di Milano", "Erasmus+"),
        ("Politecnico di Milano", "GE3"),
        ("Politecnico di Torino", "Bilateral"),
        ("Politecnico di Torino", "Erasmus+"),
    ]


def test_selection_across_pages_exports_by_filters(coordinator_client, register):
    query = "?q=technical&type=erasmus&status=in-force"
    chosen = {"action": "export_admin_action", "select_across": "1", "_selected_action": ["1"]}

    page = coordinator_client.post(f"/admin/partners/university/{query}", chosen, follow=True)

    assert "What the search and the filters of the list show is exported." in text(page)
    assert page.redirect_chain == [(f"{EXPORT}{query}", 302)]


def test_register_is_recognized_by_its_header(coordinator_client, register):
    file = write_table(RegisterResource().export(), "tsv")
    edited_list = file.replace(b"Drexel University\tGE3\t\tsigned", b"Drexel University\tGE3\t\tended")

    page = confirm(coordinator_client, upload(coordinator_client, edited_list))

    assert messages(page) == ["Imported partners.tsv: 0 new, 1 changed, 127 unchanged, 0 errors."]
    ended = Agreement.objects.get(university__name="Drexel University", agreement_type__slug="ge3")
    assert ended.status == AgreementStatus.ENDED


UNKNOWN_HEADER = "Partners 2026\n\nNota,Où,Qui,Quoi\nx,Germany,Uni A,GE3\n".encode()


def columns_url():
    return f"/admin/partners/university/import/columns/{Run.objects.get(accepted_at=None).token}/"


def test_unknown_columns_are_asked_about(coordinator_client, register):
    page = upload(coordinator_client, UNKNOWN_HEADER)

    assert element_texts(page, "h1") == ["Which column is which?"]
    assert "Line 3 has no column “Country” or “University name” or “Agreement type”. Say which" in text(page)
    assert element_texts(page, "#content label") == ["Country", "University name", "Agreement type"]
    assert element_texts(page, "select")[0] == "Choose… Nota Où Qui Quoi"
    assert element_texts(page, "section td")[:5] == ["Partners 2026", "Nota", "Où", "Qui", "Quoi"]
    assert CONFIRM not in attributes(page, "form", "action")


def test_file_is_imported_with_the_columns_that_were_assigned(coordinator_client, register):
    upload(coordinator_client, UNKNOWN_HEADER)

    preview = coordinator_client.post(columns_url(), {"column-0": "Où", "column-1": "Qui", "column-2": "Quoi"})
    page = confirm(coordinator_client, preview)

    assert "New 1 Changed 0 Unchanged 0 Errors 0" in text(preview)
    assert "Ignored columns: “Nota”." in text(preview)
    assert messages(page) == ["Imported partners.tsv: 1 new, 0 changed, 0 unchanged, 0 errors."]


def test_guesses_are_selected_and_ambiguous_columns_are_not(coordinator_client, register):
    page = upload(coordinator_client, b"Land,Institution,Hochschule,Quoi\nGermany,Uni A,Uni B,GE3\n")

    assert element_texts(page, "option[selected]") == ["Land", "Choose…", "Choose…"]


def test_one_header_cannot_be_two_columns(coordinator_client, register):
    upload(coordinator_client, UNKNOWN_HEADER)

    page = coordinator_client.post(columns_url(), {"column-0": "Où", "column-1": "Où", "column-2": "Quoi"})

    assert element_texts(page, ".errorlist li") == ["Choose a header for one column only."]


def test_file_without_rows_is_refused_after_its_columns_were_assigned(coordinator_client, register):
    upload(coordinator_client, "Où,Qui,Quoi\n".encode())

    page = coordinator_client.post(columns_url(), {"column-0": "Où", "column-1": "Qui", "column-2": "Quoi"})

    assert element_texts(page, ".errorlist li") == ["The file has a header in line 1 and no rows below it."]
    assert element_texts(page, "h1") == ["Which column is which?"]


def test_columns_page_is_for_those_who_may_import(client, assistant, coordinator_client, register):
    upload(coordinator_client, UNKNOWN_HEADER)
    client.force_login(assistant)

    assert client.get(columns_url()).status_code == 403


def test_columns_page_may_be_reloaded(coordinator_client, register):
    upload(coordinator_client, UNKNOWN_HEADER)

    page = coordinator_client.get(columns_url())

    assert element_texts(page, "h1") == ["Which column is which?"]


POLISH_LIST = "Country\tUniversity name\tAgreement type\nPoland\tUniwersytet Łódzki\tErasmus+\n".encode("cp1250")


def options_url():
    return f"/admin/partners/university/import/options/{Run.objects.get(accepted_at=None).token}/"


def test_preview_says_which_encoding_is_assumed_and_offers_others(coordinator_client):
    page = upload(coordinator_client, POLISH_LIST)

    assert "The file is read as Windows-1250 (Central European), which is a guess: “Uniwersytet Łódzki”." in text(page)
    assert form_data(page, f'form[action="{options_url()}"]')["encoding"] == "cp1250"


def test_file_is_imported_in_the_encoding_that_was_chosen(coordinator_client):
    upload(coordinator_client, POLISH_LIST)

    preview = coordinator_client.post(options_url(), {"encoding": "cp1252"})
    assert "Uniwersytet £ódzki" in text(preview)
    assert "which is a guess" not in text(preview)
    preview = coordinator_client.post(options_url(), {"encoding": "cp1250"})
    confirm(coordinator_client, preview)

    assert University.objects.get().name == "Uniwersytet Łódzki"


def test_file_that_is_not_in_the_chosen_encoding_is_previewed_as_before(coordinator_client):
    upload(coordinator_client, POLISH_LIST)

    page = coordinator_client.post(options_url(), {"encoding": "utf-8"})

    assert messages(page) == ["The file is not in the encoding utf-8. Choose another one."]
    assert "Uniwersytet Łódzki" in text(page)


def test_unicode_files_have_no_choice_of_encoding(coordinator_client, register, office_list):
    upload(coordinator_client, office_list)

    assert "Encoding" not in text(coordinator_client.get(options_url()))


def test_options_page_is_for_those_who_may_import(client, assistant, coordinator_client):
    upload(coordinator_client, POLISH_LIST)
    client.force_login(assistant)

    assert client.get(options_url()).status_code == 403


ONE_COUNTRY = b"Country,University name,Agreement type\nGermany,Uni A,GE3\n,TBC,GE3\n"
FILL_DOWN = "An empty country means the one above"
ACCEPT_NAMES = "Names that look like none or damaged are right"


def change_options(browser, preview, **options):
    """Submit the form of a preview that says how to read the file."""
    url = f"/admin/partners/university/import/options/{Run.objects.get(accepted_at=None).token}/"
    return browser.post(url, form_data(preview, f'form[action="{url}"]') | options)


def option_labels(page):
    return element_texts(page, "form.read-options label")


def test_options_are_offered_where_they_help(coordinator_client, register, edited_list):
    assert option_labels(upload(coordinator_client, edited_list)) == []
    page = upload(coordinator_client, ONE_COUNTRY)

    assert option_labels(page) == [FILL_DOWN]
    assert element_texts(page, "table.errors td")[1:] == [
        "Country",
        "The cell is empty. Fill it in, or take the line out.",
    ]
    assert CONFIRM not in attributes(page, "form", "action")


def test_file_is_imported_with_the_options_that_were_ticked(coordinator_client, register):
    page = change_options(coordinator_client, upload(coordinator_client, ONE_COUNTRY), fill_down="on")
    assert option_labels(page) == [FILL_DOWN, ACCEPT_NAMES]
    assert attributes(page, "input:checked", "name") == ["fill_down"]

    preview = change_options(coordinator_client, page, accept_names="on")
    page = confirm(coordinator_client, preview)

    assert "An empty country means the one above: 1 cell was filled, in line 3." in text(preview)
    assert "Accepted as names of universities: “TBC”." in text(preview)
    assert messages(page) == ["Imported partners.tsv: 2 new, 0 changed, 0 unchanged, 0 errors."]
    assert University.objects.get(name="TBC").country.name == "Germany"


def test_option_can_be_taken_back(coordinator_client, register):
    preview = change_options(coordinator_client, upload(coordinator_client, ONE_COUNTRY), fill_down="on")
    url = attributes(preview, "form.read-options", "action")[0]

    page = coordinator_client.post(url, {"encoding": ""})

    assert "The cell is empty. Fill it in, or take the line out." in text(page)
    assert Run.objects.get(accepted_at=None).read_options["fill_down"] is False


def test_guessed_encoding_stays_a_guess_when_another_option_changes(coordinator_client, register):
    content = "Country,University name,Agreement type\nPoland,Politechnika Łódzka,GE3\n,Uniwersytet Śląski,GE3\n"

    page = change_options(coordinator_client, upload(coordinator_client, content.encode("cp1250")), fill_down="on")

    assert option_labels(page) == ["Encoding", FILL_DOWN]
    assert Run.objects.get(accepted_at=None).read_options == {"fill_down": True}
