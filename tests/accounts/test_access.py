"""Pages that are the office's own, outside of the back office."""

import pytest
from django_otp.plugins.otp_totp.models import TOTPDevice

from partners.enums import AgreementStatus
from tests.factories import AgreementFactory, UniversityFactory

HIDDEN = "/universities/hidden/"
PASSWORD = "the right one"  # noqa: S105


@pytest.fixture
def account(client, coordinator):
    """A coordinator who has given the password, and sees a university that is off the list."""
    AgreementFactory(university=UniversityFactory(name="Hidden"), status=AgreementStatus.ENDED)
    coordinator.set_password(PASSWORD)
    coordinator.save()
    return coordinator


def sign_in(client):
    client.post("/admin/login/", {"username": "coordinator", "password": PASSWORD})


def test_who_owes_the_second_factor_is_not_of_the_office_yet(client, account):
    TOTPDevice.objects.create(user=account)

    sign_in(client)

    assert [client.get(page).status_code for page in (HIDDEN, "/de" + HIDDEN, "/admin/")] == [404, 404, 302]


@pytest.mark.parametrize("lost", ["is_staff", "is_active"])
def test_who_loses_the_account_during_a_session_is_no_longer_of_the_office(client, account, lost):
    sign_in(client)
    before = client.get(HIDDEN).status_code
    setattr(account, lost, False)
    account.save()

    assert (before, client.get(HIDDEN).status_code, client.get("/admin/").status_code) == (200, 404, 302)
