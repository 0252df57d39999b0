import json
import re

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from tests.test_headers import HEADERS

MANIFEST_STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
NOT_COLLECTED = "not collected: run manage.py collectstatic with the site's settings, and restart the site"
FINE = {"database": "ok", "migrations": "ok", "cache": "ok", "static_files": "ok"}

pytestmark = pytest.mark.django_db


def told(response):
    return response.status_code, json.loads(response.content)


def test_site_that_can_work_says_so(client):
    response = client.get("/healthz")

    assert told(response) == (200, FINE)
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
        FINE | {"database": "cannot be reached", "migrations": "not known without the database"},
    )


def test_migration_that_is_missing_is_said(client):
    MigrationRecorder.Migration.objects.filter(app="partners").latest("id").delete()

    assert told(client.get("/healthz")) == (
        503,
        FINE | {"migrations": "1 to be applied: run manage.py migrate"},
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
        "exchange.cache_backends.FailSafeRedisCache",
        "django.core.cache.backends.redis.RedisCache",
        "django.core.cache.backends.dummy.DummyCache",
    ],
)
def test_cache_that_keeps_nothing_is_said(client, settings, backend):
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:9"}}

    words = "cannot be reached, or keeps nothing"
    assert told(client.get("/healthz")) == (503, FINE | {"cache": words})


def collect(settings, folder, backend):
    """Collect the static files for one storage, and go on with the one of production."""
    settings.STATIC_ROOT = folder
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": backend}}
    call_command("collectstatic", interactive=False, verbosity=0)
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": MANIFEST_STORAGE}}


def test_static_files_collected_without_their_manifest_are_said(client, settings, tmp_path):
    collect(settings, tmp_path, "django.contrib.staticfiles.storage.StaticFilesStorage")

    status, parts = told(client.get("/healthz"))

    assert status == 503
    assert re.fullmatch(rf"(\d+) of \1 {NOT_COLLECTED}", parts["static_files"])


def test_static_file_that_came_after_the_last_collecting_is_said(client, settings, tmp_path):
    collect(settings, tmp_path, MANIFEST_STORAGE)
    collected = told(client.get("/healthz"))
    manifest = json.loads((tmp_path / "staticfiles.json").read_text())
    del manifest["paths"]["partners/public.css"]
    (tmp_path / "staticfiles.json").write_text(json.dumps(manifest))
    settings.STORAGES = settings.STORAGES | {}

    status, parts = told(client.get("/healthz"))

    assert collected == (200, FINE)
    assert status == 503
    assert re.fullmatch(rf"1 of \d+ {NOT_COLLECTED}", parts["static_files"])
