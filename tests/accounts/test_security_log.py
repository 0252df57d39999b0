"""What the log tells of who came in, who did not, and what was refused."""

import pytest
from django.contrib.auth.models import User
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from partners.models import Country, ImportRun
from tests.factories import DocumentFactory
from tests.html import close

PASSWORD = "the right one"  # noqa: S105
LOGIN = "/admin/login/"


@pytest.fixture
def told(caplog, coordinator):
    """The events that were told since, each with who and whatever is asked for."""
    coordinator.set_password(PASSWORD)
    coordinator.save()
    caplog.set_level("INFO", "partners.security")
    caplog.clear()

    def events(*names):
        records = [record for record in caplog.records if record.name == "partners.security"]
        return [(record.event, record.user, *(getattr(record, name, None) for name in names)) for record in records]

    return events


def sign_in(client, password=PASSWORD, name="coordinator"):
    return client.post(LOGIN, {"username": name, "password": password})


def test_coming_and_going_is_told_with_how_and_from_where(client, told):
    sign_in(client)
    client.post("/admin/logout/")

    assert told("address", "by") == [
        ("signed in", "coordinator", "127.0.0.1", "ModelBackend"),
        ("signed out", "coordinator", "127.0.0.1", None),
    ]


def test_failures_are_told_until_one_has_to_wait(client, told):
    for _number in range(11):
        sign_in(client, "a wrong one")

    assert told()[:9] == [("not signed in", "coordinator")] * 9
    assert ("has to wait", "coordinator") in told()


def test_what_is_typed_for_a_name_is_told_only_if_it_is_one(client, told, caplog):
    sign_in(client, name="the right one")

    assert told() == [("not signed in", "nobody")]
    assert "the right one" not in caplog.text


def test_second_factor_is_told(client, told, coordinator):
    sign_in(client)
    client.post("/admin/second-factor/", {"step": "begin"})
    app = TOTPDevice.objects.get()
    client.post("/admin/second-factor/", {"step": "confirm", "code": f"{totp(app.bin_key):06}"})
    client.post("/admin/second-factor/", {"step": "off"})

    assert [event for event, _user in told()] == [
        "signed in",
        "second factor on",
        "recovery codes made",
        "second factor off",
    ]


def test_codes_are_told_and_not_what_they_were(client, told, coordinator, caplog):
    app = TOTPDevice.objects.create(user=coordinator)
    sign_in(client)
    code = f"{totp(app.bin_key):06}"
    client.post("/admin/code/", {"code": code})
    client.post("/admin/confirm/", {"password": "a wrong one", "code": code})

    assert [event for event, _user in told()[:2]] == ["signed in", "right code"]
    assert told()[-1] == ("not confirmed", "coordinator")
    assert (code in caplog.text, "a wrong one" in caplog.text) == (False, False)


def test_new_password_is_told_whichever_way_it_came(told, coordinator):
    coordinator.set_password("another and long one")
    coordinator.save()

    assert told("address") == [("password changed", "coordinator", None)]


def test_refusal_is_told_with_the_page(client, told, coordinator):
    client.force_login(coordinator)
    country = Country.objects.first()

    client.get(f"/admin/partners/country/{country.pk}/delete/")

    assert told("method", "page")[-1] == (
        "refused",
        "coordinator",
        "GET",
        f"/admin/partners/country/{country.pk}/delete/",
    )


def test_forged_form_is_told(client, told):
    client.handler.enforce_csrf_checks = True

    client.post("/admin/logout/")

    assert told("page") == [("refused", "nobody", "/admin/logout/")]


def test_change_of_an_account_is_told(client, told):
    client.force_login(User.objects.create_superuser("ann"))

    client.post("/admin/auth/user/add/", {"username": "berta", "email": "berta@example.edu"})

    assert told("whose", "action")[-2:] == [
        ("invited", "ann", "berta", None),
        ("account changed", "ann", "berta", "Addition"),
    ]


def test_what_leaves_the_house_is_told(client, told, coordinator):
    client.force_login(coordinator)
    document = DocumentFactory()
    run = ImportRun.of(b"Country", file_name="partners.tsv")
    run.accept()

    close(client.get(f"/admin/partners/document/{document.pk}/file/"))
    client.post("/admin/partners/university/export/", {"resource": "0", "format": "0"})
    client.get(f"/admin/partners/importrun/{run.pk}/file/")

    assert told("document", "format", "run")[1:] == [
        ("document opened", "coordinator", document.pk, None, None),
        ("exported", "coordinator", None, "tsv", None),
        ("import file opened", "coordinator", None, None, run.pk),
    ]
