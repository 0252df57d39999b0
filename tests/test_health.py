import json
import re

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from tests.helpers.headers import HEADERS
from tests.helpers.static_files import MANIFEST_STORAGE, NOT_COLLECTED

HEALTHY = {"database": "ok", "migrations": "ok", "cache": "ok", "static_files": "ok"}

pytestmark = pytest.mark.django_db


def status_and_parts(response):
    return response.status_code, json.loads(response.content)


def test_healthy_site_is_answered_with_200(client):
    response = client.get("/healthz")

    assert status_and_parts(response) == (200, HEALTHY)
    assert response["Cache-Control"] == "no-store"
    assert set(response["Content-Security-Policy"].split("; ")) == HEADERS["Content-Security-Policy"]


def test_probe_needs_neither_allowed_host_nor_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200


def test_unreachable_database_is_reported_without_its_url(client):
    def fail(*args):
        raise OperationalError("postgres://user:secret@host refused")

    with connection.execute_wrapper(fail):
        response = client.get("/healthz")

    assert status_and_parts(response) == (
        503,
        HEALTHY | {"database": "cannot be reached", "migrations": "not known without the database"},
    )


def test_unapplied_migration_is_reported(client):
    MigrationRecorder.Migration.objects.filter(app="partners").latest("id").delete()

    assert status_and_parts(client.get("/healthz")) == (
        503,
        HEALTHY | {"migrations": "1 to be applied: run manage.py migrate"},
    )


def test_probes_do_not_evict_cache_entries(client, settings):
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "probes"}
    settings.CACHES = {"default": memory | {"OPTIONS": {"MAX_ENTRIES": 5}}}
    cache.set("page", "there")

    for _ in range(20):
        client.get("/healthz")

    assert cache.get("page") == "there"


@pytest.mark.parametrize(
    "backend",
    [
        "exchange.cache_backends.FailSafeRedisCache",
        "django.core.cache.backends.redis.RedisCache",
        "django.core.cache.backends.dummy.DummyCache",
    ],
)
def test_cache_that_stores_nothing_is_reported(client, settings, backend):
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:9"}}

    status = "cannot be reached, or stores nothing"
    assert status_and_parts(client.get("/healthz")) == (503, HEALTHY | {"cache": status})


def collect(settings, folder, backend):
    """Run collectstatic with a storage backend, then switch to production's."""
    settings.STATIC_ROOT = folder
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": backend}}
    call_command("collectstatic", interactive=False, verbosity=0)
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": MANIFEST_STORAGE}}


def test_static_files_without_manifest_are_reported(client, settings, tmp_path):
    collect(settings, tmp_path, "django.contrib.staticfiles.storage.StaticFilesStorage")

    status, parts = status_and_parts(client.get("/healthz"))

    assert status == 503
    assert re.fullmatch(rf"(\d+) of \1 {NOT_COLLECTED}", parts["static_files"])


def test_uncollected_static_file_is_reported(client, settings, tmp_path):
    collect(settings, tmp_path, MANIFEST_STORAGE)
    before = status_and_parts(client.get("/healthz"))
    manifest = json.loads((tmp_path / "staticfiles.json").read_text())
    del manifest["paths"]["partners/public.css"]
    (tmp_path / "staticfiles.json").write_text(json.dumps(manifest))
    settings.STORAGES = settings.STORAGES | {}

    status, parts = status_and_parts(client.get("/healthz"))

    assert before == (200, HEALTHY)
    assert status == 503
    assert re.fullmatch(rf"1 of \d+ {NOT_COLLECTED}", parts["static_files"])
