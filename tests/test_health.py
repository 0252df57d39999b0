import json

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from tests.test_headers import HEADERS

pytestmark = pytest.mark.django_db


def told(response):
    return response.status_code, json.loads(response.content)


def test_site_that_can_work_says_so(client):
    response = client.get("/healthz")

    assert told(response) == (200, {"database": "ok", "migrations": "ok", "cache": "ok"})
    assert response["Cache-Control"] == "no-store"
    assert set(response["Content-Security-Policy"].split("; ")) == HEADERS["Content-Security-Policy"]


def test_probe_needs_neither_the_site_s_name_nor_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200


def test_database_that_is_gone_is_said(client):
    def fail(*args):
        raise OperationalError("postgres://user:secret@host refused")

    with connection.execute_wrapper(fail):
        response = client.get("/healthz")

    assert told(response) == (
        503,
        {"database": "cannot be reached", "migrations": "not known without the database", "cache": "ok"},
    )


def test_migration_that_is_missing_is_said(client):
    MigrationRecorder.Migration.objects.filter(app="partners").latest("id").delete()

    assert told(client.get("/healthz")) == (
        503,
        {"database": "ok", "migrations": "1 to be applied: run manage.py migrate", "cache": "ok"},
    )


def test_probes_drive_nothing_else_out_of_the_cache(client, settings):
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "probes"}
    settings.CACHES = {"default": memory | {"OPTIONS": {"MAX_ENTRIES": 5}}}
    cache.set("page", "there")

    for _ in range(20):
        client.get("/healthz")

    assert cache.get("page") == "there"


@pytest.mark.parametrize(
    "backend",
    [
        "exchange.caches.RedisCache",
        "django.core.cache.backends.redis.RedisCache",
        "django.core.cache.backends.dummy.DummyCache",
    ],
)
def test_cache_that_keeps_nothing_is_said(client, settings, backend):
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:9"}}

    words = "cannot be reached, or keeps nothing"
    assert told(client.get("/healthz")) == (503, {"database": "ok", "migrations": "ok", "cache": words})
