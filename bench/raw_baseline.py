"""Import and export with csv and sqlite3 alone, into the tables of the stock project, as a lower bound of the cost.

``python -m bench.raw_baseline reference|load|export DATABASE [FILE]``. Nothing is validated.
"""

import csv
import sqlite3
import sys
from contextlib import closing

from bench import generators

INSERT_UNIVERSITY = "INSERT OR IGNORE INTO stock_university (country_id, name) VALUES (?, ?)"
INSERT_TYPE_LINK = (
    "INSERT OR IGNORE INTO stock_university_agreement_types (university_id, agreementtype_id) VALUES (?, ?)"
)
SELECT_LIST = """
    SELECT stock_country.name, stock_university.name, group_concat(stock_agreementtype.name, '/')
    FROM stock_university
    JOIN stock_country ON stock_country.id = country_id
    JOIN stock_university_agreement_types ON university_id = stock_university.id
    JOIN stock_agreementtype ON stock_agreementtype.id = agreementtype_id
    GROUP BY stock_university.id
    ORDER BY stock_country.name, stock_university.name
"""


def load_reference(database):
    """Insert countries, and one type for each term, because the stock setup drops unknown ones such as in process."""
    terms = {term for cell in generators.TERM_WEIGHTS for term in cell.split("/")}
    database.executemany(
        "INSERT INTO stock_country (name) VALUES (?)", [(name,) for name in generators.country_names()]
    )
    database.executemany("INSERT INTO stock_agreementtype (name) VALUES (?)", [(name,) for name in sorted(terms)])


def load(database, file):
    countries = dict(database.execute("SELECT name, id FROM stock_country"))
    types = dict(database.execute("SELECT name, id FROM stock_agreementtype"))
    with open(file, encoding="utf-8", newline="") as stream:
        rows = [(countries[country], name, terms) for country, name, terms in _read_rows(stream)]
    database.executemany(INSERT_UNIVERSITY, [row[:2] for row in rows])
    universities = database.execute("SELECT country_id, name, id FROM stock_university")
    pks = {(country, name): pk for country, name, pk in universities}
    database.executemany(INSERT_TYPE_LINK, [(pks[row[:2]], types[term]) for row in rows for term in row[2].split("/")])


def _read_rows(stream):
    rows = csv.reader(stream, "excel-tab")
    next(rows)
    return rows


def export(database, file):
    with open(file, "w", encoding="utf-8", newline="") as stream:
        tsv = csv.writer(stream, "excel-tab")
        tsv.writerow(generators.HEADER)
        tsv.writerows(database.execute(SELECT_LIST))


if __name__ == "__main__":
    with closing(sqlite3.connect(sys.argv[2])) as connection, connection:
        {"reference": load_reference, "load": load, "export": export}[sys.argv[1]](connection, *sys.argv[3:])
