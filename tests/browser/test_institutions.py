"""Identify partners, find them by other names on the public page, undo it, and fill a new university's form."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from partners.models import Country, University
from tests.helpers.factories import AgreementFactory, InstitutionFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]

INSTITUTIONS = {
    "Technical University of Munich": {},
    "Politecnico di Milano": {
        "ror_id": "01nffqt88",
        "names": "Politecnico di Milano\nPolytechnic University of Milan",
        "acronyms": "POLIMI",
        "country_code": "IT",
        "city": "Milan",
        "website": "https://www.polimi.it",
        "domains": "polimi.it",
    },
    "Tsinghua University": {
        "ror_id": "03cve4549",
        "names": "Tsinghua University\n清华大学",
        "acronyms": "THU",
        "country_code": "CN",
        "city": "Beijing",
        "website": "https://www.tsinghua.edu.cn",
        "domains": "tsinghua.edu.cn",
    },
    "Swiss Federal Institute of Technology": {
        "ror_id": "02s376052",
        "names": "École Polytechnique Fédérale de Lausanne\nSwiss Federal Institute of Technology",
        "acronyms": "EPFL",
        "country_code": "CH",
        "city": "Lausanne",
        "website": "https://www.epfl.ch",
        "domains": "epfl.ch",
    },
}
SEARCHES = dict(zip(["TU München", "polimi", "清华大学", "Lausanne"], INSTITUTIONS, strict=True))


@pytest.fixture
def directory():
    for name, values in INSTITUTIONS.items():
        InstitutionFactory(name=name, **values)


@pytest.fixture
def partners(directory):
    for name, values in INSTITUTIONS.items():
        country = Country.objects.get(code=values.get("country_code", "DE"))
        AgreementFactory(university__name=name, university__country=country)


def found(page, query):
    """Return the names of the partners that the public list finds."""
    page.goto(f"/?{urlencode({'q': query})}")
    return page.locator("#partners th[scope=row] a").all_inner_texts()


def test_partners_are_identified_found_by_other_names_and_undone(coordinator_page, partners):
    coordinator_page.goto("/admin/")
    coordinator_page.get_by_role("link", name="4 partners to identify").click()
    coordinator_page.get_by_role("button", name="Link those chosen").click()
    expect(coordinator_page.get_by_text("4 universities are linked.")).to_be_visible()

    run_url = coordinator_page.get_by_role("link", name="See or undo this run").get_attribute("href")

    assert {query: found(coordinator_page, query) for query in SEARCHES} == {
        query: [name] for query, name in SEARCHES.items()
    }
    assert set(University.objects.values_list("city", flat=True)) == {"Munich", "Milan", "Beijing", "Lausanne"}

    coordinator_page.goto(run_url)
    coordinator_page.get_by_role("link", name="Undo").click()
    coordinator_page.get_by_role("button", name="Undo").click()
    expect(coordinator_page.get_by_text("4 put back, 0 left as they are.")).to_be_visible()

    assert found(coordinator_page, "polimi") == []
    assert set(University.objects.values_list("institution", "city", "website")) == {(None, "", "")}


def test_new_university_is_filled_from_the_directory(coordinator_page, directory):
    coordinator_page.goto("/admin/partners/university/add/")
    coordinator_page.get_by_role("combobox", name="Institution in the directory").click()
    coordinator_page.get_by_role("searchbox").last.fill("polimi")
    coordinator_page.get_by_role("option", name="Politecnico di Milano · Milan, IT").click()

    expect(coordinator_page.get_by_label("Name", exact=True)).to_have_value("Politecnico di Milano")
    expect(coordinator_page.get_by_label("City")).to_have_value("Milan")
    coordinator_page.get_by_role("button", name="Save", exact=True).click()

    expect(coordinator_page.get_by_text("was added successfully")).to_be_visible()
    stored = University.objects.values_list("institution", "name", "country__code", "city", "website")
    assert list(stored) == [("01nffqt88", "Politecnico di Milano", "IT", "Milan", "https://www.polimi.it")]
