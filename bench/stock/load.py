"""Import a file as "Getting started" in django-import-export's documentation does, with a dry run first.

``python -m bench.stock.load FILE``. The package's own import command does without the dry run.
"""

import sys
from pathlib import Path

import django
from import_export.results import RowResult
from tablib import Dataset


def main(file):
    django.setup()
    from bench.stock.resources import UniversityResource

    path = Path(file)
    dataset = Dataset()
    if path.suffix == ".xlsx":
        dataset.load(path.read_bytes(), "xlsx")
    else:
        dataset.load(path.read_text(encoding="utf-8"), "tsv")
    resource = UniversityResource()
    if resource.import_data(dataset, dry_run=True).has_errors():
        sys.exit("The dry run has errors.")
    totals = resource.import_data(dataset, dry_run=False).totals
    print(f"{totals[RowResult.IMPORT_TYPE_NEW]} new, {totals[RowResult.IMPORT_TYPE_UPDATE]} updated")


if __name__ == "__main__":
    main(sys.argv[1])
