"""Health check for monitoring and load balancers, as JSON: status 200 if every part is "ok", else 503."""

import posixpath

from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse
from django.views.decorators.http import require_safe

HEALTH_PATH = "/healthz"
CACHE_KEY = "health"
OK = "ok"
COLLECTSTATIC_HINT = "run manage.py collectstatic with the site's settings, and restart the site"
CACHE_UNAVAILABLE = "cannot be reached, or stores nothing"


def health_check_middleware(get_response):
    """Answer before the host is validated and HTTP redirected: a probe knows the process, not the site's name."""

    def middleware(request):
        return health_view(request) if request.path == HEALTH_PATH else get_response(request)

    return middleware


@require_safe
def health_view(request):
    parts = {
        "database": check_database(),
        "migrations": check_migrations(),
        "cache": check_cache(),
        "static_files": check_static_files(),
    }
    status = 200 if set(parts.values()) == {OK} else 503
    return JsonResponse(parts, status=status, headers={"Cache-Control": "no-store"})


def check_database():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "cannot be reached"
    return OK


def check_migrations():
    try:
        executor = MigrationExecutor(connection)
        unapplied = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "not known without the database"
    return f"{len(unapplied)} to be applied: run manage.py migrate" if unapplied else OK


def check_cache():
    """Return OK if a value can be stored and read back.

    The key is always the same: a new one for each probe would evict other entries.
    """
    try:
        cache.set(CACHE_KEY, OK, timeout=10)
        return cache.get(CACHE_KEY, CACHE_UNAVAILABLE)
    except Exception:  # noqa: BLE001 - each cache backend raises its own exceptions
        return CACHE_UNAVAILABLE


def check_static_files():
    """Return OK if `{% static %}` can resolve every static file, else how many it cannot.

    The manifest of collectstatic is read once per process.
    """
    files = [file for finder in get_finders() for file in finder.list([])]
    # A folder of STATICFILES_DIRS may have a prefix, which the paths in it are without.
    paths = [posixpath.join(getattr(storage, "prefix", None) or "", path) for path, storage in files]
    missing = 0
    for path in paths:
        try:
            staticfiles_storage.url(path)
        except ValueError:
            missing += 1
    return f"{missing} of {len(paths)} not collected: {COLLECTSTATIC_HINT}" if missing else OK
