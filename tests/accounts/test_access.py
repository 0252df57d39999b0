"""Access of office users to pages outside the admin."""

import pytest
from django_otp.plugins.otp_totp.models import TOTPDevice

from partners.enums import AgreementStatus
from tests.helpers.factories import AgreementFactory, UniversityFactory

HIDDEN_URL = "/universities/hidden/"
PASSWORD = "the right one"  # noqa: S105


@pytest.fixture
def account(client, coordinator):
    """A coordinator with a password, and a university that only the office can see."""
    AgreementFactory(university=UniversityFactory(name="Hidden"), status=AgreementStatus.ENDED)
    coordinator.set_password(PASSWORD)
    coordinator.save()
    return coordinator


def log_in(client):
    client.post("/admin/login/", {"username": "coordinator", "password": PASSWORD})


def test_pending_mfa_gives_no_access(client, account):
    TOTPDevice.objects.create(user=account)

    log_in(client)

    assert [client.get(url).status_code for url in (HIDDEN_URL, "/de" + HIDDEN_URL, "/admin/")] == [404, 404, 302]


@pytest.mark.parametrize("flag", ["is_staff", "is_active"])
def test_session_loses_access_with_staff_or_active_flag(client, account, flag):
    log_in(client)
    before = client.get(HIDDEN_URL).status_code
    setattr(account, flag, False)
    account.save()

    assert (before, client.get(HIDDEN_URL).status_code, client.get("/admin/").status_code) == (200, 404, 302)
