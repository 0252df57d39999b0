"""Update the translation catalogues of the public pages: `.venv/bin/python -m tools.catalogues`

Extract the strings of the public pages, add new ones to each `.po` file, remove obsolete ones and compile `.mo` files.
Like makemessages and compilemessages, but without GNU gettext: Babel, already a dependency, reads and writes the files.
"""

from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE_DIR = ROOT / "partners" / "locale"
PYTHON_FILES = [
    "partners/public/*.py",
    "partners/agreement_fields.py",
    "partners/country_names.py",
    "partners/enums.py",
    "partners/fields_of_study.py",
    "partners/querysets/states.py",
    "partners/regions.py",
]
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
    for path in sorted(LOCALE_DIR.glob("*/LC_MESSAGES/django.po")):
        catalogue = read_catalogue(path)
        catalogue.update(extract_strings(), no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        path.write_bytes(to_po(catalogue))
        path.with_suffix(".mo").write_bytes(to_mo(catalogue))


def extract_strings():
    """Return a catalogue of all strings that the public pages translate."""
    catalogue = Catalog()
    for pattern in (*PYTHON_FILES, *TEMPLATES):
        for path in sorted(ROOT.glob(pattern)):
            for _, message, _, context in extract("python", BytesIO(to_python(path)), KEYWORDS):
                catalogue.add(message, context=context)
    return catalogue


def to_python(path):
    """Return the file as Python source. A template is put into brackets, since its indentation has no meaning."""
    text = path.read_text(encoding="utf-8")
    return (f"({templatize(text)})" if path.suffix == ".html" else text).encode()


def read_catalogue(path):
    return read_po(BytesIO(path.read_bytes()), locale=path.parts[-3])


def to_po(catalogue):
    file = BytesIO()
    write_po(file, catalogue, width=120, sort_output=True)
    return file.getvalue()


def to_mo(catalogue):
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


if __name__ == "__main__":
    main()
