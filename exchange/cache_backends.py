"""A shared cache that may be gone. Then nothing is kept, all is made anew, and the site goes on."""

import json
import logging

from django.core.cache.backends import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis.exceptions import RedisError

logger = logging.getLogger("exchange.cache_backends")

BYTES, JSON = b"b", b"j"


class DataSerializer:
    """Store bytes as they are, integers as digits that Redis can count with, and all else as JSON.

    Django's own serializer stores pickles, which run code when they are read: whoever could write to Redis could
    run code here.
    """

    def dumps(self, value):
        if type(value) is int:
            return value
        return BYTES + value if isinstance(value, bytes) else JSON + json.dumps(value).encode()

    def loads(self, data):
        """Raise ValueError for data that is not of this format."""
        if data.startswith(BYTES):
            return data[len(BYTES) :]
        return json.loads(data[len(JSON) :]) if data.startswith(JSON) else int(data)


class FailSafeRedisCache(redis.RedisCache):
    """Django's, which forgets where it would fail: Redis is gone, or has something that is not from here."""

    def get(self, key, default=None, version=None):
        return _call_with_fallback(default, super().get, key, default, version)

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        _call_with_fallback(None, super().set, key, value, timeout, version)


def _call_with_fallback(fallback, ask, *arguments):
    try:
        return ask(*arguments)
    except (RedisError, ValueError) as error:
        logger.warning("The cache cannot be reached, or has what is not from here: %s", error)
        return fallback
