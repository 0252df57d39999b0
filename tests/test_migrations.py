"""A register made at each earlier migration comes through to the newest, and back."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

NEWEST = ("partners", MigrationLoader(None).graph.leaf_nodes("partners")[0][1])
EARLIER = [
    name for app, name in MigrationLoader(None).graph.forwards_plan(NEWEST) if app == "partners" and name >= "0002"
][:-1]
DAY = date(2026, 5, 1)
MOMENT = datetime(2026, 5, 1, 12, tzinfo=ZoneInfo("UTC"))
FILLED = [
    (models.BooleanField, True),
    (models.DateTimeField, MOMENT),
    (models.DateField, DAY),
    (models.IntegerField, 3),
    (models.URLField, "https://example.edu"),
    (models.BinaryField, b"file"),
    (models.CharField, "bachelor"),
    (models.TextField, "bachelor"),
]


@pytest.fixture
def migrated(transactional_db):
    """Brings the database to a migration, and gives the models as they were then."""

    def migrate(name):
        executor = MigrationExecutor(connection)
        return executor.migrate([("partners", name)]).apps

    yield migrate
    call_command("migrate", verbosity=0)


def fill(then):
    """A row of everything, with a value in every field that the state has."""
    country, agreement_type, run, university, agreement = (
        then.get_model("partners", name)
        for name in ("Country", "AgreementType", "ImportRun", "University", "Agreement")
    )
    germany = add(country, code="XA", name="Atlantis")
    bilateral = add(agreement_type, name="Twinning", slug="twinning")
    run = add(run, user=None, undone_by=None)
    marburg = add(university, country=germany, name="Marburg", slug="marburg")
    people = {"responsible": None} if has(agreement, "responsible") else {}
    add(agreement, university=marburg, agreement_type=bilateral, status="ended", **people)
    for model, old in ((university, marburg), (agreement, agreement.objects.get())):
        record(then, model, old, run)


def add(model, **values):
    filled = {field.name: value_of(field) for field in model._meta.concrete_fields if fillable(field)}
    return model.objects.create(**filled | values)


def record(then, model, row, run):
    history = then.get_model("partners", f"Historical{model.__name__}")
    tracked = {field.attname for field in history._meta.concrete_fields}
    copied = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
    copied = {name: value for name, value in copied.items() if name in tracked}
    history.objects.create(
        **copied, history_date=MOMENT, history_type="+", history_change_reason=f"import run {run.pk}", import_run=run
    )


def has(model, name):
    return name in {field.name for field in model._meta.fields}


def fillable(field):
    return not (field.primary_key or field.is_relation or field.unique)


def value_of(field):
    return next(value for kind, value in FILLED if isinstance(field, kind))


def everything(then):
    own = [model for model in then.get_models(include_auto_created=True) if model._meta.app_label == "partners"]
    return {model._meta.label: [plain(row) for row in model._base_manager.order_by("pk").values()] for model in own}


def plain(row):
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}


@pytest.mark.parametrize("name", EARLIER)
def test_register_made_at_an_earlier_migration_comes_through_and_back(migrated, name):
    then = migrated(name)
    fill(then)
    before = everything(then)

    migrated(NEWEST[1])
    assert then.get_model("partners", "Agreement").objects.count() == 1
    back = everything(migrated(name))

    assert back == before


def test_keys_forget_what_does_not_show_and_names_that_became_the_same_stay(migrated):
    university = migrated("0008_list_indexes").get_model("partners", "University")
    france = add(university.country.field.related_model, code="XA", name="Atlantis")
    for name in ("Lyon", "Ly\u200don", "Paris\u200d"):
        slug = f"{name.encode()}"
        add(university, country=france, name=slug, slug=slug)
        university.objects.filter(slug=slug).update(name=name, name_key=name.lower())

    now = migrated(NEWEST[1]).get_model("partners", "University")

    assert list(now.objects.order_by("pk").values_list("name", "name_key")) == [
        ("Lyon", "lyon"),
        ("Ly\u200don", "ly\u200don"),
        ("Paris\u200d", "paris"),
    ]
