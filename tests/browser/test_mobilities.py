"""Record what an agreement offers by keyboard alone, and find it on the public page, in the JSON and in a workbook."""

from io import BytesIO

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from partners.models import Mobility
from tests.helpers.factories import AgreementFactory, MobilityFactory
from tests.helpers.keyboard import press

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]


@pytest.fixture
def agreement(db):
    return AgreementFactory(university__name="Marburg")


@pytest.fixture
def form(coordinator_page, agreement):
    coordinator_page.goto(f"/admin/partners/agreement/{agreement.pk}/change/")
    return coordinator_page


def line(page, number):
    return page.locator(f"#mobilities-{number}")


def mirror_button(page, number):
    return line(page, number).get_by_role("button", name="Add the same for the other direction")


def save(page):
    press(page, page.get_by_role("button", name="Save", exact=True), "Enter")
    expect(page.get_by_role("listitem").filter(has_text="was changed successfully")).to_be_visible()


def exported_mobilities(page):
    """Return the rows of the sheet Mobilities of the register that the page of the export makes."""
    page.goto("/admin/partners/university/export/")
    page.get_by_label("What to export").select_option(label="The register")
    page.get_by_label("Format").select_option(label="XLSX (Excel)")
    with page.expect_download() as download:
        press(page, page.get_by_role("button", name="Export"), "Enter")
    sheet = load_workbook(BytesIO(download.value.path().read_bytes()))["Mobilities"]
    header, *lines = sheet.iter_rows(values_only=True)
    return [dict(zip(header, line, strict=True)) for line in lines]


def test_example_is_entered_by_keyboard(form):
    press(form, line(form, 0).get_by_label("Places"), "4")
    press(form, line(form, 0).get_by_label("bachelor"), "Space")
    press(form, line(form, 0).get_by_label("master"), "Space")
    press(form, line(form, 0).get_by_label("Languages"), *"English B2")
    press(form, mirror_button(form, 0), "Enter")
    expect(line(form, 1).get_by_label("Places")).to_be_focused()
    save(form)

    row = form.get_by_role("row", name="Marburg")
    expect(row).to_contain_text("4 out, 4 in")
    offered = Mobility.objects.values_list("direction", "kind", "places", "study_levels", "languages")
    assert list(offered) == [
        (direction, "student_studies", 4, "bachelor,master", "en B2") for direction in ("out", "in")
    ]
    form.goto("/universities/marburg/")
    for text in ("4 places a year", "bachelor, master", "English B2"):
        expect(form.get_by_role("main").get_by_text(text, exact=True).first).to_be_visible()
    [university] = form.request.get("/partners.json").json()["universities"]
    [outgoing] = university["agreements"][0]["mobilities"]
    assert (outgoing["places"], outgoing["levels"]) == (4, ["bachelor", "master"])
    assert outgoing["languages"] == [{"language": "en", "level": "B2"}]
    columns = ("Direction", "Kind", "Places", "Study levels", "Languages")
    assert [tuple(line[column] for column in columns) for line in exported_mobilities(form)] == [
        (direction, "student studies", 4, "bachelor, master", "English B2") for direction in ("out", "in")
    ]


def test_saved_line_is_copied_with_all_its_values(form, agreement):
    values = {
        "kind": "staff_teaching",
        "places": 2,
        "duration": 10,
        "fields_of_study": "all",
        "fields_note": "No clinics",
        "languages": "en C1,fr",
        "first_year": 2027,
        "last_year": 2029,
    }
    MobilityFactory(agreement=agreement, direction="in", **values)
    form.reload()

    press(form, mirror_button(form, 0), "Enter")
    save(form)

    assert list(Mobility.objects.values("direction", *values)) == [
        {"direction": direction} | values for direction in ("in", "out")
    ]


def test_field_of_study_is_found_by_words_and_copied_to_the_mirrored_line(form):
    search = line(form, 0).get_by_role("searchbox", name="Fields of study")
    for words, field in [("mech", "0715 Mechanics and metal trades"), ("0421", "0421 Law")]:
        press(form, search, *words)
        expect(form.get_by_role("option", name=field)).to_be_visible()
        form.keyboard.press("Enter")
        expect(line(form, 0).get_by_role("listitem").filter(has_text=field)).to_be_visible()
    press(form, mirror_button(form, 0), "Enter")
    save(form)

    expected = [("out", "0421 0715"), ("in", "0421 0715")]
    assert list(Mobility.objects.values_list("direction", "fields_of_study")) == expected


def test_fields_of_study_of_a_new_line_are_searched(form):
    form.get_by_role("button", name="Add another mobility", exact=True).press("Enter")
    search = line(form, 1).get_by_role("searchbox", name="Fields of study")
    search.press("Enter")
    expect(form.get_by_role("option", name="all fields", exact=True)).to_be_visible()
    form.keyboard.press("Enter")
    save(form)

    assert list(Mobility.objects.values_list("direction", "fields_of_study")) == [("out", "all")]
