from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User

from partners.interchange import tables
from partners.interchange.resources import COLUMNS, OfficeListResource
from partners.models import AgreementType, Country, ImportRun

OFFICES_LIST = Path(__file__).resolve().parent.parent / "fixtures" / "partners.tsv"


@pytest.fixture
def offices_list():
    """The bytes of the office's own list."""
    return OFFICES_LIST.read_bytes()


@pytest.fixture
def register(db, offices_list):
    """A database with the office's list in it."""
    run = ImportRun.of(offices_list, file_name="partners.tsv")
    OfficeListResource().import_data(tables.read(offices_list, COLUMNS), run=run)


@pytest.fixture
def germany(db):
    return Country.objects.get(code="DE")


@pytest.fixture
def bilateral(db):
    return AgreementType.objects.get(slug="bilateral")


@pytest.fixture
def erasmus(db):
    return AgreementType.objects.get(slug="erasmus")


def staff(name, group=None):
    user = User.objects.create_user(name, is_staff=True)
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def coordinator(db):
    return staff("coordinator", "Exchange coordinators")


@pytest.fixture
def assistant(db):
    return staff("assistant", "Assistants")


@pytest.fixture
def office(client, coordinator):
    """A browser in which the coordinator has signed in."""
    client.force_login(coordinator)
    return client
