import pytest

from partners.models import Agreement, Country, Run, University
from tests.helpers.browser import record_page_loads, sign_in
from tests.helpers.factories import AgreementFactory
from tests.helpers.keyboard import focus_by_tab, press

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]
IMPORT = "/admin/partners/university/import/"
POLISH_LIST = "Country\tUniversity name\tAgreement type\nPoland\tUniwersytet Łódzki\tErasmus+\n".encode("cp1250")
UNUSUAL_HEADER = "Nation;Einrichtung;Was\nGermany;Universität Kassel;Erasmus+\n".encode()


@pytest.fixture
def page_loads(coordinator_page):
    """The URLs of the pages that were loaded."""
    coordinator_page.goto(IMPORT)
    return record_page_loads(coordinator_page)


def choose_file(page, content):
    file = {"name": "list.csv", "mimeType": "text/csv", "buffer": content}
    page.get_by_label("File to import").set_input_files(file)
    page.get_by_role("button", name="Show the preview").press("Enter")
    page.wait_for_load_state("load")


def test_coordinator_chooses_another_encoding(coordinator_page, page_loads):
    page = coordinator_page
    choose_file(page, POLISH_LIST)
    page.get_by_role("main").get_by_text("Windows-1250 (Central European), which is a guess").wait_for()

    page.get_by_label("Encoding").select_option("Windows-1252 (Western European)")
    page.get_by_role("button", name="Show the preview again").press("Enter")
    page.get_by_text("Uniwersytet £ódzki").first.wait_for()
    page.get_by_label("Encoding").select_option("Windows-1250 (Central European)")
    page.get_by_role("button", name="Show the preview again").press("Enter")
    page.get_by_text("Uniwersytet Łódzki").first.wait_for()
    page.get_by_role("button", name="Import this").press("Enter")
    page.wait_for_url("**/run/*/change/")
    assert page.get_by_text("1 new, 0 changed, 0 unchanged, 0 errors").is_visible()

    assert University.objects.get().name == "Uniwersytet Łódzki"
    assert len(page_loads) == 4


@pytest.mark.parametrize("width", [390, 1280])
def test_coordinator_says_which_column_is_which(coordinator_page, page_loads, width):
    page = coordinator_page
    page.set_viewport_size({"width": width, "height": 800})
    choose_file(page, UNUSUAL_HEADER)

    assert page.get_by_role("heading", name="Which column is which?").is_visible()
    assert page.get_by_label("Country").input_value() == "Nation"
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_label("University name").select_option("Einrichtung")
    page.get_by_label("Agreement type").select_option("Was")
    page.get_by_role("button", name="Show the preview").press("Enter")
    page.get_by_role("button", name="Import this").press("Enter")
    page.wait_for_url("**/run/*/change/")

    assert str(University.objects.get()) == "Universität Kassel"
    assert len(page_loads) == 3


MCI = "Management Center Innsbruck (MCI)"
OLDER_LIST = (
    b"Country\tUniversity name\tAgreement type\n"
    b"Austria\tMCI, Management Center Innsbruck\tErasmus+\n"  # almost the same: nothing is chosen
    b"Germany\tUniversity of Applied Arts Kassel\tErasmus+\n"  # similar: new is chosen
    b"Germany\tMarburg\tBilateral (in process)\n"  # signed by now
)


@pytest.fixture
def partners(coordinator):
    for code, name in [("AT", MCI), ("DE", "University of Applied Sciences Kassel"), ("DE", "Marburg")]:
        AgreementFactory(university__name=name, university__country=Country.objects.get(code=code))


def agreements():
    return sorted(map(str, Agreement.objects.all()))


def test_coordinator_answers_with_the_keyboard_imports_and_undoes(coordinator_page, partners, page_loads):
    page, before = coordinator_page, agreements()
    choose_file(page, OLDER_LIST)

    page.get_by_role("button", name="Answer 1 question, then import").wait_for()
    press(page, page.get_by_role("button", name="Tick all on this page"), "Enter")
    focus_by_tab(page, page.get_by_role("group", name="MCI, Management").get_by_role("radio", name="New"))
    page.keyboard.press("ArrowDown")  # The candidate is the next of the radio buttons.
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # The file's name is taken.
    button = page.get_by_role("button", name="Import this")
    # The browser stays on the page, as it does until a server answers that takes its time.
    page.evaluate(
        "window.sent = 0; preview.addEventListener('submit', window.stop = (event) => {"
        "window.sent += !event.defaultPrevented; event.preventDefault() })"
    )
    press(page, button, "Enter")
    page.get_by_role("status").get_by_text("Importing. A long list takes a minute.").wait_for()
    assert button.is_disabled()
    page.evaluate("preview.requestSubmit()")
    assert page.evaluate("window.sent") == 1
    page.evaluate("preview.removeEventListener('submit', window.stop)")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    press(page, button, "Enter")
    page.get_by_text("1 new, 2 changed, 0 unchanged, 0 errors").wait_for()

    assert University.objects.get(country__code="AT").other_names == MCI
    assert agreements() == [
        "MCI, Management Center Innsbruck: Bilateral (ended)",
        "MCI, Management Center Innsbruck: Erasmus+ (signed)",
        "Marburg: Bilateral (ended)",
        "Marburg: Bilateral (in process)",
        "University of Applied Arts Kassel: Erasmus+ (signed)",
        "University of Applied Sciences Kassel: Bilateral (signed)",
    ]
    page.get_by_role("link", name="Undo this run").press("Enter")
    page.get_by_role("button", name="Undo this run").press("Enter")
    page.locator(".messagelist").wait_for()
    assert agreements() == before


@pytest.fixture
def page_without_script(chromium, live_server, coordinator):
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    yield sign_in(context.new_page(), coordinator)
    context.close()


def test_preview_is_answered_without_script(page_without_script, partners):
    page = page_without_script
    page.goto(IMPORT)
    choose_file(page, OLDER_LIST)
    page.get_by_label("Marburg").check()
    page.get_by_label("Search the preview").fill("innsbruck")
    page.get_by_label("Search the preview").press("Enter")
    page.get_by_role("button", name="Answer 1 question, then import").click()

    error = page.get_by_role("group", name="MCI, Management").locator(".errorlist").inner_text()
    page.get_by_role("group", name="MCI, Management").get_by_label(MCI).check()
    page.get_by_role("button", name="Answer 1 question, then import").click()
    page.get_by_text("1 new, 2 changed, 0 unchanged, 0 errors").wait_for()

    assert error == "Choose one of these."
    assert University.objects.get(country__code="AT").name == MCI
    assert Run.objects.get().choices["take_back"] == [University.objects.get(name="Marburg").pk]
