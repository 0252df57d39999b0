"""What the same rows cost without a framework: csv and sqlite3, in the tables of the stock project.

``python -m bench.raw_baseline reference|load|export DATABASE [FILE]``. Nothing is checked on the way.
"""

import csv
import sqlite3
import sys
from contextlib import closing

from bench import generators

UNIVERSITY = "INSERT OR IGNORE INTO stock_university (country_id, name) VALUES (?, ?)"
LINK = "INSERT OR IGNORE INTO stock_university_agreement_types (university_id, agreementtype_id) VALUES (?, ?)"
LIST = """
    SELECT stock_country.name, stock_university.name, group_concat(stock_agreementtype.name, '/')
    FROM stock_university
    JOIN stock_country ON stock_country.id = country_id
    JOIN stock_university_agreement_types ON university_id = stock_university.id
    JOIN stock_agreementtype ON stock_agreementtype.id = agreementtype_id
    GROUP BY stock_university.id
    ORDER BY stock_country.name, stock_university.name
"""


def reference(database):
    """Countries, and a type for each term: the stock setup knows no "in process", and drops what it does not know."""
    terms = {term for cell in generators.TERMS for term in cell.split("/")}
    database.executemany("INSERT INTO stock_country (name) VALUES (?)", [(name,) for name in generators.countries()])
    database.executemany("INSERT INTO stock_agreementtype (name) VALUES (?)", [(name,) for name in sorted(terms)])


def load(database, file):
    countries = dict(database.execute("SELECT name, id FROM stock_country"))
    types = dict(database.execute("SELECT name, id FROM stock_agreementtype"))
    with open(file, encoding="utf-8", newline="") as stream:
        rows = [(countries[country], name, terms) for country, name, terms in _rows(stream)]
    database.executemany(UNIVERSITY, [row[:2] for row in rows])
    held = database.execute("SELECT country_id, name, id FROM stock_university")
    ids = {(country, name): pk for country, name, pk in held}
    database.executemany(LINK, [(ids[row[:2]], types[term]) for row in rows for term in row[2].split("/")])


def _rows(stream):
    rows = csv.reader(stream, "excel-tab")
    next(rows)
    return rows


def export(database, file):
    with open(file, "w", encoding="utf-8", newline="") as stream:
        tsv = csv.writer(stream, "excel-tab")
        tsv.writerow(generators.HEADER)
        tsv.writerows(database.execute(LIST))


if __name__ == "__main__":
    with closing(sqlite3.connect(sys.argv[2])) as connection, connection:
        {"reference": reference, "load": load, "export": export}[sys.argv[1]](connection, *sys.argv[3:])
