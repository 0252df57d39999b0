"""A Redis cache whose failure does not make the site fail."""

import json
import logging
from contextlib import contextmanager

from django.core.cache.backends import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis.exceptions import RedisError

logger = logging.getLogger("exchange.cache_backends")

BYTES, JSON = b"b", b"j"


class DataSerializer:
    """Store bytes unchanged, integers as digits that Redis can increment, and all else as JSON.

    Django's own serializer stores pickles, which run code when they are loaded: anyone who can write to Redis could
    run code here.
    """

    def dumps(self, value):
        if type(value) is int:
            return value
        return BYTES + value if isinstance(value, bytes) else JSON + json.dumps(value).encode()

    def loads(self, data):
        """Raise ValueError if `dumps` cannot have written the data."""
        if data.startswith(BYTES):
            return data[len(BYTES) :]
        return json.loads(data[len(JSON) :]) if data.startswith(JSON) else int(data)


class FailSafeRedisCache(redis.RedisCache):
    """Behave as an empty cache while Redis cannot be reached, and for values that `dumps` cannot have written."""

    def get(self, key, default=None, version=None):
        with log_failure():
            return super().get(key, default, version)
        return default

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        with log_failure():
            super().set(key, value, timeout, version)


@contextmanager
def log_failure():
    """Log a failure of the cache in place of raising it."""
    try:
        yield
    except (RedisError, ValueError) as error:
        logger.warning("The cache cannot be reached, or returned an unreadable value: %s", error)
