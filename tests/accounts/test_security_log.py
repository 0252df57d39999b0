import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from partners.models import Country, Run
from tests.helpers.factories import DocumentFactory
from tests.helpers.html import close_response

PASSWORD = "the right one"  # noqa: S105
LOGIN = "/admin/login/"


@pytest.fixture
def logged_events(caplog, coordinator):
    """Return a function that lists logged events as (event, user, *values of the named attributes)."""
    coordinator.set_password(PASSWORD)
    coordinator.save()
    caplog.set_level("INFO", "partners.security")
    caplog.clear()

    def events(*names):
        records = [record for record in caplog.records if record.name == "partners.security"]
        return [(record.event, record.user, *(getattr(record, name, None) for name in names)) for record in records]

    return events


def log_in(client, password=PASSWORD, name="coordinator"):
    return client.post(LOGIN, {"username": name, "password": password})


def test_login_and_logout_are_logged_with_backend_and_ip(client, logged_events):
    log_in(client)
    client.post("/admin/logout/")

    assert logged_events("client_ip", "backend") == [
        ("login", "coordinator", "127.0.0.1", "ModelBackend"),
        ("logout", "coordinator", "127.0.0.1", None),
    ]


def test_failed_logins_and_lockout_are_logged(client, logged_events):
    for _attempt in range(11):
        log_in(client, "a wrong one")

    assert logged_events()[:9] == [("login_failed", "coordinator")] * 9
    assert ("lockout", "coordinator") in logged_events()


def test_unknown_username_is_not_logged(client, logged_events, caplog):
    log_in(client, name="the right one")

    assert logged_events() == [("login_failed", "nobody")]
    assert "the right one" not in caplog.text


def test_mfa_changes_are_logged(client, logged_events, coordinator):
    log_in(client)
    client.post("/admin/mfa/", {"action": "start"})
    device = TOTPDevice.objects.get()
    client.post("/admin/mfa/", {"action": "confirm", "code": f"{totp(device.bin_key):06}"})
    client.post("/admin/mfa/", {"action": "disable"})

    assert [event for event, _user in logged_events()] == [
        "login",
        "mfa_enabled",
        "recovery_codes_generated",
        "mfa_disabled",
    ]


def test_codes_and_passwords_are_not_logged(client, logged_events, coordinator, caplog):
    device = TOTPDevice.objects.create(user=coordinator)
    log_in(client)
    code = f"{totp(device.bin_key):06}"
    client.post("/admin/mfa/verify/", {"code": code})
    client.post("/admin/reauthenticate/", {"password": "a wrong one", "code": code})

    assert [event for event, _user in logged_events()[:2]] == ["login", "mfa_ok"]
    assert logged_events()[-1] == ("reauthentication_failed", "coordinator")
    assert (code in caplog.text, "a wrong one" in caplog.text) == (False, False)


def test_password_change_is_logged(logged_events, coordinator):
    coordinator.set_password("another and long one")
    coordinator.save()

    assert logged_events("client_ip") == [("password_changed", "coordinator", None)]


def test_forbidden_request_is_logged_with_path(client, logged_events, coordinator):
    client.force_login(coordinator)
    country = Country.objects.first()

    client.get(f"/admin/partners/country/{country.pk}/delete/")

    assert logged_events("method", "path")[-1] == (
        "forbidden",
        "coordinator",
        "GET",
        f"/admin/partners/country/{country.pk}/delete/",
    )


def test_csrf_failure_is_logged(client, logged_events):
    client.handler.enforce_csrf_checks = True

    client.post("/admin/logout/")

    assert logged_events("path") == [("forbidden", "nobody", "/admin/logout/")]


def test_account_change_is_logged(client, logged_events):
    client.force_login(User.objects.create_superuser("ann"))

    client.post("/admin/auth/user/add/", {"username": "berta", "email": "berta@example.edu"})

    assert logged_events("target", "action")[-3:] == [
        ("account_changed", "ann", "berta", "Addition"),
        ("invitation_sent", "ann", "berta", None),
        ("account_changed", "ann", "berta", "Change"),
    ]


def test_downloads_are_logged(client, logged_events, coordinator):
    client.force_login(coordinator)
    document = DocumentFactory()
    run = Run.from_upload(b"Country", file_name="partners.tsv", accepted_at=now())
    run.save()

    close_response(client.get(f"/admin/partners/document/{document.pk}/file/"))
    client.post("/admin/partners/university/export/", {"resource": "0", "format": "0"})
    client.get(f"/admin/partners/run/{run.pk}/file/")

    assert logged_events("document", "format", "run")[1:] == [
        ("document_opened", "coordinator", document.pk, None, None),
        ("exported", "coordinator", None, "tsv", None),
        ("import_file_opened", "coordinator", None, None, run.pk),
    ]
