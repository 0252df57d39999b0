"""The manual within the office: chapters, search, and the chapter of each screen."""

import re

import pytest
from django.contrib.staticfiles import finders

from partners.admin.help import SCREEN_CHAPTERS
from partners.admin.manual import load_chapters
from tests.helpers.admin_urls import admin_routes
from tests.helpers.html import attributes, element_texts, elements, links, text, title
from tests.helpers.paths import ROOT

pytestmark = pytest.mark.django_db
MANUAL = (ROOT / "docs" / "coordinators.md").read_text()


def chapter_urls(client):
    return [url for _text, url in links(client.get("/admin/help/"), ".help-chapters a")]


def test_help_lists_the_chapters_of_the_manual(coordinator_client):
    page = coordinator_client.get("/admin/help/")

    assert element_texts(page, ".help-chapters a") == re.findall("^## (.*)", MANUAL, re.M)


def test_every_picture_and_link_of_the_manual_leads_somewhere(coordinator_client):
    found = set()
    for url in chapter_urls(coordinator_client):
        page = coordinator_client.get(url)
        found |= {*attributes(page, ".help-chapter img", "src"), *attributes(page, ".help-chapter a", "href")}
    pictures = {url.removeprefix("/static/") for url in found if url.startswith("/static/")}
    pages = {url for url in found if url.startswith("/admin/")}

    assert [path for path in pictures if not finders.find(path)] == []
    assert len(pictures) == len(set(re.findall(r"\]\((pictures/.*?)\)", MANUAL)))
    for url in pages:
        path, _mark, anchor = url.partition("#")
        page = coordinator_client.get(path)
        assert (page.status_code, not anchor or len(elements(page, f"#{anchor}"))) == (200, 1)
    assert [url for url in found if not url.startswith(("/static/help/", "/admin/help/", "https://"))] == []


def test_every_chapter_and_screen_of_the_mapping_exists(coordinator_client):
    slugs = {url.split("/")[-2] for url in chapter_urls(coordinator_client)}
    names = {*admin_routes(), *(f"partners_{name}" for name in admin_routes())}

    assert set(SCREEN_CHAPTERS.values()) - slugs == set()
    assert [name for name in SCREEN_CHAPTERS if not any(url_name.startswith(name) for url_name in names)] == []


@pytest.mark.parametrize(
    ("screen", "chapter"),
    [
        ("/admin/", "the-first-page"),
        ("/admin/partners/agreement/", "the-list-of-agreements"),
        ("/admin/partners/agreement/add/", "the-page-of-an-agreement"),
        ("/admin/partners/university/import/", "importing-a-list"),
        ("/admin/calendar/", "your-own-calendar"),
    ],
)
def test_screen_links_to_its_chapter(coordinator_client, screen, chapter):
    page = coordinator_client.get(screen)

    assert ("Help", f"/admin/help/{chapter}/") in links(page, "#header a")


def test_search_finds_sentences_by_the_beginnings_of_their_words(coordinator_client):
    page = coordinator_client.get("/admin/help/", {"q": "withdraw DRAFT"})

    assert links(page, ".help-hits a") == [("Documents", "/admin/help/documents/")]
    assert element_texts(page, ".help-hits p") == ["Withdrawn marks a document that no longer counts, such as a draft."]
    assert element_texts(page, ".help-hits strong") == ["Withdrawn", "draft"]


def test_search_puts_headings_first_and_says_if_nothing_is_found(coordinator_client):
    found = coordinator_client.get("/admin/help/", {"q": "renewing"})
    nothing = coordinator_client.get("/admin/help/", {"q": "<b>xyzzy"})

    assert links(found, ".help-hits a")[0] == ("Renewing", "/admin/help/renewing/")
    assert "No part of the manual has all these words." in text(nothing)
    assert element_texts(nothing, "#content h2")[0] == "0 places about “<b>xyzzy”"


def test_raw_html_in_the_manual_is_escaped(coordinator_client, settings, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "coordinators.md").write_text("# Manual\n\n## Signing\n\n<script>alert(1)</script> <b>x</b>\n")
    settings.BASE_DIR = tmp_path
    load_chapters.cache_clear()
    page = coordinator_client.get("/admin/help/signing/")
    load_chapters.cache_clear()

    assert (title(page), text(elements(page, ".help-chapter")[0])) == (
        "Signing | Exchange Office",
        "<script>alert(1)</script> <b>x</b>",
    )


def test_unknown_chapter_is_not_found(coordinator_client):
    assert coordinator_client.get("/admin/help/no-such/").status_code == 404
