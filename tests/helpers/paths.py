from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OFFICE_LIST_PATH = ROOT / "fixtures" / "partners.tsv"
