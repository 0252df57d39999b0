"""Confirmation of a past last day, and clearing of the next step, on all forms that can sign an agreement."""

from datetime import date

import pytest
import time_machine

from partners.enums import AgreementStatus
from partners.models import Agreement
from tests.helpers.agreement_page import NO_ROWS
from tests.helpers.factories import AgreementFactory
from tests.helpers.html import elements, errors, form_data, text

ERROR_MESSAGE = "The last day, 31 Aug 2019, has passed. Correct the year, or tick that it is right."


@pytest.fixture(autouse=True)
def fixed_date():
    with time_machine.travel("2026-07-28 12:00", tick=False):
        yield


@pytest.fixture
def agreement(db):
    return AgreementFactory(university__name="Marburg", status=AgreementStatus.IN_PROCESS, next_step="Send the draft")


def sign_on_agreement_form(client, agreement, **values):
    url = f"/admin/partners/agreement/{agreement.pk}/change/"
    typed = form_data(client.get(url), "#agreement_form") | {"status": "signed"}
    return client.post(url, typed | {name.replace("_confirmed", "-confirmed"): day for name, day in values.items()})


def sign_on_university_form(client, agreement, **values):
    url = f"/admin/partners/university/{agreement.university_id}/change/"
    typed = form_data(client.get(url), "#university_form") | {"agreements-0-status": "signed"}
    data = {f"agreements-0-{name.replace('_confirmed', '-confirmed')}": day for name, day in values.items()}
    return client.post(url, typed | data)


def sign_on_bulk_form(client, agreement, **values):
    typed = {"signed_on": "2026-07-28", "version": agreement.history.latest().pk} | values
    data = {f"{agreement.pk}-{name.replace('_confirmed', '-confirmed')}": day for name, day in typed.items()}
    return client.post(f"/admin/partners/agreement/sign/?id={agreement.pk}", data)


SIGN = [sign_on_agreement_form, sign_on_university_form, sign_on_bulk_form]


def checkboxes(page):
    """Return the value and label of the confirmation checkboxes by input name."""
    labels = elements(page, "label.confirm-date")
    return {box.name: (box.get("value"), text(label)) for label in labels for box in elements(label, "input")}


@pytest.mark.parametrize("sign", SIGN)
def test_past_last_day_has_to_be_confirmed(coordinator_client, agreement, sign):
    page = sign(coordinator_client, agreement, valid_until="2019-08-31")

    assert list(errors(page).values()) == [ERROR_MESSAGE]
    assert list(checkboxes(page).values()) == [("2019-08-31", "31 Aug 2019 is right")]
    assert Agreement.objects.get().status == "in_process"


@pytest.mark.parametrize("sign", SIGN)
def test_agreement_with_a_confirmed_past_last_day_is_signed(coordinator_client, agreement, sign):
    sign(coordinator_client, agreement, valid_until="2019-08-31", valid_until_confirmed="2019-08-31")

    signed = Agreement.objects.get()
    assert (signed.status, signed.valid_until) == ("signed", date(2019, 8, 31))


@pytest.mark.parametrize("sign", SIGN)
def test_changed_past_last_day_has_to_be_confirmed_again(coordinator_client, agreement, sign):
    page = sign(coordinator_client, agreement, valid_until="2018-08-31", valid_until_confirmed="2019-08-31")

    assert list(errors(page).values()) == [ERROR_MESSAGE.replace("2019", "2018")]
    assert Agreement.objects.get().status == "in_process"


@pytest.mark.parametrize("sign", SIGN)
@pytest.mark.parametrize("day", ["", "2026-07-28", "2029-08-31"])
def test_future_last_day_needs_no_confirmation(coordinator_client, agreement, sign, day):
    sign(coordinator_client, agreement, valid_until=day)

    assert Agreement.objects.get().status == "signed"


@pytest.mark.parametrize("sign", SIGN)
def test_unchanged_past_last_day_has_to_be_confirmed(coordinator_client, sign):
    agreement = AgreementFactory(status=AgreementStatus.IN_PROCESS, valid_until=date(2019, 8, 31))

    page = sign(coordinator_client, agreement, valid_until="2019-08-31")

    assert list(errors(page).values()) == [ERROR_MESSAGE]


def test_editing_a_signed_agreement_needs_no_confirmation(coordinator_client):
    agreement = AgreementFactory(valid_until=date(2019, 8, 31))

    sign_on_agreement_form(coordinator_client, agreement, notes="Expired")

    assert Agreement.objects.get().notes == "Expired"


def test_past_last_day_of_a_new_signed_agreement_has_to_be_confirmed(coordinator_client, agreement, erasmus):
    typed = {"university": agreement.university_id, "agreement_type": erasmus.pk, "status": "signed"}
    typed |= {"valid_until": "2019-08-31"}

    page = coordinator_client.post("/admin/partners/agreement/add/", NO_ROWS | typed)

    assert errors(page) == {"valid_until": ERROR_MESSAGE}


def test_past_last_day_is_confirmed_for_several_agreements_at_once(coordinator_client, agreement, bilateral):
    agreements = [agreement, AgreementFactory(status=AgreementStatus.IN_PROCESS)]
    url = "/admin/partners/agreement/sign/?" + "&".join(f"id={signed.pk}" for signed in agreements)
    typed = {"all-signed_on": "2026-07-28", "all-valid_until": "2019-08-31"}
    typed |= {f"{signed.pk}-version": signed.history.latest().pk for signed in agreements}

    page = coordinator_client.post(url, typed)

    assert list(errors(page).values()) == [ERROR_MESSAGE] * 2
    assert checkboxes(page)["all-valid_until-confirmed"] == ("2019-08-31", "31 Aug 2019 is right")
    assert Agreement.objects.in_process().count() == 2

    coordinator_client.post(url, typed | {"all-valid_until-confirmed": "2019-08-31"})

    assert Agreement.objects.in_process().count() == 0


def test_checkbox_stays_checked_if_another_field_is_invalid(coordinator_client, agreement):
    values = {"valid_until": "2019-08-31", "valid_until_confirmed": "2019-08-31"}

    page = sign_on_bulk_form(coordinator_client, agreement, signed_on="", **values)

    assert errors(page) == {f"{agreement.pk}-signed_on": "This field is required."}
    [box] = elements(page, ".confirm-date input")
    assert (box.get("value"), box.checked) == ("2019-08-31", True)


@pytest.mark.parametrize("sign", SIGN)
def test_signing_clears_the_next_step(coordinator_client, agreement, sign):
    sign(coordinator_client, agreement)

    signed = Agreement.objects.get()
    assert (signed.status, signed.next_step) == ("signed", "")


def test_new_next_step_is_saved_with_the_signature(coordinator_client, agreement):
    sign_on_agreement_form(coordinator_client, agreement, next_step="Scan the contract")

    assert Agreement.objects.get().next_step == "Scan the contract"
