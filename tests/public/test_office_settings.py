import pytest
from django.core.cache import cache

from partners.models import OfficeSettings
from tests.helpers.factories import AgreementFactory
from tests.helpers.html import attributes, element_texts, text, title
from tests.helpers.images import png

MARBURG = "/universities/marburg/"


@pytest.fixture
def marburg(erasmus):
    AgreementFactory(university__name="Marburg", agreement_type=erasmus)


def change_office(**values):
    office = OfficeSettings.objects.get()
    for name, value in values.items():
        setattr(office, name, value)
    office.save()
    return office


def test_pages_have_name_and_address_of_the_office(client, marburg):
    change_office(name="International Office", email="io@example.edu")

    page = client.get("/")

    assert title(page).endswith("– International Office")
    assert element_texts(page, ".site-name") == ["International Office"]
    assert attributes(page, "footer a[href^=mailto]", "href") == ["mailto:io@example.edu"]


def test_empty_settings_are_those_of_the_environment(client, marburg, settings):
    settings.OFFICE_NAME, settings.OFFICE_EMAIL = "Exchange Office of Marburg", "exchange@example.edu"

    page = client.get("/")

    assert element_texts(page, ".site-name") == ["Exchange Office of Marburg"]
    assert attributes(page, "footer a[href^=mailto]", "href") == ["mailto:exchange@example.edu"]


def test_logo_stands_left_of_the_name(client, marburg):
    office = OfficeSettings.objects.get()
    office.set_logo("logo.png", png(120, 60))
    office.save()

    page = client.get("/")

    assert [attributes(page, ".site-logo", name) for name in ("src", "width", "height", "alt")] == [
        [office.logo_url],
        ["80"],
        ["40"],
        [""],
    ]


def test_accent_replaces_that_of_each_color_scheme(client, marburg):
    change_office(accent_color="#7a1f1f")

    [_own, url] = attributes(client.get("/"), "link[rel=stylesheet]", "href")
    stylesheet = client.get(url)

    assert stylesheet["Content-Type"] == "text/css; charset=utf-8"
    assert stylesheet["Cache-Control"] == "public, max-age=31536000, immutable"
    assert stylesheet.text == (":root { --accent: light-dark(#7a1f1f, #8cc4e4); }\n")
    assert client.get("/office/0123456789abcdef.css").status_code == 404


@pytest.mark.parametrize(
    ("url", "shown"),
    [("/", ("Welcome", None, None)), ("/de/", ("Willkommen", None, None)), ("/he/", ("Welcome", "en", "ltr"))],
)
def test_introduction_in_another_language_is_marked(client, marburg, url, shown):
    change_office(introduction={"en": "Welcome", "de": "Willkommen"})

    page = client.get(url)

    [lang], [direction] = (attributes(page, ".lead > div", name) for name in ("lang", "dir"))
    assert (*element_texts(page, ".lead > div"), lang, direction) == shown


def test_university_page_says_how_to_apply(client, marburg):
    change_office(how_to_apply={"en": "Ask your faculty.\n\nThen write <b>us</b>."})

    page = client.get(MARBURG)

    assert element_texts(page, "section[aria-labelledby=apply] p") == ["Ask your faculty.", "Then write <b>us</b>."]


def test_shipped_types_are_explained_in_every_language(client, marburg):
    starts = {"": "The European Union's", "/de": "Das Austauschprogramm", "/fr": "Le programme", "/es": "El programa"}
    pages = {prefix: text(client.get(f"{prefix}{MARBURG}")) for prefix in starts}

    assert [start in pages[prefix] for prefix, start in starts.items()] == [True] * 4


@pytest.mark.django_db(transaction=True)
def test_cached_page_follows_a_change(client, reference_data, marburg):
    cache.clear()
    before = client.get("/")

    change_office(name="International Office")

    after = client.get("/")
    assert before["ETag"] != after["ETag"]
    assert element_texts(after, ".site-name") == ["International Office"]
