"""What a fresh database starts with: countries, agreement types and the two groups.

Called by migrations. A table that already has rows is left alone, so that an upgrade
never overwrites, or brings back, what an office edited or removed.

The countries and territories are those of ISO 3166-1 with the official and common English
names of Debian's iso-codes (by way of pycountry 26.2.16), displayed as exchange offices
write them; ``fixtures/`` holds the files.
"""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from partners.name_normalization import slug_candidates

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
EDIT_ACTIONS = ("view", "add", "change")
REGISTER_MODELS = ("country", "university", "agreementtype", "agreement")

GROUPS = {
    "Exchange coordinators": [
        *(f"{verb}_{model}" for model in REGISTER_MODELS for verb in EDIT_ACTIONS),
        "import_university",
        "export_university",
        "view_importrun",
    ],
    "Assistants": [*(f"view_{model}" for model in REGISTER_MODELS), "export_university", "view_importrun"],
}

DOCUMENT_PERMISSIONS = {
    "Exchange coordinators": [f"{verb}_document" for verb in EDIT_ACTIONS],
    "Assistants": ["view_document"],
}


def add_countries(apps, schema_editor):
    _create_with_history(apps, "Country", _load_fixture("countries.json"))


def add_agreement_types(apps, schema_editor):
    rows = _load_fixture("agreement_types.json")
    for position, row in enumerate(rows, start=1):
        row |= {"position": position, "slug": next(slug_candidates(row["name"]))}
    _create_with_history(apps, "AgreementType", rows)


def add_groups(apps, schema_editor):
    groups = apps.get_model("auth", "Group").objects
    if groups.filter(name__in=GROUPS).exists():
        return
    for name, codenames in GROUPS.items():
        groups.create(name=name).permissions.set(_get_or_create_permission(apps, codename) for codename in codenames)


def grant_document_permissions(apps, schema_editor):
    """For the groups that are there, under the names that they had at first."""
    groups = apps.get_model("auth", "Group").objects
    for group in groups.filter(name__in=DOCUMENT_PERMISSIONS):
        group.permissions.add(
            *(_get_or_create_permission(apps, codename) for codename in DOCUMENT_PERMISSIONS[group.name])
        )


def revoke_document_permissions(apps, schema_editor):
    permissions = apps.get_model("auth", "Permission").objects
    permissions.filter(content_type__app_label="partners", content_type__model="document").delete()


@cache
def default_country_names():
    """The names that countries start with, by code."""
    return {row["code"]: row["name"] for row in _load_fixture("countries.json")}


def _load_fixture(file_name):
    rows = json.loads((FIXTURES / file_name).read_text(encoding="utf-8"))
    return [row | {"other_names": "\n".join(row["other_names"])} for row in rows]


def _create_with_history(apps, model_name, rows):
    """Adds rows to an empty table, with the history that their first change is told against."""
    model = apps.get_model("partners", model_name)
    history = apps.get_model("partners", f"Historical{model_name}")
    if model.objects.exists():
        return
    added = model.objects.bulk_create(model(**row) for row in rows)
    now = datetime.now(UTC)
    history.objects.bulk_create(
        history(id=object.pk, **row, history_date=now, history_type="+", history_change_reason="reference data")
        for object, row in zip(added, rows, strict=True)
    )


def _get_or_create_permission(apps, codename):
    """The permission, which Django itself adds only after the last migration."""
    verb, model_name = codename.split("_", 1)
    model = apps.get_model("partners", model_name)
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="partners", model=model_name
    )
    name = dict(model._meta.permissions).get(codename, f"Can {verb} {model._meta.verbose_name_raw}")
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=codename, defaults={"name": name}
    )
    return permission
