"""A shared cache that may be gone. Then nothing is kept, all is made anew, and the site goes on."""

import logging

from django.core.cache.backends import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis.exceptions import RedisError

logger = logging.getLogger("exchange.caches")


class RedisCache(redis.RedisCache):
    def get(self, key, default=None, version=None):
        return _or(default, super().get, key, default, version)

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        _or(None, super().set, key, value, timeout, version)

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        return _or(True, super().add, key, value, timeout, version)

    def incr(self, key, delta=1, version=None):
        return _or(delta, super().incr, key, delta, version)


def _or(fallback, ask, *arguments):
    try:
        return ask(*arguments)
    except RedisError as error:
        logger.warning("The cache cannot be reached: %s", error)
        return fallback
