"""Accessibility of the public pages in every state and language; none scrolls horizontally."""

from datetime import date

import pytest
from django.conf import settings
from django.utils.timezone import localdate

from partners.models import University
from partners.public.terms import list_terms
from tests.helpers.axe import COLOUR_RULES, DARK, LIGHT, NARROW, WCAG_RULES, WIDE, emulate, violations
from tests.helpers.factories import AgreementFactory, MobilityFactory, UniversityFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]

PICKS = "pick=czech-technical-university&pick=politecnico-di-milano&pick=marburg-new"
MILAN = "/universities/politecnico-di-milano/"
STATES = [
    "/?country=IT",
    "/?country=IT&country=TW&type=erasmus&view=map",
    "/?q=nowhere&country=IT",
    "/?q=nowhere",
    f"/?q=po&sort=name&{PICKS}",
    f"/?{PICKS}&pick=unknown",
    "/?pick=unknown",
    "/?q=marburg",
    "/?q=marburg&status=upcoming",
    "/?country=DE&country=IT&term={term}",
    f"/?term={{term}}&{PICKS}&compare=1",
    "/?country=IT&embed=1&theme=dark",
    "/?country=IT&embed=1&filters=no",
    "/?q=nowhere&embed=1",
    "/universities/czech-technical-university/",
    "/universities/marburg-new/",
    f"{MILAN}?{PICKS}",
    f"{MILAN}report/",
    f"{MILAN}report/sent/",
    "/universities/unknown/",
]
FULL_STATES = [f"/?q=po&sort=name&{PICKS}", "/?q=nowhere&country=IT", "/universities/marburg-new/", f"{MILAN}report/"]
"""States that together have nearly every text."""
DISPLAYS = {(WIDE, LIGHT): WCAG_RULES, (NARROW, DARK): WCAG_RULES}
ALL_DISPLAYS = DISPLAYS | {(WIDE, DARK): COLOUR_RULES, (NARROW, LIGHT): COLOUR_RULES}
TRANSLATIONS = [code for code, _name in settings.LANGUAGES if code not in ("en", "he")]


@pytest.fixture
def visitor(chromium, live_server, register, settings):
    """A page without content security policy, as axe needs, on a site with every kind of content."""
    settings.OFFICE_EMAIL = "exchange@example.edu"
    AgreementFactory(university__name="Marburg", valid_until=date(2025, 6, 30))
    marburg = UniversityFactory(name="Marburg (new)", courses_url="https://example.edu/courses")
    in_force = AgreementFactory(university=marburg, valid_until=date(2999, 6, 30))
    MobilityFactory(agreement=in_force, places=2, study_levels="bachelor", fields_of_study="0421", languages="de B2")
    MobilityFactory(agreement=in_force, kind="student_traineeship", is_blended=True, duration=3, first_year=2026)
    renewal = AgreementFactory(university=marburg, valid_from=date(2999, 7, 1), public_note="No fees.\nB2.")
    MobilityFactory(agreement=renewal, places=3, fields_of_study="all", fields_note="All but law")
    AgreementFactory(university=marburg, scope="Faculty of Law", valid_from=date(2999, 7, 1))
    AgreementFactory(university__name="Jena", valid_until=list_terms(localdate())[-1].period.start)
    context = chromium.new_context(base_url=live_server.url, bypass_csp=True)
    yield context.new_page()
    context.close()


def problems(page, displays):
    """Return violations and horizontal scrolling of an open page by display, without displays that have none."""
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
    found = {}
    for (width, scheme), rules in displays.items():
        emulate(page, width, scheme)
        found[width, scheme] = violations(page, rules)
    for width in (320, 768):
        page.set_viewport_size({"width": width, "height": 800})
        found[width] = [wide] if (wide := page.evaluate("document.documentElement.scrollWidth")) > width else []
    return {display: details for display, details in found.items() if details}


def problems_in_states(page, prefix, displays):
    """Return the problems of each state that has some, on the displays of each state."""
    found = {}
    for state in STATES:
        page.goto(prefix + state.format(term=list_terms(localdate())[-1].value))
        found[state] = problems(page, displays(state))
    University.objects.update(is_listed=False)
    page.goto(f"{prefix}/")
    found["nothing on the list"] = problems(page, displays("nothing on the list"))
    return {state: details for state, details in found.items() if details}


@pytest.mark.parametrize(("prefix", "displays"), [("", ALL_DISPLAYS), ("/he", DISPLAYS)])
def test_page_is_accessible_in_every_state(visitor, prefix, displays):
    assert problems_in_states(visitor, prefix, lambda _state: displays) == {}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_translation_is_accessible_and_fits_in_every_state(visitor, language):
    """Only the texts' lengths differ from English, so that axe checks the states with most of them."""
    assert problems_in_states(visitor, f"/{language}", lambda state: DISPLAYS if state in FULL_STATES else {}) == {}


def test_unfiltered_list_is_accessible(visitor):
    visitor.goto("/")

    assert problems(visitor, DISPLAYS) == {}


def test_invalid_report_is_accessible(visitor):
    visitor.goto(f"{MILAN}report/")
    visitor.evaluate("document.querySelector('form').noValidate = true")

    visitor.get_by_label("Your email address").fill("x")
    visitor.get_by_role("button", name="Send to the exchange office").click()

    visitor.get_by_text("Enter a valid email address.").wait_for()
    assert problems(visitor, DISPLAYS) == {}
