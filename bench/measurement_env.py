"""One measurement at a time: from a fresh copy of a database, checked afterwards for what it should have done."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from bench.measure import Cost, WorkNotDoneError, run
from bench.sides import FLOOR, OURS, Command, Ours, Stock

Side = Ours | Stock


class Workshop:
    def __init__(self, folder: Path, seed: int):
        self.folder = folder
        self.seed = seed
        self.file = cache(self._file)
        self._empty_by_name: dict[str, Path] = {}
        self.loaded = cache(self._loaded)

    def first_load(self, side: Side, rows: int) -> Cost:
        return self._import(side, rows, self._empty(side), side.load)

    def same_again(self, side: Side, rows: int) -> Cost:
        cost = self._import(side, rows, self.loaded(side, rows), side.load)
        if (words := side.says_again.format(rows)) not in (told := self._told()):
            raise WorkNotDoneError(f"{side.name} should have said “{words}” and said: {told[-500:]}")
        return cost

    def admin(self, side: Side, rows: int) -> Cost:
        return self._import(side, rows, self._empty(side), lambda _database, file: side.upload(file))

    def export(self, side: Side, rows: int) -> Cost:
        database, file = self._copy(self.loaded(side, rows)), self.folder / "export.tsv"
        file.unlink(missing_ok=True)
        cost = self._run(side, side.export(database, file), database)
        written = file if file.exists() else self._output
        if (lines := _lines(written)) != rows + 1:
            raise WorkNotDoneError(f"{side.name} exported {lines} lines, not {rows + 1}.")
        return cost

    def _import(self, side, rows, start, command) -> Cost:
        database, file = self._copy(start), self.file(rows)
        cost = self._run(side, command(database, file), database)
        wanted, held = _expected(side, file), _held(side, database)
        if held != wanted:
            raise WorkNotDoneError(f"{side.name} should hold {wanted} after {rows} rows and holds {held}.")
        return cost

    def _run(self, side: Side, command: Command, database: Path) -> Cost:
        return run(command, side.environment(database) | {"TMPDIR": str(self.folder)}, self._output)

    @property
    def _output(self) -> Path:
        return self.folder / "output.txt"

    def _told(self) -> str:
        return "".join(path.read_text(encoding="utf-8") for path in (self._output, self._output.with_suffix(".errors")))

    def _file(self, rows: int) -> Path:
        """Made by a process of its own, as a child's peak memory begins with that of its parent."""
        file = self.folder / f"{rows}.tsv"
        run(["-m", "bench.generators", str(rows), str(self.seed), file], {}, self._output)
        return file

    def _empty(self, side: Side) -> Path:
        if side.name not in self._empty_by_name:
            self._empty_by_name[side.name] = self._set_up(side)
        return self._empty_by_name[side.name]

    def _set_up(self, side: Side) -> Path:
        database = self.folder / f"{side.name}.sqlite3"
        for command in side.setup:
            self._run(side, command, database)
        if side is not OURS:
            run(["-m", "bench.raw_baseline", "reference", database], {}, self._output)
        return database

    def _loaded(self, side: Side, rows: int) -> Path:
        """The stock setup's is filled by the floor, to which its tables belong as well: the same rows, in no time."""
        loader = side if side is OURS else FLOOR
        database = self._copy(self._empty(loader), f"{side.name}-{rows}.sqlite3")
        self._run(loader, loader.load(database, self.file(rows)), database)
        return database

    def _copy(self, database: Path, name: str = "work.sqlite3") -> Path:
        """By SQLite itself, which knows what still stands in the write-ahead log."""
        copy = self.folder / name
        for leftover in self.folder.glob(f"{name}*"):
            leftover.unlink()
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("VACUUM INTO ?", [str(copy)])
        return copy


def _expected(side: Side, file: Path) -> dict[str, int]:
    with file.open(encoding="utf-8") as stream:
        next(stream)
        terms = [line.rsplit("\t", 1)[1].count("/") + 1 for line in stream]
    history = {"rows of history": len(terms) + sum(terms)} if side.history else {}
    return {"universities": len(terms), "agreements": sum(terms)} | history


def _held(side: Side, database: Path) -> dict[str, int]:
    questions = {"universities": side.universities, "agreements": side.agreements, "rows of history": side.history}
    with closing(sqlite3.connect(database)) as connection:
        return {what: connection.execute(question).fetchone()[0] for what, question in questions.items() if question}


def _lines(file: Path) -> int:
    with file.open("rb") as stream:
        return sum(1 for _line in stream)
