"""The import order of the packages: a module imports its own package and the ones listed for it here."""

import ast
import re

import pytest

from tests.helpers.paths import ROOT

ALLOWED_IMPORTS = {
    "enums": [],
    "name_normalization": [],
    "spreadsheet_errors": [],
    "groups": [],
    "http": [],
    "data_version": [],
    "agreement_sentences": ["enums"],
    "university_words": [],
    "name_similarity": ["name_normalization", "university_words"],
    "file_name_matching": ["name_normalization", "name_similarity", "university_words"],
    "ror_ids": [],
    "calendar_files": [],
    "periods": [],
    "period_constraint": [],
    "search_index": [],
    "validators": ["enums", "name_normalization", "spreadsheet_errors"],
    "permissions": ["groups"],
    "reference_data": ["groups", "name_normalization", "permissions"],
    "fields_of_study": ["name_normalization", "reference_data"],
    "language_skills": ["name_normalization"],
    "fields": ["enums", "fields_of_study", "language_skills", "name_normalization", "validators"],
    "file_types": ["validators"],
    "translated_text": ["fields"],
    "colors": [],
    "country_names": ["name_normalization", "reference_data"],
    "foreign_country_names": ["name_normalization", "reference_data"],
    "search_terms": ["country_names", "name_normalization"],
    "regions": ["reference_data"],
    "term_coverage": ["periods"],
    "wanted_offer": ["fields_of_study", "language_skills", "periods"],
    "querysets": ["enums", "name_normalization", "periods", "search_terms", "wanted_offer"],
    "models": [
        *["colors", "country_names", "enums", "fields", "fields_of_study", "file_types", "name_normalization"],
        *["periods", "permissions", "querysets", "ror_ids", "translated_text", "validators"],
    ],
    "tables": ["file_types", "name_normalization", "spreadsheet_errors"],
    "cell_words": ["enums", "name_normalization"],
    "cells": [
        *["cell_words", "enums", "fields", "fields_of_study", "language_skills", "name_normalization", "ror_ids"],
        *["spreadsheet_errors", "tables", "validators"],
    ],
    "dates": ["name_normalization"],
    "agreement_fields": ["cells", "dates", "models", "ror_ids", "tables"],
    "mobility_fields": ["agreement_fields", "cells", "fields", "models"],
    "history": ["enums", "fields", "models", "period_constraint", "translated_text"],
    "runs": ["agreement_sentences", "enums", "fields", "history", "models", "tables"],
    "context_processors": ["models"],
    "institutions": [
        *["fields", "models", "name_normalization", "name_similarity", "querysets", "ror_ids", "runs", "validators"],
    ],
    "imports": [
        *["agreement_fields", "agreement_sentences", "cell_words", "cells", "dates", "enums", "fields"],
        *[
            "foreign_country_names",
            "history",
            "institutions",
            "mobility_fields",
            "models",
            "name_normalization",
            "name_similarity",
            "periods",
            "querysets",
            "runs",
        ],
        *["tables", "validators"],
    ],
    "website_checks": ["models"],
    "accounts": ["groups", "http", "models", "permissions", "reference_data"],
    "reminders": ["calendar_files", "enums", "http", "models"],
    "backups": ["models"],
    "admin": [
        *["accounts", "agreement_fields", "cells", "context_processors", "dates", "enums", "fields_of_study"],
        *["file_name_matching", "file_types", "history", "http"],
        *["imports", "institutions", "mobility_fields", "models", "name_normalization", "name_similarity"],
        *["period_constraint", "periods", "permissions", "querysets", "regions", "runs"],
        *["tables", "validators"],
    ],
    "public": [
        *[
            "accounts",
            "agreement_fields",
            "calendar_files",
            "cells",
            "country_names",
            "data_version",
            "enums",
            "fields",
        ],
        *["fields_of_study", "foreign_country_names", "http", "imports", "language_skills", "mobility_fields"],
        *["models", "name_normalization", "periods", "permissions", "querysets", "reference_data", "regions"],
        *["ror_ids", "search_terms", "tables", "term_coverage", "translated_text", "university_words", "validators"],
        "wanted_offer",
    ],
    "templatetags": [],
    "management": [
        *["accounts", "backups", "groups", "imports", "institutions", "models", "name_normalization"],
        *["period_constraint", "reminders", "search_index", "tables", "validators", "website_checks"],
    ],
    "migrations": [
        *[
            "colors",
            "fields",
            "file_types",
            "models",
            "period_constraint",
            "reference_data",
            "translated_text",
            "validators",
        ],
    ],
    "apps": ["data_version", "period_constraint", "search_index"],
}
"""From the lowest to the highest. docs/architecture.md has the same table."""
ARCHITECTURE_PAGE = (ROOT / "docs" / "architecture.md").read_text()
PARTNERS_MODULES = sorted((ROOT / "partners").rglob("*.py"))
EXCHANGE_MODULES = sorted((ROOT / "exchange").rglob("*.py"))


def package_of(path):
    """Return the name of the package or module directly below `partners` or `exchange`."""
    return path.relative_to(ROOT).with_suffix("").parts[1]


def imported_packages(path):
    """Yield the names of the packages and modules directly below `partners` that a module imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "partners":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("partners."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("partners."))


@pytest.mark.parametrize("path", PARTNERS_MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_partners_module_imports_only_allowed_packages(path):
    allowed = {package_of(path), *ALLOWED_IMPORTS.get(package_of(path), [])}

    assert set(imported_packages(path)) - allowed == set()


@pytest.mark.parametrize("path", EXCHANGE_MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_exchange_module_imports_nothing_of_partners(path):
    assert set(imported_packages(path)) == set()


def test_every_package_has_a_rule_that_it_uses_whole():
    imported = {package_of(path): set() for path in PARTNERS_MODULES if package_of(path) != "__init__"}
    for path in PARTNERS_MODULES:
        imported.setdefault(package_of(path), set()).update(imported_packages(path))

    used = {package: packages - {package} for package, packages in imported.items() if package != "__init__"}
    assert used == {package: set(allowed) for package, allowed in ALLOWED_IMPORTS.items()}


def test_architecture_page_has_the_same_table():
    lines = [line for line in ARCHITECTURE_PAGE.splitlines() if line.startswith("| `")]
    rows = [[re.findall(r"`(\w+)`", cell) for cell in line.split(" | ")] for line in lines]

    assert {name: imports for names, _contents, imports in rows for name in names} == ALLOWED_IMPORTS


def test_imports_point_one_way():
    order = list(ALLOWED_IMPORTS)

    upward = [
        (package, imported)
        for package, allowed in ALLOWED_IMPORTS.items()
        for imported in allowed
        if order.index(imported) > order.index(package)
    ]

    assert upward == []


def test_public_site_imports_from_imports_for_downloads_only():
    public = [path for path in PARTNERS_MODULES if package_of(path) == "public"]

    assert [path.name for path in public if "imports" in imported_packages(path)] == ["downloads.py"]


def imported_test_modules(path):
    """Yield the names of the modules below `tests` that a module imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            modules = [f"{node.module}.{name}" for name in names] if isinstance(node, ast.ImportFrom) else names
            yield from (module for module in modules if module.startswith("tests."))


def test_tests_import_only_helpers_from_each_other():
    imported = {module for path in (ROOT / "tests").rglob("*.py") for module in imported_test_modules(path)}

    assert {module for module in imported if not module.startswith("tests.helpers.")} == set()


def test_permissions_are_named_in_one_module():
    modules = [path.name for path in PARTNERS_MODULES if ".has_perm(" in path.read_text()]

    assert modules == ["permissions.py"]


def mixins(path):
    """Yield the classes of a module that are named mixins and have no base class of their own."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef) and node.name.endswith("Mixin") and not node.bases:
            yield node


def test_mixin_says_what_it_needs():
    found = [mixin for path in PARTNERS_MODULES + EXCHANGE_MODULES for mixin in mixins(path)]

    assert [mixin.name for mixin in found if "Needs " not in (ast.get_docstring(mixin) or "")] == []
    assert len(found) > 1
