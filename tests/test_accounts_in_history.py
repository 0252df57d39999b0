"""Accounts that the register names are not deleted by the ORM either."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.timezone import now

from partners.models import CalendarLink, Country, ImportRun
from partners.models.accounts import named_in_history
from tests.factories import AgreementFactory, DocumentFactory, UniversityFactory

pytestmark = pytest.mark.django_db


def change_something(anna):
    university = UniversityFactory()
    university._history_user, university.city = anna, "Marburg"
    university.save()


def rename_a_country(anna):
    country = Country.objects.get(code="DE")
    country._history_user, country.name = anna, "Germania"
    country.save()


def be_responsible_no_more(anna):
    agreement = AgreementFactory(responsible=anna)
    agreement.responsible = None
    agreement.save()


def add_a_document_deleted_since(anna):
    DocumentFactory(added_by=anna).delete()


def change_an_account(anna):
    LogEntry.objects.log_actions(anna.pk, User.objects.filter(pk=anna.pk), CHANGE, single_object=True)


NAMED_BY = {
    "change": change_something,
    "country": rename_a_country,
    "agreement": lambda anna: AgreementFactory(responsible=anna),
    "former agreement": be_responsible_no_more,
    "document": lambda anna: DocumentFactory(added_by=anna),
    "former document": add_a_document_deleted_since,
    "import": lambda anna: ImportRun.of(b"", "a.tsv", user=anna, accepted_at=now()).save(),
    "undone import": lambda anna: ImportRun.of(b"", "a.tsv", undone_by=anna, accepted_at=now()).save(),
    "calendar": lambda anna: CalendarLink.make(anna, include_all=False),
    "account": change_an_account,
}


@pytest.mark.parametrize("name", NAMED_BY)
@pytest.mark.parametrize("delete", [User.delete, lambda user: User.objects.filter(pk=user.pk).delete()])
def test_account_that_the_register_names_is_not_deleted(name, delete):
    anna = User.objects.create_user("anna")
    NAMED_BY[name](anna)

    with pytest.raises(ProtectedError), transaction.atomic():
        delete(anna)

    assert [user.username for user in named_in_history(User.objects.all())] == ["anna"]


def test_account_that_nothing_names_is_deleted():
    anna = User.objects.create_user("anna")

    anna.delete()

    assert not User.objects.exists()
