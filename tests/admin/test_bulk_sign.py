import re
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.urls import reverse
from django.utils.timezone import now

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType
from tests.factories import AgreementFactory, UniversityFactory
from tests.html import errors, messages, queries, rows, text

LIST = "/admin/partners/agreement/"
SIGN = "/admin/partners/agreement/sign/"
NEEDS_TYPE = "A signed agreement needs an agreement type."


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


@pytest.fixture
def deal(marburg):
    """Bilateral, in process."""
    return AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS)


@pytest.fixture
def open_deal(db):
    """Of unknown type, in process."""
    return AgreementFactory(university__name="Jena", agreement_type=None, status=AgreementStatus.IN_PROCESS)


def address(*agreements):
    return reverse("admin:partners_agreement_sign", query={"id": [each.pk for each in agreements]})


def signed_on(day, *agreements, types=()):
    typed = {f"{agreement.pk}-signed_on": day for agreement in agreements}
    typed |= {f"{agreement.pk}-version": agreement.history.latest().pk for agreement in agreements}
    return typed | {f"{agreement.pk}-agreement_type": chosen.pk for agreement, chosen in types}


def standing(*agreements):
    agreements = [Agreement.objects.get(pk=each.pk) for each in agreements]
    return [(str(each.agreement_type or ""), each.status, each.signed_on) for each in agreements]


def universities(page):
    cells = re.findall(r'<th scope="row">\s*<a .*?</a>', page.content.decode(), re.DOTALL)
    return [text(cell) for cell in cells]


def act(browser, *agreements, everywhere=0):
    chosen = {"_selected_action": [each.pk for each in agreements], "select_across": everywhere}
    return browser.post(LIST, {"action": "mark_selected_as_signed"} | chosen, follow=True)


def test_action_leads_to_the_page_with_what_is_selected(office, deal, open_deal):
    AgreementFactory(university__name="Not selected", status=AgreementStatus.IN_PROCESS)

    page = act(office, open_deal, deal)

    assert page.redirect_chain == [(f"{address(deal, open_deal)}&next=%2Fadmin%2Fpartners%2Fagreement%2F", 302)]
    assert sorted(universities(page)) == ["Jena", "Marburg"]


def test_action_refuses_more_than_100(office, bilateral):
    deals = [AgreementFactory(status=AgreementStatus.IN_PROCESS) for _ in range(101)]

    page = act(office, *deals[:1], everywhere=1)

    assert messages(page) == [
        "101 agreements are selected, and a page takes 100: tick those of one page at a time, or narrow the list "
        "with the filters. To change thousands, export the register, change it in a spreadsheet, and import it again."
    ]
    assert Agreement.objects.in_process().count() == 101


def test_action_takes_100(office, bilateral):
    deals = [AgreementFactory(status=AgreementStatus.IN_PROCESS) for _ in range(100)]

    page = act(office, *deals)

    assert len(universities(page)) == 100


def test_page_has_a_row_for_each_deal_in_process_only(office, deal, marburg, erasmus):
    signed = AgreementFactory(university=marburg, agreement_type=erasmus)
    ended = AgreementFactory(university=marburg, status=AgreementStatus.ENDED)

    page = office.get(address(deal, signed, ended))

    assert universities(page) == ["Marburg"]
    assert [message.partition(" by ")[0] for message in messages(page)] == [
        "“Marburg: Erasmus+ (signed)” stays as it is: it was changed",
        "“Marburg: Bilateral (ended)” stays as it is: it was changed",
    ]


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
        ("yesterday", True, {"signed_on": "“yesterday” is not a date. Write it like 1 Feb 2025."}),
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
        assert not Agreement.objects.filter(status=AgreementStatus.SIGNED).exists(), "The second one fails."
        sign(agreement, *args)

    monkeypatch.setattr(Agreement, "sign", fail_at_second)
    typed = signed_on("2026-05-01", deal, open_deal, types=[(open_deal, erasmus)])

    with pytest.raises(AssertionError, match="The second one fails"):
        office.post(address(deal, open_deal), typed)

    assert standing(deal, open_deal) == [("Bilateral", "in_process", None), ("", "in_process", None)]


def test_page_with_an_error_keeps_what_was_typed(office, deal, open_deal):
    page = office.post(address(deal, open_deal), signed_on("2026-05-01", deal, open_deal))

    assert re.findall(r'\d-signed_on" value="([^"]*)"', page.content.decode()) == ["2026-05-01"] * 2


def test_line_on_top_fills_what_the_rows_leave_empty(office, deal, open_deal, erasmus):
    typed = signed_on("", deal, open_deal, types=[(open_deal, erasmus)])
    typed |= {"all-signed_on": "2026-05-01", "all-valid_until": "2030-05-01", f"{deal.pk}-valid_until": "2028-05-01"}

    office.post(address(deal, open_deal), typed)

    assert standing(deal, open_deal) == [
        ("Bilateral", "signed", date(2026, 5, 1)),
        ("Erasmus+", "signed", date(2026, 5, 1)),
    ]
    untils = dict(Agreement.objects.values_list("university__name", "valid_until"))
    assert untils == {"Marburg": date(2028, 5, 1), "Jena": date(2030, 5, 1)}


@time_machine.travel("2026-06-30 12:00")
def test_line_on_top_proposes_today_for_all(client, coordinator, deal, open_deal):
    client.force_login(coordinator)

    page = client.get(address(deal, open_deal))

    assert re.findall(r'name="(\w+)-signed_on" value="([^"]*)"', page.content.decode()) == [("all", "2026-06-30")]


def test_end_before_the_start_is_an_error_of_its_row(office, deal):
    days = {f"{deal.pk}-valid_from": "2026-10-01", f"{deal.pk}-valid_until": "2026-09-30"}

    page = office.post(address(deal), signed_on("2026-05-01", deal) | days)

    assert errors(page) == {
        f"{deal.pk}-valid_until": "Valid until (30 Sep 2026) is before valid from (1 Oct 2026).",
    }
    assert standing(deal) == [("Bilateral", "in_process", None)]


def test_row_that_a_colleague_has_changed_meanwhile_is_shown_anew(office, deal, open_deal, erasmus, bilateral):
    typed = signed_on("2026-05-01", deal, open_deal, types=[(open_deal, bilateral)])
    open_deal.agreement_type = erasmus
    open_deal._change_reason = "edited"
    open_deal.save()

    page = office.post(address(deal, open_deal), typed)

    assert "It was edited by the command line (" in text(page)
    assert (
        "since this page was opened. Look at it again, then press once more. What changed: Agreement type: – → Erasmus+"
    ) in text(page)
    assert standing(deal, open_deal) == [("Bilateral", "in_process", None), ("Erasmus+", "in_process", None)]
    newest = re.findall(rf'name="{open_deal.pk}-version" value="(\d+)"', page.content.decode())
    assert newest == [str(open_deal.history.latest().pk)]

    office.post(address(deal, open_deal), typed | {f"{open_deal.pk}-version": newest[0]})

    day = date(2026, 5, 1)
    assert standing(deal, open_deal) == [("Bilateral", "signed", day), ("Erasmus+", "signed", day)]


@pytest.mark.parametrize("version", ["", "x", "0", "9" * 30])
def test_row_without_the_version_it_was_shown_in_is_shown_anew(office, deal, version):
    page = office.post(address(deal), signed_on("2026-05-01", deal) | {f"{deal.pk}-version": version})

    assert "since this page was opened" in text(page)
    assert standing(deal) == [("Bilateral", "in_process", None)]


@pytest.mark.parametrize(
    ("asked", "target"),
    [("/admin/", "/admin/"), ("https://example.org/", LIST), ("//example.org", LIST), ("javascript:alert(1)", LIST)],
)
def test_page_leads_back_to_where_it_was_opened(office, deal, asked, target):
    answer = office.post(f"{address(deal)}&{urlencode({'next': asked})}", signed_on("2026-05-01", deal))

    assert answer.url == target


def test_page_makes_the_same_queries_for_3_and_for_100(office, bilateral):
    deals = [AgreementFactory(status=AgreementStatus.IN_PROCESS) for _ in range(100)]

    assert queries(office, address(*deals[:3])) == queries(office, address(*deals))


def test_signing_a_renewal_ends_its_predecessor(office, coordinator, marburg, deal):
    predecessor = AgreementFactory(university=marburg)

    page = office.post(address(deal), signed_on("2026-05-01", deal), follow=True)

    assert standing(predecessor, deal) == [("Bilateral", "ended", None), ("Bilateral", "signed", date(2026, 5, 1))]
    record = predecessor.history.latest()
    assert (record.history_user, record.history_change_reason) == (coordinator, "ended by its renewal")
    assert messages(page) == [
        "Marked as signed: Marburg: Bilateral (signed)",
        "Ended by a renewal: Marburg: Bilateral (ended)",
    ]


def test_signing_a_deal_of_unknown_type_ends_the_signed_one_of_that_type(office, open_deal, bilateral):
    predecessor = AgreementFactory(university=open_deal.university)

    office.post(address(open_deal), signed_on("2026-05-01", open_deal, types=[(open_deal, bilateral)]))

    assert [state for _type, state, _day in standing(predecessor, open_deal)] == ["ended", "signed"]


def test_signing_leaves_the_other_types_of_the_university(office, marburg, deal, erasmus):
    other = AgreementFactory(university=marburg, agreement_type=erasmus)

    office.post(address(deal), signed_on("2026-05-01", deal))

    assert standing(other) == [("Erasmus+", "signed", None)]


def test_signing_twice_changes_nothing_and_says_so(office, deal):
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        office.post(address(deal), signed_on("2026-05-01", deal), follow=True)
        page = office.post(address(deal), signed_on("2026-06-02", deal), follow=True)

    assert [message.rpartition(" (")[0] for message in messages(page)] == [
        "“Marburg: Bilateral (signed)” stays as it is: it was marked as signed by coordinator"
    ]
    assert standing(deal) == [("Bilateral", "signed", date(2026, 5, 1))]
    assert deal.history.count() == 2


def test_two_deals_of_one_university_and_type_are_refused(office, marburg, deal):
    unknown = AgreementFactory(university=marburg, agreement_type=None, status=AgreementStatus.IN_PROCESS)
    types = [(unknown, deal.agreement_type)]

    page = office.post(address(deal, unknown), signed_on("2026-05-01", deal, unknown, types=types))

    assert list(errors(page).values()) == ["Another deal on this page has the same university and type."]
    assert standing(deal, unknown) == [("Bilateral", "in_process", None), ("", "in_process", None)]


def test_two_deals_of_one_university_with_different_types_are_signed(office, marburg, deal, erasmus):
    unknown = AgreementFactory(university=marburg, agreement_type=None, status=AgreementStatus.IN_PROCESS)

    office.post(address(deal, unknown), signed_on("2026-05-01", deal, unknown, types=[(unknown, erasmus)]))

    day = date(2026, 5, 1)
    assert standing(deal, unknown) == [("Bilateral", "signed", day), ("Erasmus+", "signed", day)]


@pytest.mark.parametrize("junk", ["abc", "", "-1", "1.5", "' OR 1=1", "9" * 40, "²"])
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

    assert rows(page) == ["Marburg Germany Bilateral in process - - - - -"]
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
    deal = AgreementFactory(university__name="<script>alert(1)</script>", status=AgreementStatus.IN_PROCESS)

    page = office.get(address(deal))
    after = office.post(address(deal), signed_on("2026-05-01", deal), follow=True)

    assert universities(page) == ["<script>alert(1)</script>"]
    assert messages(after) == ["Marked as signed: <script>alert(1)</script>: Bilateral (signed)"]


def test_types_are_offered_in_their_order(office, open_deal):
    page = office.get(address(open_deal))

    options = re.findall(r"<option[^>]*>([^<]*)</option>", page.content.decode())
    assert options == ["---------", *AgreementType.objects.order_by("position").values_list("name", flat=True)]
