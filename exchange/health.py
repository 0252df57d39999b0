"""Whether the site can do its work, for whoever watches over it."""

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
COLLECT = "run manage.py collectstatic with the site's settings, and restart the site"
CACHE_UNAVAILABLE = "cannot be reached, or keeps nothing"


def health_check_middleware(get_response):
    """Before anything looks at the host or asks for HTTPS: a probe knows the process, not the site's name."""

    def middleware(request):
        return health_view(request) if request.path == HEALTH_PATH else get_response(request)

    return middleware


@require_safe
def health_view(request):
    told = {
        "database": check_database(),
        "migrations": check_migrations(),
        "cache": check_cache(),
        "static_files": static_files(),
    }
    is_fine = all(words == OK for words in told.values())
    return JsonResponse(told, status=200 if is_fine else 503, headers={"Cache-Control": "no-store"})


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
        left = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "not known without the database"
    return f"{len(left)} to be applied: run manage.py migrate" if left else OK


def check_cache():
    """What the cache is given, it gives back. Each kind of cache fails in errors of its own.

    Under one key, since more would drive out what else is in the cache.
    """
    try:
        cache.set(CACHE_KEY, OK, timeout=10)
        return cache.get(CACHE_KEY, CACHE_UNAVAILABLE)
    except Exception:  # noqa: BLE001
        return CACHE_UNAVAILABLE


def static_files():
    """Return how many static files a page cannot name: those that collectstatic has not listed."""
    paths = [path for finder in get_finders() for path, _storage in finder.list([])]
    missing = [path for path in paths if not has_url(path)]
    return f"{len(missing)} of {len(paths)} not collected: {COLLECT}" if missing else OK


def has_url(path):
    """Return True if a template can name the file. A process reads the list of those that were collected once."""
    try:
        staticfiles_storage.url(path)
    except ValueError:
        return False
    return True
