import gc

import hypothesis
import pytest
from _pytest import runner
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.utils.timezone import localdate

from exchange.python_stack import in_one_chunk
from partners import reference_data as reference
from partners.groups import Role
from partners.imports.resources import COLUMNS, OfficeListResource
from partners.models import AgreementType, Country, Document, Run
from tests.helpers.factories import create_staff
from tests.helpers.paths import OFFICE_LIST_PATH
from tests.helpers.sites import Databases, Site
from tests.helpers.tables import read_table

DATABASE_FIXTURES = {"db", "transactional_db", "databases"}

# By default, garbage collection examines all modules and tests after every few pages.
gc.set_threshold(100_000, 50, 1000)

# Tests, and the server of browser tests, call as deeply as requests do.
in_one_chunk(runner.runtestprotocol)
in_one_chunk(WSGIHandler.__call__)

# Without deadlines: the time of an example depends on what else the machine is doing.
hypothesis.settings.register_profile("without_deadlines", deadline=None)
hypothesis.settings.load_profile("without_deadlines")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark tests that use the database, so that they can be repeated on PostgreSQL, and skip those that need it."""
    for item in items:
        if item.get_closest_marker("django_db") or DATABASE_FIXTURES & set(item.fixturenames):
            item.add_marker("database")
        if item.get_closest_marker("postgresql") and connection.vendor != "postgresql":
            item.add_marker(pytest.mark.skip(reason="no PostgreSQL: name a server in TEST_DATABASE_URL"))


@pytest.fixture
def office_list():
    """The content of the office's list."""
    return OFFICE_LIST_PATH.read_bytes()


@pytest.fixture(autouse=True)
def documents(tmp_path, monkeypatch):
    """The storage folder of documents, a new one for each test, also used by subprocesses."""
    folder = tmp_path / "documents"
    monkeypatch.setenv("TEST_DOCUMENTS_DIR", str(folder))
    # If a test overrides STORAGES, the model's field keeps its previous storage object.
    for storage in (storages["documents"], Document._meta.get_field("file").storage):
        monkeypatch.setitem(vars(storage), "location", str(folder))
    return folder


@pytest.fixture
def reference_data(transactional_db):
    """The rows that migrations create. A transactional test truncates them when it ends."""
    for add in (
        reference.add_countries,
        reference.add_agreement_types,
        reference.add_office_settings,
        reference.add_terms,
        reference.add_groups,
    ):
        add(apps, None)


@pytest.fixture
def register(db, office_list):
    """A database into which the office's list has been imported."""
    run = Run.from_upload(office_list, file_name="partners.tsv")
    OfficeListResource().import_data(read_table(office_list, COLUMNS), on=localdate(), run=run)


@pytest.fixture
def germany(db):
    return Country.objects.get(code="DE")


@pytest.fixture
def bilateral(db):
    return AgreementType.objects.get(slug="bilateral")


@pytest.fixture
def erasmus(db):
    return AgreementType.objects.get(slug="erasmus")


@pytest.fixture
def coordinator(db):
    return create_staff("coordinator", Role.COORDINATOR)


@pytest.fixture
def assistant(db):
    return create_staff("assistant", Role.ASSISTANT)


@pytest.fixture
def users(assistant, coordinator):
    """A user of each role by the role's name. Nobody has none."""
    return {
        "student": User.objects.create_user("student"),
        "assistant": assistant,
        "coordinator": coordinator,
        "superuser": User.objects.create_superuser("superuser"),
    }


@pytest.fixture
def coordinator_client(client, coordinator):
    """A client logged in as the coordinator."""
    client.force_login(coordinator)
    return client


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    """A migrated SQLite database, to copy from: migrating takes seconds."""
    file = tmp_path_factory.mktemp("migrated") / "db.sqlite3"
    Site(f"sqlite:///{file}", file.parent).run("migrate", "--verbosity", "0")
    return file


@pytest.fixture(scope="session")
def databases(tmp_path_factory):
    databases = Databases(tmp_path_factory.mktemp("databases"))
    yield databases
    databases.drop()


@pytest.fixture(scope="session")
def templates(databases, tmp_path_factory):
    """Return a function from vendor to the name of a database with the office's list, created on first use."""
    names = {}

    def template(vendor):
        if vendor not in names:
            names[vendor], url = databases.create(vendor)
            site = Site(url, tmp_path_factory.mktemp("documents"))
            site.run("migrate", "--verbosity", "0")
            site.run("bootstrap", OFFICE_LIST_PATH, "--url", "http://localhost")
        return names[vendor]

    return template


@pytest.fixture
def new_site(databases, tmp_path):
    """Return a function that creates a site with an empty database or a copy of a template."""

    def create(vendor=connection.vendor, template=None):
        name, url = databases.create(vendor, template)
        return Site(url, tmp_path / name)

    return create


@pytest.fixture
def filled(new_site, templates):
    """Return a function that creates a site with the office's list."""
    return lambda vendor=connection.vendor: new_site(vendor, templates(vendor))
