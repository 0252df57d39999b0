"""The three that are measured side by side: the commands by which each does the same work."""

from __future__ import annotations

from pathlib import Path

Command = list[str | Path]


class Ours:
    name = "ours"
    setup: list[Command] = [["manage.py", "migrate", "--verbosity", "0"]]
    universities = "SELECT COUNT(*) FROM partners_university"
    agreements = "SELECT COUNT(*) FROM partners_agreement WHERE status <> 'ended'"
    history = """SELECT (SELECT COUNT(*) FROM partners_historicaluniversity)
                      + (SELECT COUNT(*) FROM partners_historicalagreement)"""
    says_again = "0 new, 0 changed, {} unchanged, 0 errors"

    def environment(self, database: Path) -> dict[str, str]:
        """For manage.py the site's own settings, for the admin those of the tests, which need no collected files."""
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
    universities = "SELECT COUNT(*) FROM stock_university"
    agreements = "SELECT COUNT(*) FROM stock_university_agreement_types"
    history = None
    says_again = "0 new, {} updated"
    resource = "bench.stock.resources.UniversityResource"

    def environment(self, database: Path) -> dict[str, str]:
        return {"DJANGO_SETTINGS_MODULE": "bench.stock.settings", "STOCK_DATABASE": str(database)}

    def load(self, database: Path, file: Path) -> Command:
        return ["-m", "bench.stock.load", file]

    def upload(self, file: Path) -> Command:
        return ["-m", "bench.admin_flow", "bench.stock.settings", "/admin/stock/university/", file]

    def export(self, database: Path, file: Path) -> Command:
        """To standard output, which is where it can export to."""
        return ["-m", "django", "export", "TSV", self.resource]


class StockOnePass(Stock):
    def load(self, database: Path, file: Path) -> Command:
        return ["-m", "django", "import", self.resource, file, "--format", "TSV", "--no-input"]


class Floor(Stock):
    name = "floor"
    says_again = ""

    def load(self, database: Path, file: Path) -> Command:
        return ["-m", "bench.raw_baseline", "load", database, file]

    def export(self, database: Path, file: Path) -> Command:
        return ["-m", "bench.raw_baseline", "export", database, file]


OURS, STOCK, ONE_PASS, FLOOR = Ours(), Stock(), StockOnePass(), Floor()
