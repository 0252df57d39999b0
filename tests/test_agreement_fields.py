"""Every list of fields of an agreement follows from their declarations."""

import json
import os
import re
import subprocess
import sys
from datetime import date

import pytest

from partners.admin.agreements import AgreementAdmin
from partners.agreement_fields import AGREEMENT_FIELDS, INTERNAL_FIELDS, AgreementField
from partners.imports.mobility_columns import COLUMNS as MOBILITY_COLUMNS
from partners.imports.register_columns import COLUMNS, KEY_COLUMN, NUMBER_COLUMN
from partners.models import Agreement
from tests.helpers.factories import AgreementFactory
from tests.helpers.paths import ROOT
from tests.helpers.serving import copy_site


def declare_insurance(project):
    """Add a text field that students see: the model field, and its declaration."""
    models, declarations = project / "partners/models/agreements.py", project / "partners/agreement_fields.py"
    source = models.read_text()
    assert source.count("    next_step = NameField(") == 1
    models.write_text(
        source.replace(
            "    next_step = NameField(",
            '    insurance = NameField("insurance", blank=True)\n    next_step = NameField(',
        )
    )
    source = declarations.read_text()
    assert source.count('    AgreementField("next_step"') == 1
    options = 'section=AdminSection.STUDENTS, in_bulk_edit=True, is_public=True, public_label="Insurance", in_json=True'
    declarations.write_text(
        source.replace(
            '    AgreementField("next_step"',
            f'    AgreementField("insurance", "Insurance", {options}),\n    AgreementField("next_step"',
        )
    )


def test_every_field_of_an_agreement_is_declared_once():
    model_fields = sorted(
        field.name for field in Agreement._meta.concrete_fields if field.editable and not field.primary_key
    )

    assert sorted(field.name for field in AGREEMENT_FIELDS) == model_fields


def test_fields_with_a_place_on_the_public_pages_or_in_the_json_are_public():
    assert [field.name for field in INTERNAL_FIELDS if field.public_label or field.in_json] == []


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [("next_step", "Ask again", "Ask again"), ("ended_on", date(2028, 9, 1), "1 Sep 2028")],
)
def test_public_value_is_formatted_by_its_type(name, value, shown):
    field = AgreementField(name)

    assert (field.format_public(Agreement(**{name: value})), field.format_public(Agreement())) == (shown, "")


def test_admin_form_has_every_field_with_a_section_once():
    rows = [row for _name, options in AgreementAdmin.fieldsets for row in options["fields"]]

    assert sorted(name for row in rows for name in row) == sorted(
        field.name for field in AGREEMENT_FIELDS if field.section
    )


@pytest.mark.parametrize(
    ("position", "columns"),
    [(1, COLUMNS), (2, (NUMBER_COLUMN, KEY_COLUMN, *MOBILITY_COLUMNS[1:]))],
    ids=["register", "mobilities"],
)
def test_manual_explains_every_column_in_its_order(position, columns):
    manual = (ROOT / "docs/coordinators.md").read_text()
    table = manual.split("| column | what to write | empty means |\n")[position].split("\n\n")[0]

    documented = [column for line in table.splitlines()[1:] for column in re.findall("`([^`]+)`", line.split("|")[1])]

    assert documented == list(columns)


def test_documented_json_has_the_fields_of_an_agreement(client, db):
    AgreementFactory(university__name="Jena")
    example = json.loads((ROOT / "docs/downloads.md").read_text().split("```json\n")[1].split("```")[0])

    downloaded = client.get("/partners.json").json()

    assert list(example["universities"][0]["agreements"][0]) == list(downloaded["universities"][0]["agreements"][0])


@pytest.mark.slow
def test_adding_a_text_field_takes_the_model_field_a_migration_and_a_declaration(tmp_path):
    project = copy_site(tmp_path, "tests")
    declare_insurance(project)
    variables = {"DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    commands = ["-m django makemigrations partners --verbosity 0", "-m django migrate --verbosity 0"]

    for command in [*commands, "-m tests.helpers.added_field"]:
        process = subprocess.run(
            [sys.executable, *command.split()], cwd=project, env=os.environ | variables, capture_output=True, text=True
        )
        assert process.returncode == 0, process.stderr

    assert json.loads(process.stdout) == {
        "exported": "Own and theirs",
        "admin": ["For students"],
        "bulk edit": [
            *["agreement_type", "scope", "signed_on", "valid_from", "valid_until", "is_open_ended", "public_note"],
            *["due_on", "responsible", "insurance", "next_step", "contact", "notes", "emptied", "mobilities", "reason"],
        ],
        "public page": ["Insurance Own and theirs"],
        "json": "Own and theirs",
    }
