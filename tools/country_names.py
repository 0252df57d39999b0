"""Collect the names of countries in all languages of Unicode's CLDR: `python -m tools.country_names [FILE]`

Writes `fixtures/cldr_country_names.json`, or FILE: names by country code, those in USUAL_LANGUAGES and those in all
others. Run it after an upgrade of Babel. The names come from Babel's files, each without what it inherits. Babel keeps
such incomplete locales in its cache, so this is not for a process that shows names.
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

from babel import localedata

PATH = Path(__file__).resolve().parent.parent / "fixtures" / "cldr_country_names.json"
USUAL_LANGUAGES = frozenset(["en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr"])
"""Languages whose names are preferred to similar ones in others, and suggested for mistyped ones."""
NOT_COUNTRIES = frozenset(["EU", "EZ", "UN", "ZZ", "QO", "XA", "XB", "AC", "CP", "DG", "EA", "IC", "TA"])
"""Codes of CLDR that stand for no country or territory of ISO 3166-1."""
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def collect_names():
    names = {"usual": defaultdict(set), "other": defaultdict(set)}
    for locale in localedata.locale_identifiers():
        language = locale.partition("_")[0]
        names_by_code = names["usual" if language in USUAL_LANGUAGES else "other"]
        for code, name in localedata.load(locale, merge_inherited=False).get("territories", {}).items():
            if re.fullmatch("[A-Z]{2}", code) and code not in NOT_COUNTRIES:
                names_by_code[code].add(name)
                if language == "de":
                    names_by_code[code].add(name.translate(UMLAUTS))
    for code, usual in names["usual"].items():
        names["other"][code] -= usual
    return {kind: {code: sorted(found[code]) for code in sorted(found)} for kind, found in names.items()}


if __name__ == "__main__":
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PATH
    path.write_text(json.dumps(collect_names(), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
