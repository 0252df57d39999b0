"""Load the directory, identify partners, find them by other names in public, undo it, and fill a new university in."""

from io import StringIO
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from partners.models import Country, University
from tests.helpers.factories import AgreementFactory
from tests.helpers.ror import ror_names, ror_organization, write_release

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]

PARTNERS = {
    "Technical University of Munich": ("DE", "Munich"),
    "Politecnico di Milano": ("IT", "Milan"),
    "Tsinghua University": ("CN", "Beijing"),
    "Swiss Federal Institute of Technology": ("CH", "Lausanne"),
}
"""Countries, and cities that the directory has. It has the names as well."""
SEARCHES = dict(zip(["TU München", "polimi", "清华大学", "Lausanne"], PARTNERS, strict=True))


def organization(ror_id, country_code, city, website, acronym, *names):
    details = {"country_code": country_code, "name": city}
    acronyms = [{"value": acronym, "types": ["acronym"], "lang": None}]
    return ror_organization(
        ror_id,
        names=ror_names(*names) + acronyms,
        locations=[{"geonames_id": 1, "geonames_details": details}],
        domains=[],
        links=[{"type": "website", "value": website}],
    )


@pytest.fixture
def directory(tmp_path):
    release = write_release(
        tmp_path / "v2.9-ror-data.zip",
        ror_organization(),
        organization("01nffqt88", "IT", "Milan", "https://www.polimi.it", "POLIMI", "Politecnico di Milano"),
        organization("03cve4549", "CN", "Beijing", "https://tsinghua.edu.cn", "THU", "Tsinghua University", "清华大学"),
        organization(
            *("02s376052", "CH", "Lausanne", "https://www.epfl.ch", "EPFL"),
            *("École Polytechnique Fédérale de Lausanne", "Swiss Federal Institute of Technology"),
        ),
    )
    call_command("load_ror", release, stdout=StringIO())


@pytest.fixture
def partners(directory):
    for name, (code, _city) in PARTNERS.items():
        AgreementFactory(university__name=name, university__country=Country.objects.get(code=code))


def found(page, query):
    """Return the names of the partners that the public list finds."""
    page.goto(f"/?{urlencode({'q': query})}")
    return page.locator("#partners th[scope=row] a").all_inner_texts()


def test_partners_are_identified_found_by_other_names_and_undone(coordinator_page, partners):
    coordinator_page.goto("/admin/")
    coordinator_page.get_by_role("link", name="Partners not identified").click()
    coordinator_page.get_by_role("button", name="Link those chosen").click()
    expect(coordinator_page.get_by_text("4 universities are linked.")).to_be_visible()

    run_url = coordinator_page.get_by_role("link", name="See or undo this run").get_attribute("href")

    assert {query: found(coordinator_page, query) for query in SEARCHES} == {
        query: [name] for query, name in SEARCHES.items()
    }
    assert list(University.objects.order_by("pk").values_list("city", flat=True)) == [
        city for _code, city in PARTNERS.values()
    ]

    coordinator_page.goto(run_url)
    coordinator_page.get_by_role("link", name="Undo").click()
    coordinator_page.get_by_role("button", name="Undo").click()
    expect(coordinator_page.get_by_text("4 put back, 0 left as they are.")).to_be_visible()

    assert found(coordinator_page, "polimi") == []
    assert set(University.objects.values_list("institution", "city", "website")) == {(None, "", "")}


def test_new_university_is_filled_from_the_institution_chosen_last(coordinator_page, directory):
    coordinator_page.goto("/admin/partners/university/add/")
    for query, name in [("清华", "Tsinghua University · Beijing, CN"), ("polimi", "Politecnico di Milano · Milan, IT")]:
        coordinator_page.get_by_role("combobox", name="Institution in the directory").click()
        coordinator_page.get_by_role("searchbox").last.fill(query)
        coordinator_page.get_by_role("option", name=name).click()

    expect(coordinator_page.get_by_role("textbox", name="Name:", exact=True)).to_have_value("Politecnico di Milano")
    expect(coordinator_page.get_by_label("City")).to_have_value("Milan")
    coordinator_page.get_by_role("button", name="Save", exact=True).click()

    expect(coordinator_page.get_by_text("was added.")).to_be_visible()
    stored = University.objects.values_list("institution", "name", "country__code", "city", "website")
    assert list(stored) == [("01nffqt88", "Politecnico di Milano", "IT", "Milan", "https://www.polimi.it")]
