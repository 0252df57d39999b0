"""The shared cache stores data and never executes code from Redis."""

import gzip
import os
import pickle
import subprocess

import pytest
from django.conf import settings as site_settings
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis import Redis

from partners import data_version
from tests.helpers.factories import AgreementFactory
from tests.helpers.html import count_queries, rows
from tests.helpers.processes import function_command, report
from tests.helpers.programs import requires_program
from tests.helpers.serving import run_redis, site_environment

pytestmark = requires_program("redis-server", "REQUIRE_REDIS")


class Attack:
    """Runs a command when it is unpickled."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.fixture(scope="module")
def redis_url():
    with run_redis() as url:
        yield url


@pytest.fixture
def redis_client(redis_url, settings):
    """A client of the Redis server that is the site's cache."""
    options = {"serializer": "exchange.cache_backends.DataSerializer"}
    backend = {"BACKEND": "exchange.cache_backends.FailSafeRedisCache", "LOCATION": redis_url, "OPTIONS": options}
    settings.CACHES = {"default": backend}
    with Redis.from_url(redis_url) as redis_client:
        redis_client.flushall()
        yield redis_client


def report_cached_values(redis_url):
    """Report values of several types from the cache, and what it makes of pickles in their places."""
    cache.set("text", {"a": [1, None, "é"]})
    cache.set("bytes", b"\x80\x04x")
    cache.set("number", 4)
    report(f"{cache.get('text')} {cache.get('bytes')} {cache.incr('number')}")
    with Redis.from_url(redis_url) as redis_client:
        redis_client.mset(dict.fromkeys(redis_client.keys(), pickle.dumps(Attack("echo The pickle was loaded."))))
    report([cache.get(key) for key in ("text", "bytes", "number")])


def test_cache_keeps_bytes_integers_and_json_and_loads_no_pickle(redis_url):
    with Redis.from_url(redis_url) as redis_client:
        redis_client.flushall()
    variables = site_environment(
        CACHE_URL=redis_url, DJANGO_SETTINGS_MODULE="exchange.settings", PYTHONIOENCODING="utf-8"
    )

    command = function_command(report_cached_values, redis_url)
    process = subprocess.run(command, cwd=site_settings.BASE_DIR, env=variables, capture_output=True)

    assert process.stdout.decode().splitlines() == [
        "{'a': [1, None, 'é']} b'\\x80\\x04x' 5",
        "[None, None, None]",
    ]


def test_pickle_in_redis_is_not_loaded(redis_client, tmp_path):
    cache.set("key", "ours")
    [key] = redis_client.keys()
    redis_client.set(key, pickle.dumps(Attack(f"touch {tmp_path}/ran")))

    assert cache.get("key", "nothing") == "nothing"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"j{", b"x", b"\xff" * 5000])
def test_unreadable_value_is_a_cache_miss(redis_client, data):
    cache.set("key", "ours")
    [key] = redis_client.keys()
    redis_client.set(key, data)

    assert cache.get("key", "nothing") == "nothing"


def test_page_is_rendered_once_while_redis_has_it(db, client, redis_client, monkeypatch):
    monkeypatch.setattr(data_version, "current_version", data_version.read_version)
    AgreementFactory(university__name="Marburg")

    page = client.get("/")
    again = client.get("/")
    compressed = client.get("/", headers={"accept-encoding": "gzip"})
    queries = count_queries(client, "/")
    redis_client.flushall()

    assert rows(page) == ["Germany", "Marburg Bilateral"]
    assert (again.content, again["ETag"]) == (page.content, page["ETag"])
    assert gzip.decompress(compressed.content) == page.content
    assert (queries, count_queries_of_first_request(client, "/") > 1) == (1, True)


def count_queries_of_first_request(client, url):
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(captured)
