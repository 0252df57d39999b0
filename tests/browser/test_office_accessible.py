"""Accessibility of the pages of the office; none scrolls horizontally."""

from datetime import date

import pytest
from django.contrib.auth.models import User

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Run, SavedView, Term, University
from partners.models.runs import RunAction
from partners.runs.recording import record_run
from tests.helpers.axe import COLOUR_RULES, DARK, LIGHT, NARROW, WCAG_RULES, WIDE, emulate, violations
from tests.helpers.factories import (
    AgreementFactory,
    ApplicationRoundFactory,
    DocumentFactory,
    InstitutionFactory,
    MobilityFactory,
    UniversityFactory,
)
from tests.helpers.files import PDF

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]

SCREENS = {
    "front page": "",
    "results of a search": "search/?q=drexel",
    "universities": "partners/university/",
    "found universities": "partners/university/?q=drexel&directory=withdrawn",
    "agreements": "partners/agreement/",
    "countries": "partners/country/",
    "agreement types": "partners/agreementtype/",
    "runs": "partners/run/",
    "university": "partners/university/{university}/change/",
    "new university": "partners/university/add/",
    "history of a university": "partners/university/{university}/history/",
    "agreement": "partners/agreement/{in_process}/change/",
    "history of an agreement": "partners/agreement/{in_process}/history/",
    "version of an agreement": "partners/agreement/{in_process}/history/{version}/",
    "version that can be put back": "partners/agreement/{edited}/history/{old}/",
    "statistics": "statistics/",
    "recent changes": "changes/",
    "recent changes with an error": "changes/?since=x",
    "my calendar": "calendar/",
    "where I am signed in": "sessions/",
    "documents": "partners/document/",
    "term": "partners/term/{term}/change/",
    "application rounds": "partners/applicationround/",
    "application round": "partners/applicationround/{round}/change/",
    "settings of the office": "partners/officesettings/1/change/",
    "document": "partners/document/{document}/change/",
    "country": "partners/country/{country}/change/",
    "signing": "partners/agreement/sign/?id={in_process}",
    "ending": "partners/agreement/end/?id={in_process}&id={signed}",
    "setting dates": "partners/agreement/dates/?id={in_process}&id={signed}",
    "adding documents": "partners/document/add/",
    "editing together": "partners/agreement/edit/?id={in_process}&id={signed}",
    "renewing": "partners/agreement/renew/?id={signed}",
    "import": "partners/university/import/",
    "export": "partners/university/export/",
    "run": "partners/run/{run}/change/",
    "undoing an import": "partners/run/{run}/undo/",
    "linked university": "partners/university/{linked}/change/",
    "identifying partners": "partners/university/identify/?country=DE",
    "run of a signing": "partners/run/{signing}/change/",
    "undoing a signing": "partners/run/{signing}/undo/",
}
SUPERUSER_SCREENS = {
    "front page": "",
    "users": "auth/user/",
    "new user": "auth/user/add/",
    "user": "auth/user/{user}/change/",
    "password of a user": "auth/user/{user}/password/",
    "groups": "auth/group/",
    "new group": "auth/group/add/",
    "group": "auth/group/{group}/change/",
}


@pytest.fixture
def urls(register):
    in_process = Agreement.objects.in_process().get()
    edited = Agreement.objects.signed().last()
    edited.end(date(2026, 5, 1), "ended")
    deal = AgreementFactory(university=in_process.university, scope="Law", status=AgreementStatus.IN_PROCESS)
    with record_run(RunAction.SIGN, None) as signing:
        deal.sign(date(2026, 5, 1))
    MobilityFactory(agreement=in_process, places=4, study_levels="bachelor", fields_of_study="0421", languages="en B2")
    MobilityFactory(agreement=in_process, direction="in", fields_of_study="all", first_year=2026)
    linked = University.objects.get(name="Drexel University")
    linked.institution = InstitutionFactory(ror_id="04bdffz58", city="Philadelphia", is_withdrawn=True)
    linked.save()
    InstitutionFactory()
    ids = {
        "version": in_process.history.latest().pk,
        "edited": edited.pk,
        "document": DocumentFactory(agreement=in_process).pk,
        "old": edited.history.earliest().pk,
        "in_process": in_process.pk,
        "signed": Agreement.objects.signed().first().pk,
        "university": in_process.university_id,
        "country": University.objects.get(pk=in_process.university_id).country_id,
        "linked": linked.pk,
        "term": Term.objects.first().pk,
        "round": ApplicationRoundFactory().pk,
        "run": Run.objects.earliest("pk").pk,
        "signing": signing.pk,
    }
    return {name: f"/admin/{path.format(**ids)}" for name, path in SCREENS.items()}


def all_violations(page):
    """Check both colour schemes and widths without a reload, since the page may be the response to a POST."""
    found = {}
    for scheme, rules in ((LIGHT, WCAG_RULES), (DARK, COLOUR_RULES)):
        for width in (WIDE, NARROW):
            emulate(page, width, scheme)
            found[scheme, width] = violations(page, rules) + overflow(page, width)
    return {screen: result for screen, result in found.items() if result}


def overflow(page, width):
    scroll_width = page.evaluate("document.documentElement.scrollWidth")
    return [("too wide", scroll_width)] if scroll_width > width else []


def violations_by_screen(page, urls):
    found = {}
    for name, url in urls.items():
        page.goto(url)
        found[name] = all_violations(page)
    return {screen: result for screen, result in found.items() if result}


@pytest.mark.parametrize("half", [0, 1])
def test_admin_is_accessible(page_without_csp, urls, half):
    assert violations_by_screen(page_without_csp, dict(list(urls.items())[half::2])) == {}


def test_admin_of_superusers_is_accessible(page_without_csp, coordinator, register):
    coordinator.is_superuser = True
    coordinator.save()
    long_name = "donaudampfschifffahrtsgesellschaft.mitarbeiterin"
    ids = {"user": User.objects.create(username=long_name).pk, "group": coordinator.groups.get().pk}

    urls = {name: f"/admin/{path.format(**ids)}" for name, path in SUPERUSER_SCREENS.items()}
    assert violations_by_screen(page_without_csp, urls) == {}


def test_front_page_is_accessible_with_open_suggestions_and_steps(page_without_csp, register):
    page_without_csp.goto("/admin/")
    page_without_csp.get_by_text("Not needed").first.click()
    page_without_csp.get_by_role("combobox", name="Search the register").fill("university")
    page_without_csp.get_by_role("option", name="See all universities found").wait_for()
    page_without_csp.keyboard.press("ArrowDown")

    assert all_violations(page_without_csp) == {}


def test_filters_saved_views_and_export_of_a_list_are_accessible(page_without_csp, register):
    for name in ("In force", "All of Erasmus+"):
        view = SavedView.objects.create(list="agreements", name=name, query="status=in-force")
    page_without_csp.goto("/admin/partners/agreement/?status=in-force&type=erasmus")
    page_without_csp.evaluate("document.querySelectorAll('.fold').forEach((fold) => (fold.open = true))")
    found = all_violations(page_without_csp)
    page_without_csp.goto(f"/admin/partners/agreement/views/{view.pk}/")

    assert (found, all_violations(page_without_csp)) == ({}, {})


def test_mobilities_are_accessible_while_they_are_edited(page_without_csp, register):
    agreement = Agreement.objects.in_process().get()
    MobilityFactory(agreement=agreement, fields_of_study="0421")
    page_without_csp.goto(f"/admin/partners/agreement/{agreement.pk}/change/")

    page_without_csp.get_by_role("button", name="Add the same for the other direction").first.click()
    page_without_csp.locator("#mobilities-1").get_by_role("searchbox", name="Fields of study").fill("mech")
    page_without_csp.get_by_role("option", name="0715 Mechanics and metal trades").click()

    page_without_csp.locator("#mobilities-1").get_by_role("listitem").filter(has_text="0715").wait_for()
    assert all_violations(page_without_csp) == {}


def test_new_partner_is_accessible_while_it_is_entered(page_without_csp, register):
    page_without_csp.goto("/admin/partners/university/add/")
    page_without_csp.locator(".field-institution").get_by_role("combobox").click()
    page_without_csp.get_by_role("option", name="No results found").wait_for()
    with_open_list = violations(page_without_csp)

    page_without_csp.get_by_role("button", name="Add another agreement").click()
    page_without_csp.locator("#agreements-0").get_by_role("searchbox", name="Fields of study").fill("mech")
    page_without_csp.get_by_role("option", name="0715 Mechanics and metal trades").wait_for()

    assert (with_open_list, all_violations(page_without_csp)) == ([], {})


def test_mobilities_with_errors_are_accessible(page_without_csp, register):
    agreement = Agreement.objects.in_process().get()
    page_without_csp.goto(f"/admin/partners/agreement/{agreement.pk}/change/")

    page_without_csp.get_by_label("Languages").first.fill("Klingonisch B9")
    page_without_csp.get_by_role("button", name="Save", exact=True).click()

    page_without_csp.get_by_text("is not a language with a level").wait_for()
    assert all_violations(page_without_csp) == {}


def test_preview_of_mobilities_of_several_agreements_is_accessible(page_without_csp, register):
    ids = "&".join(f"id={pk}" for pk in Agreement.objects.values_list("pk", flat=True)[:2])
    page_without_csp.goto(f"/admin/partners/agreement/edit/?{ids}")

    page_without_csp.get_by_role("combobox", name="Mobilities").select_option(label="replaced by the lines below")
    page_without_csp.get_by_label("Places").first.fill("2")
    page_without_csp.get_by_role("button", name="Show what changes").click()

    page_without_csp.get_by_role("heading", name="What changes").wait_for()
    assert all_violations(page_without_csp) == {}


def test_files_that_wait_for_their_agreements_are_accessible(page_without_csp, register):
    files = [("Czech Technical University.pdf", PDF), (f"{'long_name_' * 15}.pdf", PDF + b"2"), ("macro.pdf", b"MZ")]
    page_without_csp.goto("/admin/partners/document/add/")
    page_without_csp.get_by_label("Drop files here").set_input_files(
        [{"name": name, "mimeType": "application/pdf", "buffer": content} for name, content in files]
    )
    page_without_csp.get_by_role("button", name="Upload and choose agreements").click()

    page_without_csp.get_by_text("These files are left out").wait_for()
    assert all_violations(page_without_csp) == {}


def test_edit_conflict_page_is_accessible(page_without_csp, register):
    university = Agreement.objects.in_process().get().university
    page_without_csp.goto(f"/admin/partners/university/{university.pk}/change/")
    university.city, university.website = "Praha", "https://cvut.example"
    university.save()
    Agreement.objects.create(university=university, agreement_type=AgreementType.objects.get(slug="ge3"))

    page_without_csp.get_by_label("City").fill("Prague")
    page_without_csp.get_by_role("button", name="Save", exact=True).click()

    page_without_csp.get_by_role("region", name="A colleague was faster").wait_for()
    assert all_violations(page_without_csp) == {}


def test_deleted_conflict_page_is_accessible(page_without_csp, germany):
    university = UniversityFactory(name="Marburg")
    page_without_csp.goto(f"/admin/partners/university/{university.pk}/change/")
    university.delete()

    page_without_csp.get_by_label("City").fill("Marburg an der Lahn")
    page_without_csp.get_by_role("button", name="Save", exact=True).click()

    page_without_csp.get_by_role("heading", name="It has been deleted").wait_for()
    assert all_violations(page_without_csp) == {}


def preview_file(page, content):
    file = {"name": "partners.tsv", "mimeType": "text/tab-separated-values", "buffer": content}
    page.goto("/admin/partners/university/import/")
    page.get_by_label("File to import").set_input_files(file)
    page.get_by_role("button", name="Show the preview").click()
    page.locator(".counts").wait_for()


def test_import_preview_with_errors_is_accessible(page_without_csp, register, office_list):
    preview_file(page_without_csp, office_list.replace(b"Taiwan\t", b"Taiwn\t"))

    assert all_violations(page_without_csp) == {}


def test_import_preview_with_questions_and_ticks_is_accessible(page_without_csp, register, office_list):
    signed, in_process = b"Monash University\tBilateral", b"Monash University\tBilateral (in process)"
    preview_file(page_without_csp, office_list.replace(b" (TUM)", b"").replace(signed, in_process))

    page_without_csp.get_by_role("button", name="Answer 1 question, then import").click()

    page_without_csp.get_by_text("Choose one of these.").wait_for()
    assert page_without_csp.get_by_label("Monash University").is_visible()
    assert all_violations(page_without_csp) == {}
