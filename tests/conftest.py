from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.files.storage import storages

from partners import reference_data as reference
from partners import tables
from partners.imports.resources import COLUMNS, OfficeListResource
from partners.models import AgreementType, Country, Document, ImportRun

DATABASE_FIXTURES = {"db", "transactional_db", "databases"}
OFFICES_LIST = Path(__file__).resolve().parent.parent / "fixtures" / "partners.tsv"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks what asks the database, which is what there is to try again on another one."""
    for item in items:
        if item.get_closest_marker("django_db") or DATABASE_FIXTURES & set(item.fixturenames):
            item.add_marker("database")


@pytest.fixture
def offices_list():
    """The bytes of the office's own list."""
    return OFFICES_LIST.read_bytes()


@pytest.fixture(autouse=True)
def documents(tmp_path, monkeypatch):
    """The folder of the documents, another one for each test, and for the commands that it starts."""
    folder = tmp_path / "documents"
    monkeypatch.setenv("TEST_DOCUMENTS_DIR", str(folder))
    # A test that sets STORAGES leaves the model with the storage of before.
    for storage in (storages["documents"], Document._meta.get_field("file").storage):
        monkeypatch.setitem(vars(storage), "location", str(folder))
    return folder


@pytest.fixture
def reference_data(transactional_db):
    """What a fresh database starts with. A test that is not rolled back takes it away when it ends."""
    for add in (reference.add_countries, reference.add_agreement_types, reference.add_groups):
        add(apps, None)
    reference.grant_document_permissions(apps, None)


@pytest.fixture
def register(db, offices_list):
    """A database with the office's list in it."""
    run = ImportRun.of(offices_list, file_name="partners.tsv")
    OfficeListResource().import_data(tables.read_table(offices_list, COLUMNS), run=run)


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
