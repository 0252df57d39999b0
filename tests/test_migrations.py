"""Upgrades: a register made at each migration is migrated to the newest and back without loss."""

from datetime import date, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from partners import migrations
from partners.models import AgreementType, Country

pytestmark = pytest.mark.slow

LEAF = MigrationLoader(None).graph.leaf_nodes("partners")[0]
MIGRATIONS = [name for app, name in MigrationLoader(None).graph.forwards_plan(LEAF) if app == "partners"]
DAY = date(2026, 5, 1)
MOMENT = datetime(2026, 5, 1, 12, tzinfo=ZoneInfo("UTC"))
# A value that all fields of a class accept, the subclasses first.
VALUES = [
    (models.BooleanField, True),
    (models.DateTimeField, MOMENT),
    (models.DateField, DAY),
    (models.IntegerField, 3),
    (models.URLField, "https://example.edu"),
    (models.EmailField, "ann@example.edu"),
    (models.UUIDField, UUID(int=1)),
    (models.BinaryField, b"file"),
    (models.FileField, "file"),
    (models.JSONField, {"encoding": "cp1252"}),
    (models.CharField, "bachelor"),
    (models.TextField, "bachelor"),
]


@pytest.fixture
def migrate_to(transactional_db):
    """Return a function that migrates the database and returns the historical app registry."""

    def migrate(name):
        return MigrationExecutor(connection).migrate([("partners", name)]).apps

    yield migrate
    call_command("migrate", verbosity=0)


def fill(apps):
    """Create a row of every kind with a value in every field that the historical models have."""
    country = create(apps, "Country", code="XA", name="Atlantis")
    agreement_type = create(apps, "AgreementType", name="Twinning", slug="twinning")
    run = create(apps, "Run")
    university = create(apps, "University", country=country, name="Marburg", slug="marburg")
    ended = {"status": "ended", "is_open_ended": False}
    agreement = create(apps, "Agreement", university=university, agreement_type=agreement_type, **ended)
    document = create(apps, "Document", agreement=agreement, file_type="pdf")
    create(apps, "Reminder", agreement=agreement, kind="30")
    for row in (country, agreement_type, document):
        create_history(apps, row)
    for row in (university, agreement):
        create_history(apps, row, run=run, history_change_reason=f"run {run.pk}")


def create(apps, model_name, **values):
    model = apps.get_model("partners", model_name)
    defaults = {field.name: value_for(field) for field in model._meta.concrete_fields if needs_value(field)}
    return model.objects.create(**defaults | values)


def create_history(apps, row, **values):
    model = apps.get_model("partners", f"Historical{row._meta.object_name}")
    fields = {field.attname for field in model._meta.concrete_fields}
    copied = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    copied = {name: value for name, value in copied.items() if name in fields}
    model.objects.create(**copied | values, history_date=MOMENT, history_type="+")


def needs_value(field):
    return not (field.primary_key or field.is_relation or (field.unique and not field.has_default()))


def value_for(field):
    return next(value for field_class, value in VALUES if isinstance(field, field_class))


def dump(apps):
    own_models = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label == "partners"]
    return {
        model._meta.label: [plain(row) for row in model._base_manager.order_by("pk").values()] for model in own_models
    }


def plain(row):
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}


def test_every_migration_file_is_tested():
    files = Path(migrations.__file__).parent.glob("[0-9]*.py")

    assert sorted(MIGRATIONS) == sorted(file.stem for file in files)


@pytest.mark.parametrize("name", MIGRATIONS)
def test_register_made_at_a_migration_survives_to_the_newest_and_back(migrate_to, name):
    historical_apps = migrate_to(name)
    fill(historical_apps)
    before = dump(historical_apps)

    newest_apps = migrate_to(LEAF[1])
    newest = {label: len(rows) for label, rows in dump(newest_apps).items()}
    after = dump(migrate_to(name))

    filled = ("Agreement", "Document", "HistoricalAgreement", "HistoricalUniversity", "Reminder", "University")
    assert {model: newest[f"partners.{model}"] for model in filled} == dict.fromkeys(filled, 1)
    assert after == before


def test_migrating_to_zero_and_forward_creates_the_reference_data_again(migrate_to):
    tables = {model._meta.db_table for model in migrate_to(LEAF[1]).get_app_config("partners").get_models()}

    migrate_to(None)
    remaining = tables.intersection(connection.introspection.table_names())
    call_command("migrate", verbosity=0)

    assert "partners_agreement" in tables
    assert remaining == set()
    assert (Country.objects.count(), Country.history.count()) == (250, 250)
    assert list(AgreementType.objects.values_list("slug", flat=True)) == ["bilateral", "erasmus", "ge3"]
    assert sorted(Group.objects.values_list("name", flat=True)) == ["Assistants", "Exchange coordinators"]
