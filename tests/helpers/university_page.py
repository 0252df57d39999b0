"""The form of a university with its inline rows of agreements."""

from partners.models import AgreementType


def row(type_name, status, agreement=None, **values):
    """Return the data of one row of the agreement inline."""
    agreement_type = AgreementType.objects.filter(name=type_name).first()
    ids = {"id": agreement.pk if agreement else "", "agreement_type": agreement_type.pk if agreement_type else ""}
    scope = agreement.scope if agreement else ""
    return ids | {"scope": scope, "status": status, "signed_on": "", "valid_from": "", "valid_until": ""} | values


def save(browser, university, *rows):
    """Submit the university form with rows of agreements; those of existing agreements come first."""
    data = {
        "name": university.name,
        "country": university.country_id,
        "is_listed": "on",
        "slug": university.slug,
        "agreements-TOTAL_FORMS": len(rows),
        "agreements-INITIAL_FORMS": sum(bool(row["id"]) for row in rows),
    }
    for index, values in enumerate(rows):
        data |= {f"agreements-{index}-{name}": value for name, value in values.items()}
    path = f"{university.pk}/change" if university.pk else "add"
    return browser.post(f"/admin/partners/university/{path}/", data, follow=True)
