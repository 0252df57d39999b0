"""Settings for the measured register, with the middleware that Django starts a project with and no cache of pages."""

from bench.stock import settings as stock
from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

ROOT_URLCONF = "bench.finder.urls"
INSTALLED_APPS += ["bench.finder"]
MIDDLEWARE, TEMPLATES = stock.MIDDLEWARE, stock.TEMPLATES
