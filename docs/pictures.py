"""Take the screenshots in docs/pictures from a fresh site: .venv/bin/python docs/pictures.py"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from zipfile import ZipFile

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
DOCUMENT = {"name": "Agreement, signed.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n"}
INSTITUTIONS = [
    ("01nffqt88", "Politecnico di Milano", "Milan", "https://www.polimi.it"),
    ("00bgk9508", "Politecnico di Torino", "Turin", "https://www.polito.it"),
    ("05vf0dg29", "Roma Tre University", "Rome", "https://www.uniroma3.it"),
    ("02be6w209", "Sapienza University of Rome", "Rome", "https://www.uniroma1.it"),
    ("04dfrdm61", "Unitelma Sapienza University", "Rome", "https://www.unitelmasapienza.it"),
    ("02p77k626", "University of Rome Tor Vergata", "Rome", "https://web.uniroma2.it"),
    ("00x27da85", "University of Perugia", "Perugia", "https://www.unipg.it"),
    ("047302w76", "University for Foreigners Perugia", "Perugia", "https://www.unistrapg.it"),
]
"""Institutions of Italy in the directory: ROR ID, name, city, website."""
SCREENS = {
    "public": ("/", 1280),
    "public-phone": ("/?type=erasmus&country=IT", 360),
    "public-hebrew": ("/he/?country=IT&country=TW", 1280),
    "public-dark": ("/?type=ge3", 768),
    "term": (f"/?country=IT&term={date.today().year + 1}-t1", 1280),  # noqa: DTZ011
    "embedded": ("/?country=IT&embed=1", 768),
    "university": ("/universities/politecnico-di-milano/", 1280),
    "comparison": (
        "/?pick=politecnico-di-milano&pick=technical-university-of-munich-tum&pick=czech-technical-university",
        1280,
    ),
    "admin": ("/admin/partners/university/", 1280),
    "worklist": ("/admin/", 1280),
    "statistics": ("/admin/statistics/", 1280),
    "agreements": ("/admin/partners/agreement/?status=in-force", 1280),
}


def main():
    with run_site() as (base_url, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_context(base_url=base_url).new_page()
        sign_in(page, password)
        page.set_viewport_size({"width": 1280, "height": 800})
        capture_mobilities(page)
        for name, (path, width) in SCREENS.items():
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme="dark" if name.endswith("-dark") else "light")
            page.goto(path)
            take_screenshot(page, name)
        page.set_viewport_size({"width": 1280, "height": 640})
        capture_another_name(page)
        capture_new_partner(page)
        capture_signing(page)
        capture_documents(page)
        capture_import(page)
        capture_edit_conflict(page)
        capture_renewing(page)
        capture_identifying(page)
        browser.close()


def take_screenshot(page, name):
    page.wait_for_load_state()
    page.screenshot(path=PICTURES / f"{name}.png")


def capture_mobilities(page):
    """Record what an agreement offers, which the pictures of the university and the comparison have too."""
    page.goto("/admin/partners/agreement/?q=politecnico+di+milano&status=in-force")
    page.get_by_role("row", name="Erasmus+").get_by_role("link", name="Politecnico di Milano").click()
    line = page.locator("#mobilities-0")
    line.get_by_label("Places").fill("4")
    line.get_by_label("bachelor").check()
    line.get_by_label("master").check()
    line.get_by_label("Languages").fill("English B2")
    line.get_by_role("searchbox", name="Fields of study").fill("mech")
    page.get_by_role("option", name="0715 Mechanics and metal trades").click()
    line.get_by_role("button", name="Add the same for the other direction").click()
    page.locator("#mobilities-group").screenshot(path=PICTURES / "mobilities.png")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/admin/partners/agreement/edit/?id=2&id=3")
    page.get_by_role("combobox", name="Mobilities").select_option(label="replaced by the lines below")
    page.locator("#mobilities-0").get_by_label("Places").fill("2")
    page.get_by_role("button", name="Show what changes").click()
    page.get_by_role("button", name="Change these 2 agreements").wait_for()
    page.get_by_role("searchbox", name="Fields of study").wait_for()
    page.screenshot(path=PICTURES / "mobilities-together.png", full_page=True)


def capture_signing(page):
    page.goto("/admin/")
    page.get_by_role("link", name="Mark as signed").click()
    page.get_by_label("Documents", exact=True).set_input_files(DOCUMENT)
    take_screenshot(page, "signing")


def capture_another_name(page):
    page.goto("/admin/partners/university/add/")
    page.get_by_label("Name:", exact=True).fill("Uni Jena (FSU)")
    page.get_by_label("Country or territory:").select_option(label="Germany")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_load_state()
    take_screenshot(page, "another-name")


def capture_new_partner(page):
    page.goto("/admin/partners/university/add/")
    page.get_by_role("button", name="Add another agreement").click()
    block = page.locator("#agreements-0")
    block.get_by_label("Agreement type").select_option(label="Erasmus+")
    block.get_by_label("Places").fill("4")
    block.get_by_label("bachelor").check()
    block.get_by_label("master").check()
    block.get_by_label("Languages").fill("English B2")
    block.get_by_role("button", name="Add the same for the other direction").click()
    block.screenshot(path=PICTURES / "new-partner.png")


def capture_documents(page):
    page.goto("/admin/partners/agreement/1/change/")
    page.get_by_label("Add documents").set_input_files(DOCUMENT)
    page.get_by_role("button", name="Save and continue editing").click()
    page.locator("#documents-group").screenshot(path=PICTURES / "documents.png")


def capture_import(page):
    page.goto("/admin/partners/university/import/")
    take_screenshot(page, "import")
    upload(page, {"Country\tUniversity name\tAgreement type": "Land\tWhere to\tWhat"})
    take_screenshot(page, "import-columns")
    page.get_by_role("link", name="Choose another file").click()
    upload(page, {"University of Malaga": "Universität Málaga"}, encoding="cp1252")
    take_screenshot(page, "import-encoding")
    page.get_by_role("link", name="Choose another file").click()
    upload(page, {"Drexel University\tBilateral": "Drexel University\tBilatral", "Taiwan\tAcademia": "Taiwn\tAcademia"})
    take_screenshot(page, "import-errors")
    edited = {"Monash University\tBilateral": "Monash University\tBilateral/Erasmus+"}
    upload(page, edited | {"Drexel University\tBilateral/GE3": "Drexel University\tBilateral"})
    take_screenshot(page, "import-preview")
    page.get_by_role("button", name="Import this").click()
    take_screenshot(page, "run")
    capture_questions(page)


def capture_questions(page):
    """Sign an agreement, and choose a list that is older and has other names."""
    page.goto("/admin/")
    page.get_by_role("link", name="Mark as signed").click()
    page.get_by_label("Agreement type").select_option(label="Erasmus+")
    page.get_by_label("Documents", exact=True).set_input_files(DOCUMENT)
    page.get_by_role("button", name="Mark as signed").click()
    page.goto("/admin/partners/university/import/")
    names = {"University of Antwerp": "Antwerp University", "Technical University of Munich (TUM)": "TU München"}
    upload(page, names)
    page.get_by_role("group", name="Antwerp").get_by_role("radio", name="University of Antwerp").check()
    page.screenshot(path=PICTURES / "import-questions.png", full_page=True)


def capture_edit_conflict(page):
    page.goto("/admin/partners/university/?q=drexel")
    page.get_by_role("link", name="Drexel University").click()
    page.get_by_label("City").fill("Philadelphia, PA")
    colleague = page.context.new_page()
    colleague.goto(page.url)
    colleague.get_by_label("City").fill("Philadelphia (Pennsylvania)")
    colleague.get_by_label("Website").fill("https://drexel.edu/global/")
    colleague.get_by_role("button", name="Save", exact=True).click()
    colleague.close()
    page.get_by_role("button", name="Save", exact=True).click()
    take_screenshot(page, "edit-conflict")


def capture_renewing(page):
    """Renew one agreement that ends then, one without an end, and late, one for a faculty."""
    agreements = {2: ("2024-09-01", "2027-08-31", ""), 3: ("2023-09-01", "", "")}
    for number, values in (agreements | {5: ("2023-01-01", "2026-12-31", "Faculty of Law")}).items():
        page.goto(f"/admin/partners/agreement/{number}/change/")
        for label, value in zip(("Valid from", "Valid until", "Scope"), values, strict=True):
            page.get_by_label(label).fill(value)
        page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/admin/partners/agreement/renew/?id=2&id=3&id=5")
    for university, start in [("Monash University", "2027-09-01"), ("University of Antwerp", "2026-09-01")]:
        page.get_by_role("row", name=university).get_by_label("Valid from").fill(start)
    page.get_by_label("Valid until").first.fill("2030-08-31")
    take_screenshot(page, "renewing")
    page.get_by_role("button", name="Renew").click()
    page.goto("/admin/partners/agreement/?status=in-process")
    page.get_by_label("Select all").check()
    page.get_by_role("combobox", name="Action").select_option(label="Mark selected as signed")
    page.get_by_role("button", name="Go").click()
    take_screenshot(page, "signing-renewal")
    page.get_by_role("button", name="Mark as signed").click()
    page.goto("/admin/partners/agreement/?q=monash")
    take_screenshot(page, "renewed")


def capture_identifying(page):
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/admin/partners/university/identify/?country=IT")
    page.get_by_role("radio", name="Sapienza University of Rome").check()
    take_screenshot(page, "identifying")
    page.get_by_role("button", name="Link those chosen").click()
    page.goto("/admin/partners/university/?q=politecnico+di+milano")
    page.get_by_role("link", name="Politecnico di Milano").click()
    page.get_by_label("City").fill("Milano")
    page.get_by_role("button", name="Save and continue editing").click()
    page.locator(".directory").screenshot(path=PICTURES / "linked.png")


def upload(page, replacements, encoding="utf-8"):
    text = (ROOT / "fixtures/partners.tsv").read_text(encoding="utf-8")
    for old, new in replacements.items():
        text = text.replace(old, new)
    page.get_by_label("File to import").set_input_files(
        {"name": "partners.tsv", "mimeType": "text/tab-separated-values", "buffer": text.encode(encoding)}
    )
    page.get_by_role("button", name="Show the preview").click()


@contextmanager
def run_site():
    """Serve a fresh site with the office's list; yield its URL and the coordinator's password."""
    with TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
        probe.close()
        environment = os.environ | {
            "SECRET_KEY": "for pictures only",
            "DEBUG": "on",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "DOCUMENTS_DIR": f"{folder}/documents",
        }

        def manage(*arguments, run=subprocess.run, **options):
            return run([sys.executable, ROOT / "manage.py", *arguments], env=environment, text=True, **options)

        manage("migrate", "--verbosity", "0", check=True)
        bootstrap = manage(
            "bootstrap",
            ROOT / "fixtures/partners.tsv",
            "--details",
            ROOT / "fixtures/partner_details.tsv",
            "--url",
            f"http://{host}",
            check=True,
            stdout=subprocess.PIPE,
        )
        manage("load_ror", write_release(Path(folder) / "ror.zip"), check=True, stdout=subprocess.DEVNULL)
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        server = manage("runserver", "--noreload", host, run=subprocess.Popen, **options)
        try:
            next(line for line in server.stdout if "Quit the server" in line)
            # Read the log of requests, as a full pipe would block the server.
            Thread(target=server.stdout.read, daemon=True).start()
            yield f"http://{host}", re.search(r"coordinator, with the password (\S+)", bootstrap.stdout)[1]
        finally:
            server.terminate()
            server.wait()


def write_release(path):
    """Write INSTITUTIONS to a release in the shape of ROR's schema v2. Return its path."""
    organizations = [
        {
            "id": f"https://ror.org/{ror_id}",
            "status": "active",
            "types": ["education"],
            "names": [{"value": name, "types": ["ror_display", "label"], "lang": None}],
            "locations": [{"geonames_details": {"country_code": "IT", "name": city}}],
            "domains": [],
            "links": [{"type": "website", "value": website}],
            "relationships": [],
        }
        for ror_id, name, city, website in INSTITUTIONS
    ]
    with ZipFile(path, "w") as archive:
        archive.writestr("v2-ror-data.json", json.dumps(organizations))
    return path


def sign_in(page, password):
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("coordinator")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


if __name__ == "__main__":
    main()
