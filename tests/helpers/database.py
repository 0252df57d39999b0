"""Contents of the database, and numbers of queries."""

from collections import Counter
from contextlib import contextmanager, suppress

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, settings

from partners.models import Agreement, AgreementType, Country, Mobility, Run, University

few_examples = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""For tests whose examples write to the database and are rolled back. CI tries others on the second database."""


def database_contents():
    """Return the rows of all tables that an import could change."""
    histories = [model.history.model for model in (University, Agreement, Mobility)]
    models = [Country, AgreementType, University, Agreement, Mobility, *histories, Run]
    return [list(model.objects.order_by("pk").values()) for model in models]


@contextmanager
def rolled_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def save_if_valid(instance):
    """Save an instance unless its full_clean() fails."""
    with suppress(ValidationError):
        instance.full_clean()
        instance.save()


def count_queries(function, *args):
    """Return the number of SQL statements by their first word."""
    with CaptureQueriesContext(connection) as captured:
        function(*args)
    return Counter(query["sql"].split()[0] for query in captured)
