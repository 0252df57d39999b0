"""The implementations that are compared, each as the commands by which it does the same work."""

from __future__ import annotations

from pathlib import Path

Command = list[str | Path]
"""Arguments of the Python interpreter."""


class Ours:
    name = "ours"
    setup: list[Command] = [["manage.py", "migrate", "--verbosity", "0"]]
    university_count_sql = "SELECT COUNT(*) FROM partners_university"
    agreement_count_sql = "SELECT COUNT(*) FROM partners_agreement WHERE status <> 'ended'"
    history_count_sql = """SELECT (SELECT COUNT(*) FROM partners_historicaluniversity)
                                + (SELECT COUNT(*) FROM partners_historicalagreement)"""
    unchanged_message = "0 new, 0 changed, {} unchanged, 0 errors"

    def environment(self, database: Path) -> dict[str, str]:
        """Return environment variables for manage.py and for the tests' settings.

        The admin is measured with the tests' settings, because they need no collected static files.
        """
        url = f"sqlite:///{database}"
        return {
            "DJANGO_SETTINGS_MODULE": "exchange.settings",
            "DATABASE_URL": url,
            "TEST_DATABASE_URL": url,
            "SECRET_KEY": "for measuring only",
            "DEBUG": "off",
            "HTTPS": "off",
            "CACHE_URL": "locmem://",
        }

    def load(self, database: Path, file: Path) -> Command:
        return ["manage.py", "import_partners", file]

    def upload(self, file: Path) -> Command:
        return ["-m", "bench.admin_flow", "tests.settings", "/admin/partners/university/", file]

    def export(self, database: Path, file: Path) -> Command:
        return ["manage.py", "export_partners", file]


class Stock:
    name = "stock"
    setup: list[Command] = [["-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"]]
    university_count_sql = "SELECT COUNT(*) FROM stock_university"
    agreement_count_sql = "SELECT COUNT(*) FROM stock_university_agreement_types"
    history_count_sql = None
    unchanged_message = "0 new, {} updated"
    resource = "bench.stock.resources.UniversityResource"

    def environment(self, database: Path) -> dict[str, str]:
        return {"DJANGO_SETTINGS_MODULE": "bench.stock.settings", "STOCK_DATABASE": str(database)}

    def load(self, database: Path, file: Path) -> Command:
        return ["-m", "bench.stock.load", file]

    def upload(self, file: Path) -> Command:
        return ["-m", "bench.admin_flow", "bench.stock.settings", "/admin/stock/university/", file]

    def export(self, database: Path, file: Path) -> Command:
        """Export to standard output, the only target of the package's command."""
        return ["-m", "django", "export", "TSV", self.resource]


class StockOnePass(Stock):
    def load(self, database: Path, file: Path) -> Command:
        return ["-m", "django", "import", self.resource, file, "--format", "TSV", "--no-input"]


class RawBaseline(Stock):
    name = "raw"
    unchanged_message = ""

    def load(self, database: Path, file: Path) -> Command:
        return ["-m", "bench.raw_baseline", "load", database, file]

    def export(self, database: Path, file: Path) -> Command:
        return ["-m", "bench.raw_baseline", "export", database, file]


OURS, STOCK, ONE_PASS, RAW = Ours(), Stock(), StockOnePass(), RawBaseline()
