import re
import subprocess
import sys
from pathlib import Path

import pytest

from partners.foreign_country_names import CLDR_NAMES_PATH
from partners.imports.country_lookup import CountryLookup
from partners.models import Country
from tests.helpers.paths import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference_data")]
FILE = Path(__file__).with_name("files") / "country_spellings.txt"
SPELLINGS = re.findall(r"(?:^\w\w: |, )(.+?) ([A-Z]{2})(?=,|$)", FILE.read_text(encoding="utf-8"), re.MULTILINE)


def find(text):
    country = CountryLookup(Country.objects.all()).find(text)
    return country and country.code


def test_country_is_found_under_everyday_names_of_eight_languages():
    lookup = CountryLookup(Country.objects.all())

    wrong = [
        (text, code, country) for text, code in SPELLINGS if (country := lookup.find(text)) != lookup.by_code[code]
    ]

    assert (wrong, len(SPELLINGS) >= 200) == ([], True)


@pytest.mark.parametrize(
    "text",
    [
        "Germany/France",
        "Germany, France",
        "Germany, France, Italy",
        "France, La Réunion",
        "Georgia, USA",
        "Ireland - North",
        "🇩🇪🇫🇷",
        "France (La Réunion)",
        "Ireland (North)",
        "Serbia and Montenegro",
        "Virgin Islands",
        "Atlantis",
        "Ao",
        "ZZ",
        "QQQ",
        "de",
        "-",
        "x" * 2_000,
        "Germany" + "(" * 1_000,
        " ".join(["s n st rep"] * 10),
    ],
)
def test_text_that_names_no_single_country_is_not_understood(text):
    assert find(text) is None


def test_name_of_the_register_is_preferred_to_codes_and_other_languages():
    Country.objects.filter(code="NO").update(name="FR", name_key="fr")
    Country.objects.filter(code="SE").update(other_names="Holanda")

    assert [find("FR"), find("Holanda")] == ["NO", "SE"]


def test_country_that_the_register_lacks_has_a_code_only():
    Country.objects.filter(code="XK").delete()
    lookup = CountryLookup(Country.objects.all())

    assert (lookup.find("Kosovo"), lookup.find_code("Kosovo")) == (None, "XK")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Brazl", "Brazil"),
        ("Frnace", "France"),
        ("Switzerlnd", "Switzerland"),
        ("Griechenlnad", "Greece"),
        ("Portugall", "Portugal"),
        ("Austrlia", None),
        ("Nigera", None),
        ("Irac", None),
        ("Slovania", None),
        ("Wakanda", None),
        ("Erasmus", None),
        ("Fr", None),
        ("x" * 2_000, None),
    ],
)
def test_suggestion_is_the_only_similar_country_or_none(text, name):
    country = CountryLookup(Country.objects.all()).suggest(text)

    assert (country and country.name) == name


@pytest.mark.slow
def test_collected_names_are_those_of_cldr(tmp_path):
    path = tmp_path / "names.json"

    subprocess.run([sys.executable, "-m", "tools.country_names", path], cwd=ROOT, check=True)

    assert path.read_bytes() == CLDR_NAMES_PATH.read_bytes()
