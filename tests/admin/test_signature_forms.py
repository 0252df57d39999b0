"""Signing asks about a last day that has passed, and empties the next step, on whichever page one signs."""

import re
from datetime import date

import pytest
import time_machine

from partners.enums import AgreementStatus
from partners.models import Agreement
from tests.factories import AgreementFactory
from tests.forms import sent
from tests.html import errors

QUESTION = "The last day, 31 Aug 2019, has passed. Correct the year, or tick that it is right."


@pytest.fixture(autouse=True)
def on_a_day_in_2026():
    with time_machine.travel("2026-07-28 12:00", tick=False):
        yield


@pytest.fixture
def agreement(db):
    return AgreementFactory(university__name="Marburg", status=AgreementStatus.IN_PROCESS, next_step="Send the draft")


def on_its_page(browser, agreement, **values):
    url = f"/admin/partners/agreement/{agreement.pk}/change/"
    typed = sent(browser.get(url), "agreement_form") | {"status": "signed"}
    return browser.post(url, typed | {name.replace("_confirmed", "-confirmed"): day for name, day in values.items()})


def on_its_university(browser, agreement, **values):
    url = f"/admin/partners/university/{agreement.university_id}/change/"
    typed = sent(browser.get(url), "university_form") | {"agreements-0-status": "signed"}
    named = {f"agreements-0-{name.replace('_confirmed', '-confirmed')}": day for name, day in values.items()}
    return browser.post(url, typed | named)


def on_the_page_for_signing(browser, agreement, **values):
    typed = {"signed_on": "2026-07-28", "version": agreement.history.latest().pk} | values
    named = {f"{agreement.pk}-{name.replace('_confirmed', '-confirmed')}": day for name, day in typed.items()}
    return browser.post(f"/admin/partners/agreement/sign/?id={agreement.pk}", named)


SIGN = [on_its_page, on_its_university, on_the_page_for_signing]


def boxes(page):
    """The boxes that confirm a day, by name, and the words beside them."""
    found = re.findall(
        r'<label class="confirm-date"><input type="checkbox" name="([^"]*)" value="([^"]*)"> (.*?)<', page
    )
    return {name: (day, words) for name, day, words in found}


@pytest.mark.parametrize("sign", SIGN)
def test_last_day_that_has_passed_is_questioned_before_signing(office, agreement, sign):
    page = sign(office, agreement, valid_until="2019-08-31")

    assert list(errors(page).values()) == [QUESTION]
    assert list(boxes(page.content.decode()).values()) == [("2019-08-31", "31 Aug 2019 is right")]
    assert Agreement.objects.get().status == "in_process"


@pytest.mark.parametrize("sign", SIGN)
def test_agreement_is_signed_once_its_last_day_is_confirmed(office, agreement, sign):
    sign(office, agreement, valid_until="2019-08-31", valid_until_confirmed="2019-08-31")

    signed = Agreement.objects.get()
    assert (signed.status, signed.valid_until) == ("signed", date(2019, 8, 31))


@pytest.mark.parametrize("sign", SIGN)
def test_another_day_than_the_confirmed_one_is_questioned_again(office, agreement, sign):
    page = sign(office, agreement, valid_until="2018-08-31", valid_until_confirmed="2019-08-31")

    assert list(errors(page).values()) == [QUESTION.replace("2019", "2018")]
    assert Agreement.objects.get().status == "in_process"


@pytest.mark.parametrize("sign", SIGN)
@pytest.mark.parametrize("day", ["", "2026-07-28", "2029-08-31"])
def test_last_day_to_come_is_not_questioned(office, agreement, sign, day):
    sign(office, agreement, valid_until=day)

    assert Agreement.objects.get().status == "signed"


@pytest.mark.parametrize("sign", SIGN)
def test_last_day_that_was_stored_before_is_questioned_as_well(office, sign):
    agreement = AgreementFactory(status=AgreementStatus.IN_PROCESS, valid_until=date(2019, 8, 31))

    page = sign(office, agreement, valid_until="2019-08-31")

    assert list(errors(page).values()) == [QUESTION]


def test_signed_agreement_is_edited_without_a_question(office):
    agreement = AgreementFactory(valid_until=date(2019, 8, 31))

    on_its_page(office, agreement, notes="Expired")

    assert Agreement.objects.get().notes == "Expired"


def test_new_signed_agreement_is_questioned(office, agreement, erasmus):
    typed = {"university": agreement.university_id, "agreement_type": erasmus.pk, "status": "signed"}
    typed |= {"valid_until": "2019-08-31", "documents-INITIAL_FORMS": 0, "documents-TOTAL_FORMS": 0}

    page = office.post("/admin/partners/agreement/add/", typed)

    assert errors(page) == {"valid_until": QUESTION}


def test_several_are_confirmed_together(office, agreement, bilateral):
    agreements = [agreement, AgreementFactory(status=AgreementStatus.IN_PROCESS)]
    url = "/admin/partners/agreement/sign/?" + "&".join(f"id={each.pk}" for each in agreements)
    typed = {"all-signed_on": "2026-07-28", "all-valid_until": "2019-08-31"}
    typed |= {f"{each.pk}-version": each.history.latest().pk for each in agreements}

    page = office.post(url, typed)

    assert list(errors(page).values()) == [QUESTION] * 2
    assert boxes(page.content.decode())["all-valid_until-confirmed"] == ("2019-08-31", "31 Aug 2019 is right")
    assert Agreement.objects.in_process().count() == 2

    office.post(url, typed | {"all-valid_until-confirmed": "2019-08-31"})

    assert Agreement.objects.in_process().count() == 0


def test_box_stays_ticked_while_another_field_is_wrong(office, agreement):
    values = {"valid_until": "2019-08-31", "valid_until_confirmed": "2019-08-31"}

    page = on_the_page_for_signing(office, agreement, signed_on="", **values)

    assert errors(page) == {f"{agreement.pk}-signed_on": "This field is required."}
    assert 'value="2019-08-31" checked>' in page.content.decode()


@pytest.mark.parametrize("sign", SIGN)
def test_signing_empties_the_next_step(office, agreement, sign):
    sign(office, agreement)

    signed = Agreement.objects.get()
    assert (signed.status, signed.next_step) == ("signed", "")


def test_next_step_that_is_typed_with_the_signature_stays(office, agreement):
    on_its_page(office, agreement, next_step="Scan the contract")

    assert Agreement.objects.get().next_step == "Scan the contract"
