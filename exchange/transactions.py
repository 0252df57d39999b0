"""Transactions besides those of Django."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

BEGIN_READING = {"sqlite": "BEGIN DEFERRED", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"}


@contextmanager
def read_only_transaction() -> Iterator[None]:
    """See the database as it is at one moment, without a lock that others would wait for.

    Django's own transactions take the write lock of SQLite when they begin. Within one of them this is a part of it.
    """
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(BEGIN_READING[connection.vendor])
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
