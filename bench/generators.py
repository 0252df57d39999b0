"""Generate files in the format of the office's list, and periods of agreements, reproducibly by seed.

``python -m bench.generators ROWS SEED FILE`` writes one. Countries are as frequent as in the office's own list;
the world's other countries are rare.
"""

import csv
import json
import random
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter
from dateutil.relativedelta import relativedelta

from partners.enums import Direction, MobilityKind
from partners.name_normalization import matching_key
from partners.periods import ONE_DAY, Period, next_period

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
HEADER = ["Country", "University name", "Agreement type"]
TYPES = ["Bilateral", "Erasmus+", "GE3"]
UNLISTED_WEIGHT = 0.1
"""The weight of a country that is not in the office's list; one with a single partner has the weight 1."""

TERM_WEIGHTS = {
    "Bilateral": 70,
    "Erasmus+": 12,
    "GE3": 1,
    "Bilateral/GE3": 6,
    "Bilateral/Erasmus+": 6,
    "Bilateral/Erasmus+/GE3": 2,
    "in process": 1,
    "Erasmus+ (in process)": 1,
    "Bilateral/Erasmus+ (in process)": 1,
}
STEMS = str.split(
    "Al Ar Ávi Bar Bel Ber Bré Cam Cór Dal Dub Éper Fer Fré Gal Gra Győr Haj Hel Ístan Ján Kar Kö Kra Lin Łó "
    "Mar Mél Mon Mün Nan Ny Ør Pal Pé Por Qué Ren Río Sal São Ska Šib Tam Tor Tö Ulm Val Wro Yar Zü Žil"
)
ENDINGS = str.split(
    "bach berg burg caster cław dad dorf ería ester fjörður gród haven heim ingen ínia kirk land lín ly mar "
    "mond mouth nice nów o ona pest polis puerto rich rière shima stad ston tal três ught vár ville wick xía yama zig"
)
PATTERNS = [
    "University of {}",
    "{} University",
    "{} Institute of Technology",
    "{} University of Applied Sciences",
    "{} School of Economics",
    "Universidad de {}",
    "Universidad Politécnica de {}",
    "Instituto Tecnológico de {}",
    "Universidade Federal de {}",
    "Université de {}",
    "École Supérieure d'Ingénieurs de {}",
    "Università degli Studi di {}",
    "Technische Universität {}",
    "Hochschule für Technik {}",
    "Uniwersytet Łódzki w {}",
    "Vysoké učení technické v {}",
    "{} Üniversitesi",
    "{} Műszaki Egyetem",
    'University of {} "La Sapienza"',
    "{} National University (NU), Faculty of Engineering",
]
SCOPES = ["", "Faculty of Law", "School of Medicine"]
RENEWAL_PROBABILITY = 0.4
DISTRICTS = ["", "", "", " North", " Süd", " Centro", " (Campus II)", ", Saint-Étienne"]


def country_names() -> list[str]:
    return [row["name"] for row in json.loads((FIXTURES / "countries.json").read_text(encoding="utf-8"))]


def generate_rows(count: int, seed: int) -> list[list[str]]:
    """Return rows of distinct universities, sorted by country and name."""
    rng = random.Random(seed)  # noqa: S311
    names, weights = country_names(), _country_weights()
    seen, rows = set(), []
    while len(rows) < count:
        country = rng.choices(names, weights)[0]
        name = generate_name(rng)
        key = country, matching_key(name)
        if key not in seen:
            seen.add(key)
            rows.append([country, name, rng.choices([*TERM_WEIGHTS], TERM_WEIGHTS.values())[0]])
    return sorted(rows)


def _country_weights() -> list[float]:
    with (FIXTURES / "partners.tsv").open(encoding="utf-8") as file:
        partner_counts = Counter(line.split("\t")[0] for line in file)
    return [partner_counts[name] or UNLISTED_WEIGHT for name in country_names()]


def generate_name(rng: random.Random) -> str:
    place = rng.choice(STEMS) + rng.choice(ENDINGS) + rng.choice(DISTRICTS)
    return rng.choice(PATTERNS).format(place)


def generate_periods(rng: random.Random, today: date) -> list[Period]:
    """Return the periods of an agreement and of its renewals, which do not overlap. The last may be upcoming."""
    start = today - timedelta(days=rng.randrange(10 * 365))
    if rng.random() < 0.5:
        start = date(start.year, 9, 1)
    periods = [Period(start, start + relativedelta(years=rng.randint(1, 5)) - ONE_DAY)]
    while rng.random() < RENEWAL_PROBABILITY:
        periods.append(next_period(periods[-1]))
    return periods


def generate_mobilities(rng: random.Random) -> list[dict[str, object]]:
    """Return the values of two mobilities, out and in. Some have no places, or are of staff."""
    kind = rng.choices(list(MobilityKind), [70, 10, 15, 5])[0]
    offer = {
        "kind": kind,
        "places": rng.choice([None, 1, 2, 2, 3, 4, 5]),
        "study_levels": rng.choice(["", "bachelor", "bachelor,master", "doctoral"]) if kind.is_for_students else "",
        "fields_of_study": rng.choice(["", "all", "02", "0531", "041 0421", "061 0715 0732"]),
        "languages": rng.choice(["", "en B2", "en B2,de B1", "es"]),
    }
    return [offer | {"direction": direction} for direction in Direction]


def write_list(count: int, seed: int, file: Path) -> None:
    """Write TSV, or XLSX to a file of that name."""
    rows = [HEADER, *generate_rows(count, seed)]
    if file.suffix == ".xlsx":
        with xlsxwriter.Workbook(file) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
        return
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, "excel-tab", lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    write_list(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
