"""Single measurements, each on a fresh copy of a database and verified afterwards."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from bench.competitors import OURS, RAW, Command, Ours, Stock
from bench.measure import Cost, InvalidMeasurementError, run

Competitor = Ours | Stock


class MeasurementEnv:
    """The files and databases in a temporary folder, and the tasks that are measured with them."""

    def __init__(self, folder: Path, seed: int):
        self.folder = folder
        self.seed = seed
        self.list_file = cache(self._list_file)
        self._empty_by_name: dict[str, Path] = {}
        self.loaded_database = cache(self._loaded_database)

    def first_load(self, competitor: Competitor, rows: int) -> Cost:
        return self._import(competitor, rows, self._empty_database(competitor), competitor.load)

    def first_load_xlsx(self, competitor: Competitor, rows: int) -> Cost:
        return self._import(competitor, rows, self._empty_database(competitor), competitor.load, ".xlsx")

    def reimport(self, competitor: Competitor, rows: int) -> Cost:
        cost = self._import(competitor, rows, self.loaded_database(competitor, rows), competitor.load)
        expected, output = competitor.unchanged_message.format(rows), self._captured_output()
        if expected not in output:
            raise InvalidMeasurementError(f"{competitor.name} should print “{expected}” and printed: {output[-500:]}")
        return cost

    def admin_import(self, competitor: Competitor, rows: int) -> Cost:
        empty = self._empty_database(competitor)
        return self._import(competitor, rows, empty, lambda _database, file: competitor.upload(file))

    def export(self, competitor: Competitor, rows: int) -> Cost:
        database, file = self._copy(self.loaded_database(competitor, rows)), self.folder / "export.tsv"
        file.unlink(missing_ok=True)
        cost = self._run(competitor, competitor.export(database, file), database)
        exported = file if file.exists() else self._output
        if (line_count := _count_lines(exported)) != rows + 1:
            raise InvalidMeasurementError(f"{competitor.name} exported {line_count} lines, not {rows + 1}.")
        return cost

    def _import(self, competitor, rows, initial_database, build_command, suffix=".tsv") -> Cost:
        database, file = self._copy(initial_database), self.list_file(rows, suffix)
        cost = self._run(competitor, build_command(database, file), database)
        expected, actual = _expected_counts(competitor, self.list_file(rows)), _row_counts(competitor, database)
        if actual != expected:
            raise InvalidMeasurementError(
                f"{competitor.name} should have {expected} after {rows} rows and has {actual}."
            )
        return cost

    def _run(self, competitor: Competitor, command: Command, database: Path) -> Cost:
        return run(command, competitor.environment(database) | {"TMPDIR": str(self.folder)}, self._output)

    @property
    def _output(self) -> Path:
        return self.folder / "output.txt"

    def _captured_output(self) -> str:
        return "".join(path.read_text(encoding="utf-8") for path in (self._output, self._output.with_suffix(".errors")))

    def _list_file(self, rows: int, suffix: str = ".tsv") -> Path:
        """Generate the list in a separate process, because a child's peak memory begins with that of its parent."""
        file = self.folder / f"{rows}{suffix}"
        run(["-m", "bench.generators", str(rows), str(self.seed), file], {}, self._output)
        return file

    def _empty_database(self, competitor: Competitor) -> Path:
        if competitor.name not in self._empty_by_name:
            self._empty_by_name[competitor.name] = self._set_up(competitor)
        return self._empty_by_name[competitor.name]

    def _set_up(self, competitor: Competitor) -> Path:
        database = self.folder / f"{competitor.name}.sqlite3"
        for command in competitor.setup:
            self._run(competitor, command, database)
        if competitor is not OURS:
            run(["-m", "bench.raw_baseline", "reference", database], {}, self._output)
        return database

    def _loaded_database(self, competitor: Competitor, rows: int) -> Path:
        """Return a database with the list. The raw baseline, which is faster, fills that of the stock setup as well."""
        loader = competitor if competitor is OURS else RAW
        database = self._copy(self._empty_database(loader), f"{competitor.name}-{rows}.sqlite3")
        self._run(loader, loader.load(database, self.list_file(rows)), database)
        return database

    def _copy(self, database: Path, name: str = "work.sqlite3") -> Path:
        """Copy with VACUUM INTO, which includes the contents of the write-ahead log."""
        copy = self.folder / name
        for leftover in self.folder.glob(f"{name}*"):
            leftover.unlink()
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("VACUUM INTO ?", [str(copy)])
        return copy


def _expected_counts(competitor: Competitor, file: Path) -> dict[str, int]:
    with file.open(encoding="utf-8") as stream:
        next(stream)
        term_counts = [line.rsplit("\t", 1)[1].count("/") + 1 for line in stream]
    counts = {"universities": len(term_counts), "agreements": sum(term_counts)}
    if competitor.history_count_sql:
        counts["rows of history"] = sum(counts.values())
    return counts


def _row_counts(competitor: Competitor, database: Path) -> dict[str, int]:
    queries = {
        "universities": competitor.university_count_sql,
        "agreements": competitor.agreement_count_sql,
        "rows of history": competitor.history_count_sql,
    }
    with closing(sqlite3.connect(database)) as connection:
        return {name: connection.execute(query).fetchone()[0] for name, query in queries.items() if query}


def _count_lines(file: Path) -> int:
    with file.open("rb") as stream:
        return sum(1 for _line in stream)
