"""docs/security.md covers every requirement of ASVS. Its claims about the source, dependencies and sessions hold."""

import re
from importlib.metadata import distribution

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from tests.helpers.html import close_response

PAGE = (settings.BASE_DIR / "docs" / "security.md").read_text()
REQUIREMENT_COUNTS = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4
5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2
8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4
11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7
16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2
"""
"""The number of requirements of levels 1 and 2 in each section of ASVS 5.0.0. Requirements are numbered from 1."""
NAMED_FILES = sorted(set(re.findall(r"`((?:deploy|exchange|partners|tests)/[\w/.-]+\.\w+)`", PAGE)))
SCRIPTS = sorted((settings.BASE_DIR / "partners" / "static" / "partners").glob("*.js"))
MODULES = [path for folder in ("exchange", "partners") for path in sorted((settings.BASE_DIR / folder).rglob("*.py"))]


def requirement_ids():
    for section in REQUIREMENT_COUNTS.split():
        chapter, count = section.split(":")
        yield from (f"{chapter}.{index}" for index in range(1, int(count) + 1))


def test_every_requirement_is_mentioned_once():
    mentioned = re.findall(r"\b\d+\.\d+\.\d+\b", PAGE.replace("ASVS 5.0.0", ""))

    assert sorted(mentioned) == sorted(requirement_ids())
    assert len(mentioned) == 253


@pytest.mark.parametrize("path", NAMED_FILES)
def test_named_file_exists(path):
    assert (settings.BASE_DIR / path).is_file()


def test_site_starts_one_process_and_evaluates_no_code():
    forbidden = re.compile(
        r"\bshell=True|\bimport (?:pickle|marshal|shelve)\b|\bos\.(?:system|popen)\b|(?<![.\w])(?:eval|exec)\("
    )

    assert [path.name for path in MODULES if forbidden.search(path.read_text())] == []
    assert [path.name for path in MODULES if "import subprocess" in path.read_text()] == ["spreadsheets.py"]
    assert [path.name for path in SCRIPTS if re.search(r"\beval\(|new Function\(", path.read_text())] == []


def test_no_weak_hash_is_used():
    assert [path.name for path in MODULES if re.search(r"\b(?:md5|sha1)\b", path.read_text(), re.IGNORECASE)] == []


def test_scripts_use_no_raw_html_or_messages_and_store_only_what_one_has_chosen():
    forbidden = re.compile(r"\b(?:indexedDB|innerHTML|outerHTML|document\.write)\b|\"message\"")

    assert len(SCRIPTS) == 13
    assert [path.name for path in SCRIPTS if forbidden.search(path.read_text())] == []
    assert [path.name for path in SCRIPTS if "sessionStorage" in path.read_text()] == ["list.js", "previous_next.js"]
    assert [path.name for path in SCRIPTS if "localStorage" in path.read_text()] == ["shortlist.js", "worklist.js"]


def pinned_versions(name):
    lines = (settings.BASE_DIR / name).read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith(("#", "--")))


def test_every_dependency_has_an_exact_version():
    direct, transitive = pinned_versions("requirements.txt"), pinned_versions("constraints.txt")
    pinned = {re.sub(r"[-_.]+", "-", name.split("[")[0].lower()) for name in [*direct, *transitive]}
    required = {
        re.match(r"[\w.-]+", requirement)[0]
        for name in [*direct, *transitive]
        for requirement in distribution(name.split("[")[0]).requires or []
        if ";" not in requirement
    }

    assert {re.sub(r"[-_.]+", "-", name.lower()) for name in required} - pinned == set()
    assert all(re.fullmatch(r"[\w.]+", version) for version in [*direct.values(), *transitive.values()])


def test_session_keys_are_random(db):
    keys = {SessionStore()._get_new_session_key() for _ in range(100)}

    assert len(keys) == 100
    assert all(re.fullmatch(r"[0-9a-z]{32}", key) for key in keys)


@pytest.mark.parametrize(
    "url", ["/.env", "/.git/config", "/manage.py", "/static/", "/static/../manage.py", "/documents/"]
)
def test_source_files_are_not_served(client, db, url):
    response = client.get(url)

    assert (response.status_code, b"SECRET_KEY" in response.content) == (404, False)


@pytest.mark.parametrize(
    "url", ["/", "/feed/", "/partners.csv", "/robots.txt", "/sitemap.xml", "/static/partners/list.js", "/x"]
)
def test_text_responses_declare_their_charset(client, db, url):
    response = client.get(url)

    assert "charset=utf-8" in response["Content-Type"].replace('"', "")
    close_response(response)
