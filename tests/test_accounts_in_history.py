"""Accounts that the register refers to cannot be deleted by the ORM either."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.timezone import now

from partners.models import CalendarLink, Country, Run
from partners.models.accounts import referenced_accounts
from tests.helpers.factories import AgreementFactory, DocumentFactory, MobilityFactory, UniversityFactory

pytestmark = pytest.mark.django_db


def change_university(anna):
    university = UniversityFactory()
    university._history_user, university.city = anna, "Marburg"
    university.save()


def rename_country(anna):
    country = Country.objects.get(code="DE")
    country._history_user, country.name = anna, "Germania"
    country.save()


def create_formerly_responsible(anna):
    agreement = AgreementFactory(responsible=anna)
    agreement.responsible = None
    agreement.save()


def create_deleted_document(anna):
    DocumentFactory(added_by=anna).delete()


def create_deleted_mobility(anna):
    mobility = MobilityFactory()
    mobility._history_user = anna
    mobility.delete()


def log_account_change(anna):
    LogEntry.objects.log_actions(anna.pk, User.objects.filter(pk=anna.pk), CHANGE, single_object=True)


REFERENCES = {
    "change": change_university,
    "country": rename_country,
    "agreement": lambda anna: AgreementFactory(responsible=anna),
    "former agreement": create_formerly_responsible,
    "document": lambda anna: DocumentFactory(added_by=anna),
    "former document": create_deleted_document,
    "former mobility": create_deleted_mobility,
    "import": lambda anna: Run.from_upload(b"", "a.tsv", user=anna, accepted_at=now()).save(),
    "undone import": lambda anna: Run.from_upload(b"", "a.tsv", undone_by=anna, accepted_at=now()).save(),
    "calendar": lambda anna: CalendarLink.issue_token(anna, include_all=False),
    "account": log_account_change,
}


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("delete", [User.delete, lambda user: User.objects.filter(pk=user.pk).delete()])
def test_referenced_account_cannot_be_deleted(name, delete):
    anna = User.objects.create_user("anna")
    REFERENCES[name](anna)

    with pytest.raises(ProtectedError), transaction.atomic():
        delete(anna)

    assert [user.username for user in referenced_accounts(User.objects.all())] == ["anna"]


def test_unreferenced_account_can_be_deleted():
    anna = User.objects.create_user("anna")

    anna.delete()

    assert not User.objects.exists()
