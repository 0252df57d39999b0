import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from partners import tables
from partners.enums import AgreementStatus
from partners.imports.formats import EXPORT_FORMATS
from partners.imports.resources import OfficeListResource, RegisterResource
from partners.models import Agreement, University
from tests.html import messages, text

IMPORT, CONFIRM = "/admin/partners/university/import/", "/admin/partners/university/process_import/"
EXPORT = "/admin/partners/university/export/"
IN_PROCESS = "Czech Technical University\tin process"
SIGNED = "Czech Technical University\tErasmus+"


def upload(browser, content, resource=""):
    file = SimpleUploadedFile("partners.tsv", content, "text/tab-separated-values")
    return browser.post(IMPORT, {"import_file": file, "format": "0", "resource": resource})


def confirm(browser, preview):
    """Presses the preview's button."""
    form = re.search(rf'<form[^>]*action="{CONFIRM}".*?</form>', preview.content.decode(), re.DOTALL)[0]
    inputs = [dict(re.findall(r'\b(name|value)="([^"]*)"', each)) for each in re.findall(r"<input[^>]*>", form)]
    typed = {each["name"]: each.get("value", "") for each in inputs if "name" in each}
    return browser.post(CONFIRM, typed, follow=True)


@pytest.fixture
def edited(offices_list):
    """The office's list with one line edited."""
    return offices_list.replace(IN_PROCESS.encode(), SIGNED.encode())


def test_preview_says_in_words_what_the_edited_line_does_and_changes_nothing(office, register, edited):
    page = text(upload(office, edited))

    assert "New 0 Changed 1 Unchanged 107 Errors 0" in page
    assert "Czech Technical University: in process becomes signed Erasmus+" in page
    assert Agreement.objects.in_process().count() == 1


def test_confirmed_import_changes_the_register_and_says_so(office, coordinator, register, edited):
    deal = Agreement.objects.in_process().get()

    page = confirm(office, upload(office, edited))

    assert messages(page) == ["Imported partners.tsv: 0 new, 1 changed, 107 unchanged, 0 errors."]
    deal.refresh_from_db()
    assert str(deal) == "Czech Technical University: Erasmus+ (signed)"
    record = deal.history.latest()
    assert record.history_user == coordinator
    assert "import" in record.history_change_reason


def test_preview_of_the_same_list_says_that_there_is_nothing_to_import(office, register, offices_list):
    page = upload(office, offices_list)

    assert "There is nothing to import: the register says the same as this file" in text(page)
    assert "New 0 Changed 0 Unchanged 108 Errors 0" in text(page)
    assert "Import this" not in page.content.decode()


def test_file_with_an_error_names_the_line_and_offers_no_confirmation(office, register, edited):
    page = upload(office, edited.replace(b"Monash University\tBilateral", b"Monash University\tBilaterall"))

    assert re.search(r"5\D+Agreement type\W+“Bilaterall” is not an agreement type\.", text(page))
    assert CONFIRM not in page.content.decode()
    assert Agreement.objects.in_process().count() == 1


def test_preview_names_the_sheets_that_are_not_read(office, register, offices_list):
    book = Workbook()
    book.active.title = "Read <me>"
    book.active.append(["What this is"])
    sheet = book.create_sheet("Partners")
    for row in csv.reader(offices_list.decode().splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)

    page = upload(office, file.getvalue())

    assert "These sheets of the file are ignored: Read <me>" in text(page)
    assert "New 0 Changed 0 Unchanged 108 Errors 0" in text(page)


def test_file_that_is_no_table_is_refused_at_its_field(office, register):
    page = upload(office, b"\x00\x01\x02")

    assert "errorlist" in page.content.decode()
    assert CONFIRM not in page.content.decode()


def test_export_answers_with_the_office_s_list(office, register, offices_list):
    answer = office.post(EXPORT, {"format": "0", "resource": ""})

    lines = answer.content.decode().splitlines()
    delivered = [line for line in offices_list.decode().splitlines() if line.strip()]
    assert answer["Content-Type"].startswith("text/tab-separated-values")
    assert len(lines) == 109
    assert set(lines) - set(delivered) <= {line for line in lines if line.endswith(("/Erasmus+", "/Erasmus+/GE3"))}
    assert 'Italy\tUniversity of Rome "Tor Vergata"\tBilateral' in [line.strip() for line in lines]


def exported(browser, what, ending, query="", items=()):
    """The rows of an export, told from the table that the file is."""
    formats = [each.name for each in EXPORT_FORMATS]
    form = {"resource": what, "format": formats.index(ending), "export_items": items}
    response = browser.post(f"{EXPORT}{query}", form)
    assert response["Content-Disposition"].endswith(f'.{ending}"')
    resource = (OfficeListResource, RegisterResource)[int(what)]
    return resource.read(response.content).rows


@pytest.mark.parametrize("ending", ["tsv", "csv", "xlsx", "ods"])
@pytest.mark.parametrize(("what", "number"), [("0", 108), ("1", 128)], ids=["list", "register"])
def test_export_has_everything_in_each_format(office, register, what, number, ending):
    assert len(exported(office, what, ending)) == number


def test_export_has_what_the_search_and_the_filters_show(office, register):
    rows = exported(office, "0", "tsv", "?q=technical&type=erasmus&status=in-force")

    assert [row.cells["University name"] for row in rows] == [
        "Technical University of Bergakademie Freiberg",
        "Technical University of Berlin (TU Berlin)",
        "Technical University of Darmstadt (TU Darmstadt)",
        "Technical University of Munich (TUM)",
    ]


def test_export_has_what_is_selected(office, register):
    selected = University.objects.filter(name__contains="Politecnico")

    page = office.post(
        "/admin/partners/university/",
        {"action": "export_admin_action", "_selected_action": [university.pk for university in selected]},
    )
    rows = exported(office, "1", "xlsx", items=[university.pk for university in selected])

    assert "2 selected universities are exported." in text(page)
    assert [(row.cells["University name"], row.cells["Agreement type"]) for row in rows] == [
        ("Politecnico di Milano", "Bilateral"),
        ("Politecnico di Milano", "Erasmus+"),
        ("Politecnico di Milano", "GE3"),
        ("Politecnico di Torino", "Bilateral"),
        ("Politecnico di Torino", "Erasmus+"),
    ]


def test_selecting_across_pages_exports_what_the_filters_show(office, register):
    query = "?q=technical&type=erasmus&status=in-force"
    chosen = {"action": "export_admin_action", "select_across": "1", "_selected_action": ["1"]}

    page = office.post(f"/admin/partners/university/{query}", chosen, follow=True)

    assert "What the search and the filters of the list show is exported." in text(page)
    assert page.redirect_chain == [(f"{EXPORT}{query}", 302)]


def test_register_is_imported_when_that_is_chosen(office, register):
    file = tables.write_table(RegisterResource().export(), "tsv")
    edited = file.replace(b"Drexel University\tGE3\tsigned", b"Drexel University\tGE3\tended")

    page = confirm(office, upload(office, edited, resource="1"))

    assert messages(page) == ["Imported partners.tsv: 0 new, 1 changed, 127 unchanged, 0 errors."]
    ended = Agreement.objects.get(university__name="Drexel University", agreement_type__slug="ge3")
    assert ended.status == AgreementStatus.ENDED


def test_list_that_is_said_to_be_the_register_is_refused(office, register, offices_list):
    page = upload(office, offices_list, resource="1")

    assert "Line 3 is not the header: it lacks “Status”" in text(page)
