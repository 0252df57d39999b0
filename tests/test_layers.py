"""The import order of the packages: a module imports its own package and the ones listed for it here."""

import ast

import pytest

from tests.helpers.paths import ROOT

VALUES = ["enums", "validators", "name_normalization", "country_names", "fields", "file_types", "querysets"]
FOUNDATION = [*VALUES, "models"]
DECLARATIONS = [*FOUNDATION, "agreement_fields", "cells"]
ALLOWED_IMPORTS = {
    "enums": [],
    "name_normalization": [],
    "validators": ["enums", "name_normalization"],
    "groups": [],
    "permissions": ["groups"],
    "reference_data": ["groups", "name_normalization", "permissions"],
    "country_names": ["name_normalization", "reference_data"],
    "fields": ["enums", "validators", "name_normalization"],
    "file_types": ["validators"],
    "querysets": ["enums", "name_normalization", "country_names"],
    "models": [*VALUES, "permissions"],
    "data_version": [],
    "cells": ["enums", "fields", "name_normalization", "tables"],
    "agreement_fields": ["cells", "enums", "models", "tables"],
    "apps": ["data_version"],
    "migrations": [*FOUNDATION, "reference_data"],
    "http": [],
    "tables": ["name_normalization", "file_types"],
    "history": FOUNDATION,
    "imports": [*DECLARATIONS, "history", "tables"],
    "reminders": [*FOUNDATION, "http"],
    "backups": FOUNDATION,
    "accounts": ["groups", "http", "permissions", "reference_data"],
    "admin": [*DECLARATIONS, "history", "tables", "imports", "accounts", "http", "permissions"],
    "public": [*DECLARATIONS, "data_version", "tables", "imports", "accounts", "http", "permissions"],
    "templatetags": [],
    "management": [*FOUNDATION, "tables", "imports", "reminders", "backups", "accounts", "groups"],
}
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


def test_every_package_has_a_rule():
    assert {package_of(path) for path in PARTNERS_MODULES} - {"__init__"} == set(ALLOWED_IMPORTS)


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
