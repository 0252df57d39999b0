"""Reference data of a fresh database: countries, agreement types, terms, the office's settings, groups.

Called by migrations. A table that already has rows is left alone, so that an upgrade never overwrites
or resurrects what an office edited or removed.

Source of ``fixtures/countries.json``: ISO 3166-1 with the official and common English names of Debian's
iso-codes (by way of pycountry 26.2.16), displayed as exchange offices write them.
"""

import json
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from dateutil.relativedelta import relativedelta
from django.apps import apps as current_apps
from django.conf import settings
from django.contrib.auth.management import create_permissions

from partners.groups import Role
from partners.name_normalization import slug_candidates
from partners.permissions import ROLE_PERMISSIONS

ONE_DAY = timedelta(days=1)
FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def add_countries(apps, schema_editor):
    _create_with_history(apps, "Country", _load_fixture("countries.json"))


def add_agreement_types(apps, schema_editor):
    rows = _load_fixture("agreement_types.json")
    for position, row in enumerate(rows, start=1):
        row |= {"position": position, "slug": next(slug_candidates(row["name"]))}
    _create_with_history(apps, "AgreementType", rows)


def add_office_settings(apps, schema_editor):
    """Add the row with which the office's settings begin. It is empty: the environment's values hold."""
    _create_with_history(apps, "OfficeSettings", [{}])


def add_terms(apps, schema_editor):
    """Add the halves of the academic year. The one that has 1 January is the winter's."""
    first = date(2001, *settings.ACADEMIC_YEAR_START)
    second = first + relativedelta(months=6)
    names = json.loads((FIXTURES / "terms.json").read_text(encoding="utf-8"))
    rows = []
    for start, following in [(first, second), (second, first + relativedelta(years=1))]:
        season = "winter" if start.year < (following - ONE_DAY).year or start.timetuple().tm_yday == 1 else "summer"
        days = {"first_day": f"{start:%m-%d}", "last_day": f"{following - ONE_DAY:%m-%d}"}
        rows.append({"name": names[season], **days})
    _create_with_history(apps, "Term", rows)


def add_groups(apps, schema_editor):
    groups, roles = apps.get_model("auth", "Group").objects, apps.get_model("accounts", "GroupRole").objects
    if roles.exists() or groups.filter(name__in=Role.labels).exists():
        return
    # Django itself creates the permissions after the last migration only.
    create_permissions(current_apps.get_app_config("partners"), verbosity=0, apps=apps)
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="partners")
    for role, codenames in ROLE_PERMISSIONS.items():
        group = groups.create(name=role.label)
        group.permissions.set(permissions.filter(codename__in=codenames))
        roles.create(key=role, group=group)


@cache
def default_country_names():
    """Return the English names of a fresh database by country code."""
    return {row["code"]: row["name"] for row in _load_fixture("countries.json")}


def _load_fixture(file_name):
    rows = json.loads((FIXTURES / file_name).read_text(encoding="utf-8"))
    return [row | {"other_names": "\n".join(row["other_names"])} for row in rows]


def _create_with_history(apps, model_name, rows):
    """Add rows to an empty table, with history records for later changes to be compared with."""
    model = apps.get_model("partners", model_name)
    history = apps.get_model("partners", f"Historical{model_name}")
    if model.objects.exists():
        return
    objects = model.objects.bulk_create(model(**row) for row in rows)
    now = datetime.now(UTC)
    history.objects.bulk_create(
        history(id=obj.pk, **row, history_date=now, history_type="+", history_change_reason="reference data")
        for obj, row in zip(objects, rows, strict=True)
    )
