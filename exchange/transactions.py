from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

BEGIN_READ_ONLY = {"sqlite": "BEGIN DEFERRED", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"}


@contextmanager
def read_only_transaction() -> Iterator[None]:
    """Read from one snapshot of the database, without taking a lock that writers would wait for.

    Django's own transactions take SQLite's write lock when they begin (BEGIN IMMEDIATE). Inside one of them, this does
    nothing.
    """
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(BEGIN_READ_ONLY[connection.vendor])
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
