from datetime import date

import pytest

from partners.models import Agreement, AgreementType, ImportRun, University
from tests.browser.axe import COLOURS, DARK, LIGHT, NARROW, WCAG, WIDE, look, violations
from tests.factories import DocumentFactory, UniversityFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]

SCREENS = {
    "front page": "",
    "universities": "partners/university/",
    "agreements": "partners/agreement/",
    "countries": "partners/country/",
    "agreement types": "partners/agreementtype/",
    "import runs": "partners/importrun/",
    "university": "partners/university/{university}/change/",
    "new university": "partners/university/add/",
    "history of a university": "partners/university/{university}/history/",
    "agreement": "partners/agreement/{deal}/change/",
    "history of an agreement": "partners/agreement/{deal}/history/",
    "version of an agreement": "partners/agreement/{deal}/history/{version}/",
    "version that can be put back": "partners/agreement/{edited}/history/{old}/",
    "overview": "overview/",
    "recent changes": "changes/",
    "recent changes with an error": "changes/?since=x",
    "my calendar": "calendar/",
    "where I am signed in": "sessions/",
    "documents": "partners/document/",
    "document": "partners/document/{document}/change/",
    "country": "partners/country/{country}/change/",
    "signing": "partners/agreement/sign/?id={deal}",
    "ending": "partners/agreement/end/?id={deal}&id={signed}",
    "editing together": "partners/agreement/edit/?id={deal}&id={signed}",
    "renewing": "partners/agreement/renew/?id={signed}",
    "import": "partners/university/import/",
    "export": "partners/university/export/",
    "import run": "partners/importrun/{run}/change/",
    "undoing an import": "partners/importrun/{run}/undo/",
}


@pytest.fixture
def addresses(register):
    deal = Agreement.objects.in_process().get()
    edited = Agreement.objects.signed().last()
    edited.end(date(2026, 5, 1), "ended")
    ids = {
        "version": deal.history.latest().pk,
        "edited": edited.pk,
        "document": DocumentFactory(agreement=deal).pk,
        "old": edited.history.earliest().pk,
        "deal": deal.pk,
        "signed": Agreement.objects.signed().first().pk,
        "university": deal.university_id,
        "country": University.objects.get(pk=deal.university_id).country_id,
        "run": ImportRun.objects.get().pk,
    }
    return {name: f"/admin/{path.format(**ids)}" for name, path in SCREENS.items()}


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_office_is_accessible(inspected_page, addresses, width):
    found = {}
    for name, address in addresses.items():
        look(inspected_page, width, LIGHT)
        inspected_page.goto(address)
        found[name, LIGHT] = violations(inspected_page)
        look(inspected_page, width, DARK)
        found[name, DARK] = violations(inspected_page, COLOURS)

    assert {screen: faults for screen, faults in found.items() if faults} == {}


def faults_in_every_look(page):
    """Of a page that answers a form, and so cannot be asked for again."""
    found = {}
    for scheme, rules in ((LIGHT, WCAG), (DARK, COLOURS)):
        for width in (WIDE, NARROW):
            look(page, width, scheme)
            found[scheme, width] = violations(page, rules) + [("too wide", each) for each in too_wide(page, width)]
    return {screen: faults for screen, faults in found.items() if faults}


def too_wide(page, width):
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [wide] if wide > width else []


def test_page_that_tells_of_a_faster_colleague_is_accessible(inspected_page, register):
    university = Agreement.objects.in_process().get().university
    inspected_page.goto(f"/admin/partners/university/{university.pk}/change/")
    university.city, university.website = "Praha", "https://cvut.example"
    university.save()
    Agreement.objects.create(university=university, agreement_type=AgreementType.objects.get(slug="ge3"))

    inspected_page.get_by_label("City").fill("Prague")
    inspected_page.get_by_role("button", name="Save", exact=True).click()

    inspected_page.get_by_role("region", name="A colleague was faster").wait_for()
    assert faults_in_every_look(inspected_page) == {}


def test_page_of_what_was_deleted_is_accessible(inspected_page, germany):
    university = UniversityFactory(name="Marburg")
    inspected_page.goto(f"/admin/partners/university/{university.pk}/change/")
    university.delete()

    inspected_page.get_by_label("City").fill("Marburg an der Lahn")
    inspected_page.get_by_role("button", name="Save", exact=True).click()

    inspected_page.get_by_role("heading", name="It has been deleted").wait_for()
    assert faults_in_every_look(inspected_page) == {}


@pytest.mark.parametrize(("old", "new"), [(b"Taiwan\t", b"Taiwn\t"), (b"in process", b"Erasmus+")])
def test_preview_of_an_import_is_accessible(inspected_page, register, offices_list, old, new):
    file = {"name": "partners.tsv", "mimeType": "text/tab-separated-values", "buffer": offices_list.replace(old, new)}
    inspected_page.goto("/admin/partners/university/import/")

    inspected_page.get_by_label("File to import").set_input_files(file)
    inspected_page.get_by_role("button", name="Show the preview").click()

    inspected_page.locator(".counts").wait_for()
    assert faults_in_every_look(inspected_page) == {}
