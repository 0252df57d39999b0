from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.utils.timezone import now

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType
from tests.helpers.factories import AgreementFactory, UniversityFactory
from tests.helpers.html import (
    attributes,
    count_queries,
    element_texts,
    elements,
    errors,
    form_data,
    messages,
    rows,
    text,
)
from tests.helpers.signing_page import bulk_url, sign_data

LIST = "/admin/partners/agreement/"
SIGN = "/admin/partners/agreement/sign/"
NEEDS_TYPE = "A signed agreement needs an agreement type."


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


@pytest.fixture
def deal(marburg):
    """A bilateral agreement in process."""
    return AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS)


@pytest.fixture
def open_deal(db):
    """An agreement of unknown type in process."""
    return AgreementFactory(university__name="Jena", agreement_type=None, status=AgreementStatus.IN_PROCESS)


def stored_states(*agreements):
    stored = [Agreement.objects.get(pk=agreement.pk) for agreement in agreements]
    return [(str(agreement.agreement_type or ""), agreement.status, agreement.signed_on) for agreement in stored]


def universities(page):
    return element_texts(page, "#content th[scope=row] > a")


def signature_days(page):
    """Return the day in each input for a signature, by the number of the agreement, or `all`."""
    inputs = elements(page, 'input[name$="-signed_on"]')
    return {field.name.removesuffix("-signed_on"): field.value for field in inputs}


def run_action(client, *agreements, select_across=0):
    selected = {"_selected_action": [agreement.pk for agreement in agreements], "select_across": select_across}
    return client.post(LIST, {"action": "mark_selected_as_signed"} | selected, follow=True)


def test_action_redirects_to_the_page_with_the_selected_agreements(coordinator_client, deal, open_deal):
    AgreementFactory(university__name="Not selected", status=AgreementStatus.IN_PROCESS)

    page = run_action(coordinator_client, open_deal, deal)

    assert page.redirect_chain == [(f"{bulk_url(deal, open_deal)}&next=%2Fadmin%2Fpartners%2Fagreement%2F", 302)]
    assert sorted(universities(page)) == ["Jena", "Marburg"]


def test_action_rejects_more_than_100(coordinator_client, bilateral):
    deals = [AgreementFactory(status=AgreementStatus.IN_PROCESS) for _ in range(101)]

    page = run_action(coordinator_client, *deals[:1], select_across=1)

    assert messages(page) == [
        "101 agreements are selected, and a page takes 100: tick those of one page at a time, or narrow the list "
        "with the filters. To change thousands, export the register, change it in a spreadsheet, and import it again."
    ]
    assert Agreement.objects.in_process().count() == 101


def test_action_accepts_100(coordinator_client, bilateral):
    deals = [AgreementFactory(status=AgreementStatus.IN_PROCESS) for _ in range(100)]

    page = run_action(coordinator_client, *deals)

    assert len(universities(page)) == 100


def test_page_has_rows_for_deals_in_process_only(coordinator_client, deal, marburg, erasmus):
    signed = AgreementFactory(university=marburg, agreement_type=erasmus)
    ended = AgreementFactory(university=marburg, status=AgreementStatus.ENDED)

    page = coordinator_client.get(bulk_url(deal, signed, ended))

    assert universities(page) == ["Marburg"]
    assert [message.partition(" by ")[0] for message in messages(page)] == [
        "“Marburg: Erasmus+ (signed)” stays as it is: it was changed",
        "“Marburg: Bilateral (ended)” stays as it is: it was changed",
    ]


def test_type_is_enabled_only_if_it_is_unknown(coordinator_client, deal, open_deal):
    page = coordinator_client.get(bulk_url(deal, open_deal))

    selects = elements(page, 'select[name$="-agreement_type"]')
    assert {select.name: "disabled" not in select.attrib for select in selects} == {
        f"{deal.pk}-agreement_type": False,
        f"{open_deal.pk}-agreement_type": True,
    }


@time_machine.travel("2026-06-30 12:00")
def test_page_proposes_today(client, coordinator, deal):
    client.force_login(coordinator)

    page = client.get(bulk_url(deal))

    assert signature_days(page) == {str(deal.pk): "2026-06-30"}


def test_opening_the_page_changes_nothing(coordinator_client, deal, open_deal):
    coordinator_client.get(bulk_url(deal, open_deal), sign_data("2026-05-01", deal))

    assert stored_states(deal, open_deal) == [("Bilateral", "in_process", None), ("", "in_process", None)]
    assert [agreement.history.count() for agreement in (deal, open_deal)] == [1, 1]


def test_signing_saves_type_and_day_and_displays_a_message(coordinator_client, deal, open_deal, erasmus):
    typed = sign_data("2026-05-01", deal) | sign_data("2026-05-02", open_deal, types=[(open_deal, erasmus)])

    page = coordinator_client.post(bulk_url(deal, open_deal), typed, follow=True)

    assert page.redirect_chain == [(LIST, 302)]
    assert stored_states(deal, open_deal) == [
        ("Bilateral", "signed", date(2026, 5, 1)),
        ("Erasmus+", "signed", date(2026, 5, 2)),
    ]
    assert sorted(messages(page)[0].removeprefix("Marked as signed: ").removesuffix(". Undo …").split(", ")) == [
        "Jena: Erasmus+ (signed)",
        "Marburg: Bilateral (signed)",
    ]


def test_signing_is_in_the_history_with_user_and_reason(coordinator_client, coordinator, deal):
    coordinator_client.post(bulk_url(deal), sign_data("2026-05-01", deal))

    record = deal.history.latest()
    assert (record.history_user, record.history_change_reason) == (coordinator, "marked as signed")


def test_known_type_is_not_changed_by_signing(coordinator_client, deal, erasmus):
    coordinator_client.post(bulk_url(deal), sign_data("2026-05-01", deal, types=[(deal, erasmus)]))

    assert stored_states(deal) == [("Bilateral", "signed", date(2026, 5, 1))]


@pytest.mark.parametrize(
    ("day", "with_type", "error"),
    [
        ("2026-05-01", False, {"agreement_type": NEEDS_TYPE}),
        ("", True, {"signed_on": "This field is required."}),
        ("yesterday", True, {"signed_on": "“yesterday” is not a date. Write it like 1 Feb 2025."}),
    ],
    ids=["no type", "no day", "not a day"],
)
def test_one_row_with_an_error_prevents_all_signatures(
    coordinator_client, deal, open_deal, erasmus, day, with_type, error
):
    types = [(open_deal, erasmus)] if with_type else []
    typed = sign_data("2026-05-01", deal) | sign_data(day, open_deal, types=types)

    page = coordinator_client.post(bulk_url(deal, open_deal), typed)

    assert errors(page) == {f"{open_deal.pk}-{field}": message for field, message in error.items()}
    assert stored_states(deal, open_deal) == [("Bilateral", "in_process", None), ("", "in_process", None)]


def test_exception_rolls_back_all_signatures(coordinator_client, deal, open_deal, erasmus, monkeypatch):
    sign = Agreement.sign

    def fail_at_second(agreement, *args):
        assert not Agreement.objects.filter(status=AgreementStatus.SIGNED).exists(), "The second one fails."
        sign(agreement, *args)

    monkeypatch.setattr(Agreement, "sign", fail_at_second)
    typed = sign_data("2026-05-01", deal, open_deal, types=[(open_deal, erasmus)])

    with pytest.raises(AssertionError, match="The second one fails"):
        coordinator_client.post(bulk_url(deal, open_deal), typed)

    assert stored_states(deal, open_deal) == [("Bilateral", "in_process", None), ("", "in_process", None)]


def test_page_with_an_error_keeps_the_posted_values(coordinator_client, deal, open_deal):
    page = coordinator_client.post(bulk_url(deal, open_deal), sign_data("2026-05-01", deal, open_deal))

    days = signature_days(page)
    assert [days[str(agreement.pk)] for agreement in (deal, open_deal)] == ["2026-05-01"] * 2


def test_shared_values_fill_empty_inputs(coordinator_client, deal, open_deal, erasmus):
    typed = sign_data("", deal, open_deal, types=[(open_deal, erasmus)])
    typed |= {"all-signed_on": "2026-05-01", "all-valid_until": "2030-05-01", f"{deal.pk}-valid_until": "2028-05-01"}

    coordinator_client.post(bulk_url(deal, open_deal), typed)

    assert stored_states(deal, open_deal) == [
        ("Bilateral", "signed", date(2026, 5, 1)),
        ("Erasmus+", "signed", date(2026, 5, 1)),
    ]
    untils = dict(Agreement.objects.values_list("university__name", "valid_until"))
    assert untils == {"Marburg": date(2028, 5, 1), "Jena": date(2030, 5, 1)}


@time_machine.travel("2026-06-30 12:00")
def test_shared_values_propose_today(client, coordinator, deal, open_deal):
    client.force_login(coordinator)

    page = client.get(bulk_url(deal, open_deal))

    assert signature_days(page) == {"all": "2026-06-30", str(deal.pk): None, str(open_deal.pk): None}


def test_end_before_the_start_is_an_error_of_its_row(coordinator_client, deal):
    days = {f"{deal.pk}-valid_from": "2026-10-01", f"{deal.pk}-valid_until": "2026-09-30"}

    page = coordinator_client.post(bulk_url(deal), sign_data("2026-05-01", deal) | days)

    assert errors(page) == {
        f"{deal.pk}-valid_until": "Valid until (30 Sep 2026) is before valid from (1 Oct 2026).",
    }
    assert stored_states(deal) == [("Bilateral", "in_process", None)]


def test_concurrent_change_is_displayed_before_saving(coordinator_client, deal, open_deal, erasmus, bilateral):
    typed = sign_data("2026-05-01", deal, open_deal, types=[(open_deal, bilateral)])
    open_deal.agreement_type = erasmus
    open_deal._change_reason = "edited"
    open_deal.save()

    page = coordinator_client.post(bulk_url(deal, open_deal), typed)

    assert "It was edited by the command line (" in text(page)
    assert (
        "since this page was opened. Look at it again, then press once more. What changed: Agreement type: – → Erasmus+"
    ) in text(page)
    assert stored_states(deal, open_deal) == [("Bilateral", "in_process", None), ("Erasmus+", "in_process", None)]
    [version] = attributes(page, f'input[name="{open_deal.pk}-version"]', "value")
    assert version == str(open_deal.history.latest().pk)

    coordinator_client.post(bulk_url(deal, open_deal), typed | {f"{open_deal.pk}-version": version})

    day = date(2026, 5, 1)
    assert stored_states(deal, open_deal) == [("Bilateral", "signed", day), ("Erasmus+", "signed", day)]


@pytest.mark.parametrize("version", ["", "x", "0", "9" * 30])
def test_row_with_an_invalid_version_is_displayed_again(coordinator_client, deal, version):
    page = coordinator_client.post(bulk_url(deal), sign_data("2026-05-01", deal) | {f"{deal.pk}-version": version})

    assert "since this page was opened" in text(page)
    assert stored_states(deal) == [("Bilateral", "in_process", None)]


@pytest.mark.parametrize(
    ("next_url", "target"),
    [("/admin/", "/admin/"), ("https://example.org/", LIST), ("//example.org", LIST), ("javascript:alert(1)", LIST)],
)
def test_page_redirects_to_a_safe_next_url(coordinator_client, deal, next_url, target):
    response = coordinator_client.post(
        f"{bulk_url(deal)}&{urlencode({'next': next_url})}", sign_data("2026-05-01", deal)
    )

    assert response.url == target


def test_page_makes_the_same_queries_for_3_and_for_100(coordinator_client, bilateral):
    deals = [AgreementFactory(status=AgreementStatus.IN_PROCESS) for _ in range(100)]

    assert count_queries(coordinator_client, bulk_url(*deals[:3])) == count_queries(
        coordinator_client, bulk_url(*deals)
    )


def test_signing_does_not_end_other_types_of_the_university(coordinator_client, marburg, deal, erasmus):
    other = AgreementFactory(university=marburg, agreement_type=erasmus)

    coordinator_client.post(bulk_url(deal), sign_data("2026-05-01", deal))

    assert stored_states(other) == [("Erasmus+", "signed", None)]


def test_signing_twice_changes_nothing_and_displays_a_message(coordinator_client, deal):
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        coordinator_client.post(bulk_url(deal), sign_data("2026-05-01", deal), follow=True)
        page = coordinator_client.post(bulk_url(deal), sign_data("2026-06-02", deal), follow=True)

    assert [message.rpartition(" (")[0] for message in messages(page)] == [
        "“Marburg: Bilateral (signed)” stays as it is: it was marked as signed by coordinator"
    ]
    assert stored_states(deal) == [("Bilateral", "signed", date(2026, 5, 1))]
    assert deal.history.count() == 2


def test_two_undated_deals_of_one_university_and_type_are_rejected(coordinator_client, marburg, deal):
    unknown = AgreementFactory(university=marburg, agreement_type=None, status=AgreementStatus.IN_PROCESS)
    types = [(unknown, deal.agreement_type)]

    page = coordinator_client.post(bulk_url(deal, unknown), sign_data("2026-05-01", deal, unknown, types=types))

    assert list(errors(page).values()) == [
        "“Bilateral, end not recorded” is on this page too. Choose dates that do not overlap."
    ]
    assert stored_states(deal, unknown) == [("Bilateral", "in_process", None), ("", "in_process", None)]


def test_two_deals_of_one_university_with_different_types_are_signed(coordinator_client, marburg, deal, erasmus):
    unknown = AgreementFactory(university=marburg, agreement_type=None, status=AgreementStatus.IN_PROCESS)

    coordinator_client.post(bulk_url(deal, unknown), sign_data("2026-05-01", deal, unknown, types=[(unknown, erasmus)]))

    day = date(2026, 5, 1)
    assert stored_states(deal, unknown) == [("Bilateral", "signed", day), ("Erasmus+", "signed", day)]


@pytest.mark.parametrize("junk", ["abc", "", "-1", "1.5", "' OR 1=1", "9" * 40, "²"])
def test_junk_among_the_ids_is_ignored(coordinator_client, deal, junk):
    page = coordinator_client.get(SIGN, {"id": [deal.pk, junk]})

    assert universities(page) == ["Marburg"]


def test_page_for_too_many_agreements_redirects_to_the_list(coordinator_client, deal):
    page = coordinator_client.get(SIGN, {"id": [deal.pk] * 101}, follow=True)

    assert page.redirect_chain == [(LIST, 302)]
    assert messages(page)[0].startswith("101 agreements are selected, and a page takes 100: ")


def test_page_with_junk_only_redirects_to_the_list(coordinator_client, deal):
    page = coordinator_client.get(SIGN, {"id": "abc"}, follow=True)

    assert page.redirect_chain == [(LIST, 302)]
    assert [row.split(" ")[0] for row in rows(page)] == ["Marburg"]


def test_assistant_is_not_offered_the_action(client, assistant, deal):
    client.force_login(assistant)

    page = client.get(LIST)
    run_action(client, deal)

    assert rows(page) == ["Marburg Germany Bilateral in process - - - -"]
    assert "mark_selected_as_signed" not in page.content.decode()
    assert stored_states(deal) == [("Bilateral", "in_process", None)]


def test_page_is_forbidden_for_an_assistant(client, assistant, deal):
    client.force_login(assistant)

    responses = [client.get(bulk_url(deal)), client.post(bulk_url(deal), sign_data("2026-05-01", deal))]

    assert [response.status_code for response in responses] == [403, 403]
    assert stored_states(deal) == [("Bilateral", "in_process", None)]


def test_anonymous_user_is_redirected_to_the_login(client, deal):
    page = client.post(bulk_url(deal), sign_data("2026-05-01", deal), follow=True)

    assert page.redirect_chain[0][0].startswith("/admin/login/?next=/admin/partners/agreement/sign/")
    assert stored_states(deal) == [("Bilateral", "in_process", None)]


def test_hostile_name_is_escaped(coordinator_client, db):
    deal = AgreementFactory(university__name="<script>alert(1)</script>", status=AgreementStatus.IN_PROCESS)

    page = coordinator_client.get(bulk_url(deal))
    after = coordinator_client.post(bulk_url(deal), sign_data("2026-05-01", deal), follow=True)

    assert universities(page) == ["<script>alert(1)</script>"]
    assert messages(after) == ["Marked as signed: <script>alert(1)</script>: Bilateral (signed). Undo …"]


def test_types_are_ordered_by_position(coordinator_client, open_deal):
    page = coordinator_client.get(bulk_url(open_deal))

    options = element_texts(page, "select[name$=agreement_type] option")
    assert options == ["---------", *AgreementType.objects.order_by("position").values_list("name", flat=True)]


def test_for_all_open_ended_replaces_ends_that_are_as_displayed(coordinator_client, deal, open_deal, erasmus):
    third = AgreementFactory(university__name="Ulm", status=AgreementStatus.IN_PROCESS, valid_until=date(2028, 8, 31))
    selected = (deal, open_deal, third)
    Agreement.objects.filter(pk=deal.pk).update(valid_until=date(2027, 8, 31))
    typed = form_data(coordinator_client.get(bulk_url(*selected)), ".bulk-form")
    typed |= {f"{open_deal.pk}-agreement_type": erasmus.pk, "all-valid_from": "2026-09-01", "all-is_open_ended": "on"}

    coordinator_client.post(bulk_url(*selected), typed | {f"{third.pk}-valid_until": "2030-08-31"})

    names = ("university__name", "valid_from", "valid_until", "is_open_ended")
    assert list(Agreement.objects.signed().order_by("pk").values_list(*names)) == [
        ("Marburg", date(2026, 9, 1), None, True),
        ("Jena", date(2026, 9, 1), None, True),
        ("Ulm", date(2026, 9, 1), date(2030, 8, 31), False),
    ]
