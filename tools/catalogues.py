"""Brings the catalogues of the public pages up to date: .venv/bin/python -m tools.catalogues

Takes the strings out of what students see, puts those that are new into each ``.po`` file, drops
those that are gone, and compiles. It needs no gettext: a fresh clone has the compiled files, and
Babel, which the site has for its countries anyway, reads and writes them.
"""

from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from partners.enums import StudyLevel

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "partners" / "locale"
CODE = ["partners/public/*.py", "partners/country_names.py"]
TEMPLATES = ["templates/*.html", "templates/partners/*.html"]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def main():
    settings.configure(USE_I18N=False)
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        catalogue = read(path)
        catalogue.update(strings(), no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        path.write_bytes(written(catalogue))
        path.with_suffix(".mo").write_bytes(compiled(catalogue))


def strings():
    """Every string that the public pages translate."""
    found = Catalog()
    for level in StudyLevel:
        found.add(str(level.label))
    for pattern in (*CODE, *TEMPLATES):
        for path in sorted(ROOT.glob(pattern)):
            for _, message, _, context in extract("python", BytesIO(source(path)), KEYWORDS):
                found.add(message, context=context)
    return found


def source(path):
    """As Python. What is left of a template has no indentation that means anything, which brackets say."""
    text = path.read_text(encoding="utf-8")
    return (f"({templatize(text)})" if path.suffix == ".html" else text).encode()


def read(path):
    return read_po(BytesIO(path.read_bytes()), locale=path.parts[-3])


def written(catalogue):
    file = BytesIO()
    write_po(file, catalogue, width=120, sort_output=True)
    return file.getvalue()


def compiled(catalogue):
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


if __name__ == "__main__":
    main()
