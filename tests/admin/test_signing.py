import re
from datetime import date

import pytest
import time_machine
from django.urls import reverse

from partners.models import Agreement, AgreementType
from partners.rules import Status
from tests.factories import AgreementFactory, UniversityFactory
from tests.pages import errors, messages, rows, text

LIST = "/admin/partners/agreement/"
SIGN = "/admin/partners/agreement/sign/"
NEEDS_TYPE = "A signed agreement needs an agreement type."


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


@pytest.fixture
def deal(marburg):
    """Bilateral, in process."""
    return AgreementFactory(university=marburg, status=Status.IN_PROCESS)


@pytest.fixture
def open_deal(db):
    """Of unknown type, in process."""
    return AgreementFactory(university__name="Jena", agreement_type=None, status=Status.IN_PROCESS)


def address(*agreements):
    return reverse("admin:partners_agreement_sign", query={"id": [each.pk for each in agreements]})


def signed_on(day, *agreements, types=()):
    typed = {f"{agreement.pk}-signed_on": day for agreement in agreements}
    return typed | {f"{agreement.pk}-agreement_type": chosen.pk for agreement, chosen in types}


def standing(*agreements):
    agreements = [Agreement.objects.get(pk=each.pk) for each in agreements]
    return [(str(each.agreement_type or ""), each.status, each.signed_on) for each in agreements]


def universities(page):
    return [text(cell) for cell in re.findall(r'<th scope="row">.*?</th>', page.content.decode(), re.DOTALL)]


def act(browser, *agreements, everywhere=0):
    chosen = {"_selected_action": [each.pk for each in agreements], "select_across": everywhere}
    return browser.post(LIST, {"action": "mark_selected_as_signed"} | chosen, follow=True)


def test_action_leads_to_the_page_with_what_is_selected(office, deal, open_deal):
    AgreementFactory(university__name="Not selected", status=Status.IN_PROCESS)

    page = act(office, open_deal, deal)

    assert page.redirect_chain == [(address(deal, open_deal), 302)]
    assert sorted(universities(page)) == ["Jena", "Marburg"]


def test_action_refuses_more_than_100(office, bilateral):
    deals = [AgreementFactory(status=Status.IN_PROCESS) for _ in range(101)]

    page = act(office, *deals[:1], everywhere=1)

    assert messages(page) == ["Select at most 100 agreements to sign on one page."]
    assert Agreement.objects.in_process().count() == 101


def test_action_takes_100(office, bilateral):
    deals = [AgreementFactory(status=Status.IN_PROCESS) for _ in range(100)]

    page = act(office, *deals)

    assert len(universities(page)) == 100


def test_page_has_a_row_for_each_deal_in_process_only(office, deal, marburg, erasmus):
    signed = AgreementFactory(university=marburg, agreement_type=erasmus)
    ended = AgreementFactory(university=marburg, status=Status.ENDED)

    page = office.get(address(deal, signed, ended))

    assert universities(page) == ["Marburg"]
    assert messages(page) == ["2 agreements are no longer in process, and stay as they are."]


def test_page_asks_for_the_type_where_it_is_unknown_only(office, deal, open_deal):
    page = office.get(address(deal, open_deal))

    selects = re.findall(r'<select name="(\d+)-agreement_type"([^>]*)>', page.content.decode())
    asks = {int(pk): "disabled" not in attributes for pk, attributes in selects}
    assert asks == {deal.pk: False, open_deal.pk: True}


@time_machine.travel("2026-06-30 12:00")
def test_page_proposes_today(client, coordinator, deal):
    client.force_login(coordinator)

    page = client.get(address(deal))

    assert re.findall(r'signed_on" value="([^"]*)"', page.content.decode()) == ["2026-06-30"]


def test_opening_the_page_changes_nothing(office, deal, open_deal):
    office.get(address(deal, open_deal), signed_on("2026-05-01", deal))

    assert standing(deal, open_deal) == [("Bilateral", "in_process", None), ("", "in_process", None)]
    assert [each.history.count() for each in (deal, open_deal)] == [1, 1]


def test_signing_stores_type_and_day_and_says_so(office, deal, open_deal, erasmus):
    typed = signed_on("2026-05-01", deal) | signed_on("2026-05-02", open_deal, types=[(open_deal, erasmus)])

    page = office.post(address(deal, open_deal), typed, follow=True)

    assert page.redirect_chain == [(LIST, 302)]
    assert standing(deal, open_deal) == [
        ("Bilateral", "signed", date(2026, 5, 1)),
        ("Erasmus+", "signed", date(2026, 5, 2)),
    ]
    assert sorted(messages(page)[0].removeprefix("Marked as signed: ").split(", ")) == [
        "Jena: Erasmus+ (signed)",
        "Marburg: Bilateral (signed)",
    ]


def test_signing_is_in_the_history_with_who_and_why(office, coordinator, deal):
    office.post(address(deal), signed_on("2026-05-01", deal))

    record = deal.history.latest()
    assert (record.history_user, record.history_change_reason) == (coordinator, "marked as signed")


def test_known_type_is_not_changed_by_signing(office, deal, erasmus):
    office.post(address(deal), signed_on("2026-05-01", deal, types=[(deal, erasmus)]))

    assert standing(deal) == [("Bilateral", "signed", date(2026, 5, 1))]


@pytest.mark.parametrize(
    ("day", "with_type", "error"),
    [
        ("2026-05-01", False, {"agreement_type": NEEDS_TYPE}),
        ("", True, {"signed_on": "This field is required."}),
        ("yesterday", True, {"signed_on": "Enter a valid date."}),
    ],
    ids=["no type", "no day", "not a day"],
)
def test_one_row_with_an_error_keeps_all_unsigned(office, deal, open_deal, erasmus, day, with_type, error):
    types = [(open_deal, erasmus)] if with_type else []
    typed = signed_on("2026-05-01", deal) | signed_on(day, open_deal, types=types)

    page = office.post(address(deal, open_deal), typed)

    assert errors(page) == {f"{open_deal.pk}-{field}": message for field, message in error.items()}
    assert standing(deal, open_deal) == [("Bilateral", "in_process", None), ("", "in_process", None)]


def test_failure_in_the_middle_keeps_all_unsigned(office, deal, open_deal, erasmus, monkeypatch):
    sign = Agreement.sign

    def fail_at_second(agreement, *args):
        assert not Agreement.objects.filter(status=Status.SIGNED).exists(), "The second one fails."
        sign(agreement, *args)

    monkeypatch.setattr(Agreement, "sign", fail_at_second)
    typed = signed_on("2026-05-01", deal, open_deal, types=[(open_deal, erasmus)])

    with pytest.raises(AssertionError, match="The second one fails"):
        office.post(address(deal, open_deal), typed)

    assert standing(deal, open_deal) == [("Bilateral", "in_process", None), ("", "in_process", None)]


def test_page_with_an_error_keeps_what_was_typed(office, deal, open_deal):
    page = office.post(address(deal, open_deal), signed_on("2026-05-01", deal, open_deal))

    assert re.findall(r'signed_on" value="([^"]*)"', page.content.decode()) == ["2026-05-01"] * 2


def test_signing_a_renewal_ends_its_predecessor(office, coordinator, marburg, deal):
    predecessor = AgreementFactory(university=marburg)

    office.post(address(deal), signed_on("2026-05-01", deal))

    assert standing(predecessor, deal) == [("Bilateral", "ended", None), ("Bilateral", "signed", date(2026, 5, 1))]
    record = predecessor.history.latest()
    assert (record.history_user, record.history_change_reason) == (coordinator, "ended by its renewal")


def test_signing_a_deal_of_unknown_type_ends_the_signed_one_of_that_type(office, open_deal, bilateral):
    predecessor = AgreementFactory(university=open_deal.university)

    office.post(address(open_deal), signed_on("2026-05-01", open_deal, types=[(open_deal, bilateral)]))

    assert [state for _type, state, _day in standing(predecessor, open_deal)] == ["ended", "signed"]


def test_signing_leaves_the_other_types_of_the_university(office, marburg, deal, erasmus):
    other = AgreementFactory(university=marburg, agreement_type=erasmus)

    office.post(address(deal), signed_on("2026-05-01", deal))

    assert standing(other) == [("Erasmus+", "signed", None)]


def test_signing_twice_changes_nothing_and_says_so(office, deal):
    office.post(address(deal), signed_on("2026-05-01", deal), follow=True)

    page = office.post(address(deal), signed_on("2026-06-02", deal), follow=True)

    assert messages(page) == ["1 agreement is no longer in process, and stays as it is."]
    assert standing(deal) == [("Bilateral", "signed", date(2026, 5, 1))]
    assert deal.history.count() == 2


def test_two_deals_of_one_university_and_type_are_refused(office, marburg, deal):
    unknown = AgreementFactory(university=marburg, agreement_type=None, status=Status.IN_PROCESS)
    types = [(unknown, deal.agreement_type)]

    page = office.post(address(deal, unknown), signed_on("2026-05-01", deal, unknown, types=types))

    assert list(errors(page).values()) == ["Another deal on this page has the same university and type."]
    assert standing(deal, unknown) == [("Bilateral", "in_process", None), ("", "in_process", None)]


def test_two_deals_of_one_university_with_different_types_are_signed(office, marburg, deal, erasmus):
    unknown = AgreementFactory(university=marburg, agreement_type=None, status=Status.IN_PROCESS)

    office.post(address(deal, unknown), signed_on("2026-05-01", deal, unknown, types=[(unknown, erasmus)]))

    day = date(2026, 5, 1)
    assert standing(deal, unknown) == [("Bilateral", "signed", day), ("Erasmus+", "signed", day)]


@pytest.mark.parametrize("junk", ["abc", "", "-1", "1.5", "' OR 1=1", "\0", "9" * 40, "²"])
def test_junk_among_the_ids_is_ignored(office, deal, junk):
    page = office.get(SIGN, {"id": [deal.pk, junk]})

    assert universities(page) == ["Marburg"]


def test_page_with_junk_only_leads_back_to_the_list(office, deal):
    page = office.get(SIGN, {"id": "abc"}, follow=True)

    assert page.redirect_chain == [(LIST, 302)]
    assert [row.split(" ")[0] for row in rows(page)] == ["Marburg"]


def test_assistant_is_not_offered_the_action(client, assistant, deal):
    client.force_login(assistant)

    page = client.get(LIST)
    act(client, deal)

    assert rows(page) == ["Marburg Germany Bilateral in process - -"]
    assert "mark_selected_as_signed" not in page.content.decode()
    assert standing(deal) == [("Bilateral", "in_process", None)]


def test_assistant_is_kept_from_the_page(client, assistant, deal):
    client.force_login(assistant)

    answers = [client.get(address(deal)), client.post(address(deal), signed_on("2026-05-01", deal))]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert standing(deal) == [("Bilateral", "in_process", None)]


def test_visitor_is_asked_to_log_in(client, deal):
    page = client.post(address(deal), signed_on("2026-05-01", deal), follow=True)

    assert page.redirect_chain[0][0].startswith("/admin/login/?next=/admin/partners/agreement/sign/")
    assert standing(deal) == [("Bilateral", "in_process", None)]


def test_page_shows_a_hostile_name_as_text(office, db):
    deal = AgreementFactory(university__name="<script>alert(1)</script>", status=Status.IN_PROCESS)

    page = office.get(address(deal))
    after = office.post(address(deal), signed_on("2026-05-01", deal), follow=True)

    assert universities(page) == ["<script>alert(1)</script>"]
    assert messages(after) == ["Marked as signed: <script>alert(1)</script>: Bilateral (signed)"]


def test_types_are_offered_in_their_order(office, open_deal):
    page = office.get(address(open_deal))

    options = re.findall(r"<option[^>]*>([^<]*)</option>", page.content.decode())
    assert options == ["---------", *AgreementType.objects.order_by("position").values_list("name", flat=True)]
