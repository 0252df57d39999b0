"""Files of the shape of the office's list, the same for the same seed.

``python -m bench.generators ROWS SEED FILE`` writes one. Countries come up as often as in the office's
own list, and each of the world's others now and then.
"""

import csv
import json
import random
import sys
from collections import Counter
from pathlib import Path

from partners.name_normalization import matching_key

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
HEADER = ["Country", "University name", "Agreement type"]
TYPES = ["Bilateral", "Erasmus+", "GE3"]
ELSEWHERE = 0.1
"""How often a country comes up that is not in the office's list, where those with one partner count 1."""

TERMS = {
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
DISTRICTS = ["", "", "", " North", " Süd", " Centro", " (Campus II)", ", Saint-Étienne"]


def countries() -> list[str]:
    return [row["name"] for row in json.loads((FIXTURES / "countries.json").read_text(encoding="utf-8"))]


def rows(number: int, seed: int) -> list[list[str]]:
    """Universities of distinct keys, by country and name as the office sorts them."""
    chance = random.Random(seed)  # noqa: S311
    names, weights = countries(), _weights()
    seen, found = set(), []
    while len(found) < number:
        country = chance.choices(names, weights)[0]
        name = _name(chance)
        identity = country, matching_key(name)
        if identity not in seen:
            seen.add(identity)
            found.append([country, name, chance.choices([*TERMS], TERMS.values())[0]])
    return sorted(found)


def _weights() -> list[float]:
    with (FIXTURES / "partners.tsv").open(encoding="utf-8") as file:
        listed = Counter(line.split("\t")[0] for line in file)
    return [listed[name] or ELSEWHERE for name in countries()]


def _name(chance: random.Random) -> str:
    place = chance.choice(STEMS) + chance.choice(ENDINGS) + chance.choice(DISTRICTS)
    return chance.choice(PATTERNS).format(place)


def write(number: int, seed: int, file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        tsv = csv.writer(stream, "excel-tab", lineterminator="\n")
        tsv.writerows([HEADER, *rows(number, seed)])


if __name__ == "__main__":
    write(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
