"""The cache that processes share: it holds data, and nothing that would run here."""

import gzip
import json
import os
import pickle
import subprocess
import sys

import pytest
from django.conf import settings as site
from django.core.cache import cache
from redis import Redis

from partners import data_version
from tests.factories import AgreementFactory
from tests.html import text
from tests.programs import needed
from tests.serving import redis, surroundings

pytestmark = needed("redis-server", "REQUIRE_REDIS")

ASK = """
import sys
import django
django.setup()
from django.core.cache import cache
from redis import Redis
cache.set("text", {"a": [1, None, "é"]})
cache.set("bytes", b"\\x80\\x04x")
cache.set("number", 4)
print(cache.get("text"), cache.get("bytes"), cache.incr("number"))
there = Redis.from_url(sys.argv[1])
print(sorted(there.get(key) for key in there.keys()))
"""


class Attack:
    """What runs a command where it is read as a pickle."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.fixture(scope="module")
def server():
    with redis() as address:
        yield address


@pytest.fixture
def there(server, settings):
    """What is in Redis itself, which is the site's cache."""
    options = {"serializer": "exchange.cache_backends.DataSerializer"}
    backend = {"BACKEND": "exchange.cache_backends.FailSafeRedisCache", "LOCATION": server, "OPTIONS": options}
    settings.CACHES = {"default": backend}
    with Redis.from_url(server) as there:
        there.flushall()
        yield there


def test_site_keeps_bytes_numbers_and_json_alone(server):
    with Redis.from_url(server) as there:
        there.flushall()
    variables = surroundings(CACHE_URL=server, DJANGO_SETTINGS_MODULE="exchange.settings", PYTHONIOENCODING="utf-8")

    done = subprocess.run([sys.executable, "-c", ASK, server], cwd=site.BASE_DIR, env=variables, capture_output=True)

    assert done.stdout.decode().splitlines() == [
        "{'a': [1, None, 'é']} b'\\x80\\x04x' 5",
        str([b"5", b"b\x80\x04x", b'j{"a": [1, null, "\\u00e9"]}']),
    ]


def test_pickle_that_somebody_puts_there_runs_nothing(there, tmp_path):
    cache.set("key", "ours")
    [key] = there.keys()
    there.set(key, pickle.dumps(Attack(f"touch {tmp_path}/ran")))

    assert cache.get("key", "nothing") == "nothing"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rubbish", [b"", b"j{", b"x", b"\xff" * 5000])
def test_rubbish_is_nothing(there, rubbish):
    cache.set("key", "ours")
    [key] = there.keys()
    there.set(key, rubbish)

    assert cache.get("key", "nothing") == "nothing"


def test_page_is_kept_as_a_line_of_json_and_bytes(db, client, there, monkeypatch):
    monkeypatch.setattr(data_version, "current_version", data_version.read_version)
    AgreementFactory(university__name="Marburg")
    page = client.get("/")

    [stored] = map(there.get, there.keys())
    headers, _, content = stored.removeprefix(b"b").partition(b"\n")

    assert json.loads(headers)["Content-Type"] == "text/html; charset=utf-8"
    assert gzip.decompress(content) == page.content == client.get("/").content
    assert "Marburg" in text(page)
