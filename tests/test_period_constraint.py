import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models

from partners.models import Agreement
from tests.helpers.factories import AgreementFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("reference_data")]


def overlap():
    """Insert two signed agreements of one university and type without dates."""
    first = AgreementFactory()
    second = AgreementFactory.build(university=first.university, agreement_type=first.agreement_type)
    Agreement.objects.bulk_create([second])


def test_constraint_survives_a_rebuilt_table():
    field = models.BooleanField(default=False)
    field.set_attributes_from_name("rebuilt")
    for change in ("add_field", "remove_field"):
        with connection.schema_editor() as schema_editor:
            getattr(schema_editor, change)(Agreement, field)

    call_command("migrate", verbosity=0)

    with pytest.raises(IntegrityError, match="agreement_periods_apart"):
        overlap()


def test_update_to_an_overlapping_period_is_rejected():
    first = AgreementFactory(valid_until="2026-08-31")
    AgreementFactory(university=first.university, valid_from="2026-09-01")

    with pytest.raises(IntegrityError, match="agreement_periods_apart"):
        Agreement.objects.filter(pk=first.pk).update(valid_until="2026-09-01")


def test_ended_and_in_process_agreements_may_overlap():
    first = AgreementFactory()
    for status in ("ended", "ended", "in_process"):
        AgreementFactory(university=first.university, status=status)

    assert first.university.agreements.count() == 4
