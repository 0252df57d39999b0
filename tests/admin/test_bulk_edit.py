from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.enums import AgreementStatus
from partners.models import Agreement
from tests.helpers.factories import AgreementFactory
from tests.helpers.html import attributes, count_queries, element_texts, messages, table, text

LIST = "/admin/partners/agreement/"
OLD, NEW = date(2026, 7, 31), date(2028, 7, 31)

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(db):
    """Agreements with Bonn and Jena, and one with Ulm that ends later."""
    ends = {"Bonn": OLD, "Jena": OLD, "Ulm": date(2027, 7, 31)}
    return [AgreementFactory(university__name=name, valid_until=end, places_out=2) for name, end in ends.items()]


def bulk_url(*agreements):
    return reverse("admin:partners_agreement_edit", query={"id": [agreement.pk for agreement in agreements]})


def digest(page):
    """Return the digest that confirms the preview, None if there is none."""
    return next(iter(attributes(page, "button[name=digest]", "value")), None)


def preview(page):
    """Return the rows of the preview: number, change, agreements."""
    return [" | ".join(row) for row in table(page, "table.preview")[1:]]


def stored_ends(*agreements):
    found = Agreement.objects.in_bulk([agreement.pk for agreement in agreements])
    return [found[agreement.pk].valid_until for agreement in agreements]


def test_action_redirects_to_the_page(coordinator_client, three):
    ticked = {"action": "edit_selected", "_selected_action": [agreement.pk for agreement in three[:2]]}

    page = coordinator_client.post(LIST, ticked, follow=True)

    assert "2 agreements are selected Bonn: Bilateral (signed) Jena: Bilateral (signed)" in text(page)


def test_preview_groups_equal_changes(coordinator_client, three):
    page = coordinator_client.post(bulk_url(*three), {"valid_until": "2028-07-31", "places_out": 2, "places_in": 0})

    bonn, jena, ulm = (f"{name}: Bilateral (signed)" for name in ("Bonn", "Jena", "Ulm"))
    assert preview(page) == [
        f"2 agreements | valid until: 31 Jul 2026 → 31 Jul 2028 | {bonn}, {jena}",
        f"3 agreements | places in: - → 0 | {bonn}, {jena}, {ulm}",
        f"1 agreement | valid until: 31 Jul 2027 → 31 Jul 2028 | {ulm}",
    ]
    assert stored_ends(*three) == [OLD, OLD, date(2027, 7, 31)]


def test_confirmed_changes_are_saved_with_a_reason(coordinator_client, coordinator, three):
    typed = {"valid_until": "2028-07-31", "responsible": coordinator.pk}
    preview_page = coordinator_client.post(bulk_url(*three), typed)

    page = coordinator_client.post(bulk_url(*three), typed | {"digest": digest(preview_page)}, follow=True)

    assert stored_ends(*three) == [NEW] * 3
    assert messages(page) == [
        "3 agreements changed: Bonn: Bilateral (signed), Jena: Bilateral (signed), Ulm: Bilateral (signed)"
    ]
    record = three[0].history.latest()
    assert (record.history_change_reason, record.history_user) == ("edited together with others", coordinator)
    assert Agreement.objects.filter(responsible=coordinator).count() == 3


def test_confirming_twice_changes_once(coordinator_client, three):
    typed = {"valid_until": "2028-07-31"}
    typed |= {"digest": digest(coordinator_client.post(bulk_url(*three), typed))}
    coordinator_client.post(bulk_url(*three), typed)

    page = coordinator_client.post(bulk_url(*three), typed, follow=True)

    assert messages(page)[-1:] == ["Nothing to change: the agreements are as you want them."]
    assert three[0].history.count() == 2


def test_concurrent_change_is_displayed_in_a_new_preview(coordinator_client, three):
    typed = {"valid_until": "2028-07-31"}
    typed |= {"digest": digest(coordinator_client.post(bulk_url(*three), typed))}
    three[2].schedule_end(date(2027, 1, 31), "will end: merger")

    page = coordinator_client.post(bulk_url(*three), typed)

    assert messages(page) == ["Nothing was changed: this is not what you have seen. Look at it again."]
    assert "1 agreement | valid until: 31 Jan 2027 → 31 Jul 2028 | Ulm: Bilateral (signed)" in preview(page)
    assert stored_ends(*three) == [OLD, OLD, date(2027, 1, 31)]
    assert digest(page) != typed["digest"]


def test_values_other_than_those_of_the_preview_are_previewed_again(coordinator_client, three):
    outdated_digest = digest(coordinator_client.post(bulk_url(*three), {"places_out": 3}))

    page = coordinator_client.post(bulk_url(*three), {"places_out": 4, "digest": outdated_digest})

    assert messages(page) == ["Nothing was changed: this is not what you have seen. Look at it again."]
    assert set(Agreement.objects.values_list("places_out", flat=True)) == {2}


def test_one_invalid_agreement_prevents_all_changes(coordinator_client, three):
    Agreement.objects.filter(pk=three[1].pk).update(valid_from=date(2026, 1, 1))
    typed = {"valid_until": "2025-12-31"}

    page = coordinator_client.post(bulk_url(*three), typed)

    assert (
        "Jena: Bilateral, from 1 Jan 2026 (signed): Valid until (31 Dec 2025) is before valid from (1 Jan 2026)."
        in text(page)
    )
    assert digest(page) is None
    assert stored_ends(*three) == [OLD, OLD, date(2027, 7, 31)]


@pytest.mark.parametrize(
    ("typed", "field", "value", "line"),
    [
        ({"responsible": "-"}, "responsible", None, "coordinator responsible: coordinator → nobody"),
        ({"places_out": 0}, "places_out", 0, "places out: 2 → 0"),
    ],
)
def test_fields_can_be_cleared(coordinator_client, coordinator, three, typed, field, value, line):
    Agreement.objects.update(responsible=coordinator)
    preview_page = coordinator_client.post(bulk_url(three[0]), typed)

    coordinator_client.post(bulk_url(three[0]), typed | {"digest": digest(preview_page)})

    assert preview(preview_page) == [f"1 agreement | {line} | Bonn: Bilateral (signed)"]
    assert getattr(Agreement.objects.get(pk=three[0].pk), field) == value


def confirm(client, typed, *agreements):
    """Ask for the preview and confirm it. Return the preview."""
    preview_page = client.post(bulk_url(*agreements), typed)
    client.post(bulk_url(*agreements), typed | {"digest": digest(preview_page)})
    return preview(preview_page)


def test_open_ended_replaces_the_last_day(coordinator_client, three):
    shown = confirm(coordinator_client, {"is_open_ended": "on"}, three[0])

    assert [line.split(" | ")[1] for line in shown] == ["valid until: 31 Jul 2026 → -", "open-ended: no → yes"]
    assert Agreement.objects.values_list("valid_until", "is_open_ended").get(pk=three[0].pk) == (None, True)


def test_last_day_replaces_open_ended(coordinator_client):
    agreement = AgreementFactory(is_open_ended=True)

    shown = confirm(coordinator_client, {"valid_until": "2028-07-31"}, agreement)

    assert [line.split(" | ")[1] for line in shown] == ["valid until: - → 31 Jul 2028", "open-ended: yes → no"]
    assert Agreement.objects.values_list("valid_until", "is_open_ended").get() == (NEW, False)


def test_day_for_signing_is_set(coordinator_client):
    deals = [AgreementFactory(status=AgreementStatus.IN_PROCESS) for _ in range(2)]

    shown = confirm(coordinator_client, {"due_on": "2028-07-31"}, *deals)

    assert [line.split(" | ")[:2] for line in shown] == [["2 agreements", "to be done by: - → 31 Jul 2028"]]
    assert list(Agreement.objects.values_list("due_on", flat=True)) == [NEW] * 2


def test_overlap_with_a_following_agreement_prevents_all_changes(coordinator_client, three):
    next_one = {"valid_from": date(2027, 8, 1), "is_open_ended": True}
    AgreementFactory(university=three[2].university, **next_one)
    AgreementFactory(university=three[0].university, scope="Faculty of Law", **next_one)

    page = coordinator_client.post(bulk_url(*three), {"valid_until": "2028-07-31"})

    [error] = element_texts(page, ".errorlist li")
    assert error.startswith("Ulm: Bilateral")
    assert error.endswith(
        ": “Bilateral, from 1 Aug 2027, open-ended” is signed already. "
        "Choose dates that do not overlap, end that one, or renew it."
    )
    assert digest(page) is None


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({}, "Write what to change. What you leave empty stays as it is."),
        ({"is_open_ended": "on", "valid_until": "2028-07-31"}, "Write a last day, or tick “open-ended”, not both."),
        ({"valid_until": "soon"}, "“soon” is not a date. Write it like 1 Feb 2025."),
        ({"places_out": "-1"}, "Ensure this value is greater than or equal to 0."),
        ({"places_in": "40000"}, "Ensure this value is less than or equal to 32767."),
        ({"responsible": "0"}, "Select a valid choice. 0 is not one of the available choices."),
    ],
)
def test_form_displays_errors(coordinator_client, three, typed, error):
    page = coordinator_client.post(bulk_url(*three), typed)

    assert element_texts(page, ".errorlist li") == [error]
    assert digest(page) is None


def test_page_without_agreements_redirects_back(coordinator_client, db):
    page = coordinator_client.get(bulk_url(), follow=True)

    assert messages(page) == ["Tick the agreements first."]


def test_preview_makes_as_many_queries_with_100_agreements_as_with_3(coordinator_client, bilateral):
    agreements = [AgreementFactory(status=AgreementStatus.SIGNED) for _ in range(100)]

    def queries(selected):
        with CaptureQueriesContext(connection) as captured:
            with_values = coordinator_client.post(bulk_url(*selected), {"places_out": 3})
        assert digest(with_values)
        return len(captured), count_queries(coordinator_client, bulk_url(*selected))

    queries(agreements[:1])

    assert queries(agreements) == queries(agreements[:3])
