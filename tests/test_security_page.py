"""What docs/security.md says: of every requirement something, with tests that exist; and what no other test holds."""

import ast
import re
from importlib.metadata import distribution

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from tests.html import close

PAGE = (settings.BASE_DIR / "docs" / "security.md").read_text()
TESTS = settings.BASE_DIR / "tests"
SECTIONS = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4
5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2
8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4
11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7
16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2
"""
"""How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has, which are numbered from 1."""
NAMED = re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)
SCRIPTS = sorted((settings.BASE_DIR / "partners" / "static" / "partners").glob("*.js"))
MODULES = [path for folder in ("exchange", "partners") for path in sorted((settings.BASE_DIR / folder).rglob("*.py"))]


def requirements():
    for section in SECTIONS.split():
        chapter, number = section.split(":")
        yield from (f"{chapter}.{each}" for each in range(1, int(number) + 1))


def test_every_requirement_is_spoken_of_once():
    spoken_of = re.findall(r"\b\d+\.\d+\.\d+\b", PAGE.replace("ASVS 5.0.0", ""))

    assert sorted(spoken_of) == sorted(requirements())
    assert len(spoken_of) == 253


@pytest.mark.parametrize("name", sorted({name for name, _test in NAMED}))
def test_tests_that_are_named_exist(name):
    tree = ast.parse((TESTS / name).read_text())

    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert {test for file, test in NAMED if file == name} - there == set()


def test_site_starts_no_program_and_evaluates_nothing():
    used = re.compile(
        r"\bimport (?:subprocess|pickle|marshal|shelve)\b|\bos\.(?:system|popen)\b|(?<![.\w])(?:eval|exec)\("
    )

    assert [path.name for path in MODULES if used.search(path.read_text())] == []
    assert [path.name for path in SCRIPTS if re.search(r"\beval\(|new Function\(", path.read_text())] == []


def test_no_broken_hash_is_used():
    assert [path.name for path in MODULES if re.search(r"\b(?:md5|sha1)\b", path.read_text(), re.IGNORECASE)] == []


def test_scripts_store_nothing_and_hear_nobody():
    used = re.compile(r"\b(?:localStorage|sessionStorage|indexedDB|innerHTML|outerHTML|document\.write)\b|\"message\"")

    assert len(SCRIPTS) == 4
    assert [path.name for path in SCRIPTS if used.search(path.read_text())] == []


def versions(name):
    lines = (settings.BASE_DIR / name).read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith(("#", "--")))


def test_every_library_has_an_exact_version():
    chosen, brought_along = versions("requirements.txt"), versions("constraints.txt")
    pinned = {re.sub(r"[-_.]+", "-", name.split("[")[0].lower()) for name in [*chosen, *brought_along]}
    needed = {
        re.match(r"[\w.-]+", each)[0]
        for name in [*chosen, *brought_along]
        for each in distribution(name.split("[")[0]).requires or []
        if ";" not in each
    }

    assert {re.sub(r"[-_.]+", "-", name.lower()) for name in needed} - pinned == set()
    assert all(re.fullmatch(r"[\w.]+", version) for version in [*chosen.values(), *brought_along.values()])


def test_key_of_a_session_cannot_be_guessed(db):
    keys = {SessionStore()._get_new_session_key() for _number in range(100)}

    assert len(keys) == 100
    assert all(re.fullmatch(r"[0-9a-z]{32}", key) for key in keys)


@pytest.mark.parametrize(
    "address", ["/.env", "/.git/config", "/manage.py", "/static/", "/static/../manage.py", "/documents/"]
)
def test_files_of_the_installation_are_not_served(client, db, address):
    answer = client.get(address)

    assert (answer.status_code, b"SECRET_KEY" in answer.content) == (404, False)


@pytest.mark.parametrize(
    "address", ["/", "/feed/", "/partners.csv", "/robots.txt", "/sitemap.xml", "/static/partners/list.js", "/x"]
)
def test_text_is_told_with_its_charset(client, db, address):
    answer = client.get(address)

    assert "charset=utf-8" in answer["Content-Type"].replace('"', "")
    close(answer)
