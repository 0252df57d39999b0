"""Walk through the places that show a text field named `insurance`. Run in a copy of the project that declares one."""

import json
import re
import sys

import django
from django.test import Client
from django.test.utils import setup_test_environment


def main():
    from partners.admin.bulk_edit import BulkEditForm
    from partners.groups import Role
    from tests.helpers.factories import AgreementFactory, create_staff
    from tests.helpers.html import text
    from tests.helpers.register_files import exported_rows, import_rows, row

    agreement = AgreementFactory(university__name="Jena", insurance="Own")
    import_rows(row("Bilateral", "signed", name="Jena", insurance=" Own  and theirs "))
    office, student = Client(), Client()
    office.force_login(create_staff("anna", Role.COORDINATOR))
    form = office.get(f"/admin/partners/agreement/{agreement.pk}/change/").context["adminform"]
    page = student.get("/universities/jena/")
    downloaded = student.get("/partners.json").json()["universities"][0]["agreements"][0]
    found = {
        "exported": exported_rows()[0]["Insurance"],
        "admin": [str(fieldset.name) for fieldset in form if ("insurance",) in fieldset.fields],
        "bulk edit": list(BulkEditForm().fields),
        "public page": re.findall(r"Insurance \w+ and theirs", text(page)),
        "json": downloaded["insurance"],
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    django.setup()
    setup_test_environment()
    main()
