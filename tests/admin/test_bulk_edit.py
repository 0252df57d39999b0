from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.enums import AgreementStatus
from partners.models import Agreement, Mobility
from partners.models.mobilities import summarize
from tests.helpers.agreement_page import NO_ROWS
from tests.helpers.factories import AgreementFactory, MobilityFactory
from tests.helpers.html import attributes, count_queries, element_texts, messages, table, text

LIST = "/admin/partners/agreement/"
OLD, NEW = date(2026, 7, 31), date(2028, 7, 31)

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(db):
    """Agreements with Bonn and Jena, and one with Ulm that ends later."""
    ends = {"Bonn": OLD, "Jena": OLD, "Ulm": date(2027, 7, 31)}
    return [AgreementFactory(university__name=name, valid_until=end) for name, end in ends.items()]


def line(number=0, **values):
    """Return the data of a line of mobilities, the first one by default."""
    typed = {"direction": "out", "kind": "student_studies"} | values
    return {f"mobilities-{number}-{name}": value for name, value in typed.items()}


def lines(*typed):
    """Return the data of these lines, which replace the mobilities of the agreements."""
    counts = {"mobilities-TOTAL_FORMS": len(typed), "mobilities-INITIAL_FORMS": 0}
    return (
        {"mobilities": "replace"}
        | counts
        | {k: v for n, values in enumerate(typed) for k, v in line(n, **values).items()}
    )


def offers(*agreements):
    return [summarize(Mobility.objects.filter(agreement=agreement)) for agreement in agreements]


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
    page = coordinator_client.post(bulk_url(*three), NO_ROWS | {"valid_until": "2028-07-31", "due_on": "2027-01-31"})

    bonn, jena, ulm = (f"{name}: Bilateral (signed)" for name in ("Bonn", "Jena", "Ulm"))
    assert preview(page) == [
        f"2 agreements | valid until: 31 Jul 2026 → 31 Jul 2028 | {bonn}, {jena}",
        f"3 agreements | to be done by: - → 31 Jan 2027 | {bonn}, {jena}, {ulm}",
        f"1 agreement | valid until: 31 Jul 2027 → 31 Jul 2028 | {ulm}",
    ]
    assert stored_ends(*three) == [OLD, OLD, date(2027, 7, 31)]


def test_confirmed_changes_are_saved_with_a_reason(coordinator_client, coordinator, three):
    typed = NO_ROWS | {"valid_until": "2028-07-31", "responsible": coordinator.pk}
    preview_page = coordinator_client.post(bulk_url(*three), typed)

    page = coordinator_client.post(bulk_url(*three), typed | {"digest": digest(preview_page)}, follow=True)

    assert stored_ends(*three) == [NEW] * 3
    assert messages(page) == [
        "3 agreements changed: Bonn: Bilateral (signed), Jena: Bilateral (signed), Ulm: Bilateral (signed). Undo …"
    ]
    record = three[0].history.latest()
    assert (record.history_change_reason, record.history_user) == ("edited together with others", coordinator)
    assert Agreement.objects.filter(responsible=coordinator).count() == 3


def test_confirming_twice_changes_once(coordinator_client, three):
    typed = NO_ROWS | {"valid_until": "2028-07-31"}
    typed |= {"digest": digest(coordinator_client.post(bulk_url(*three), typed))}
    coordinator_client.post(bulk_url(*three), typed)

    page = coordinator_client.post(bulk_url(*three), typed, follow=True)

    assert messages(page)[-1:] == ["Nothing to change: the agreements are as you want them."]
    assert three[0].history.count() == 2


def test_concurrent_change_is_displayed_in_a_new_preview(coordinator_client, three):
    typed = NO_ROWS | {"valid_until": "2028-07-31"}
    typed |= {"digest": digest(coordinator_client.post(bulk_url(*three), typed))}
    three[2].schedule_end(date(2027, 1, 31), "will end: merger")

    page = coordinator_client.post(bulk_url(*three), typed)

    assert messages(page) == ["Nothing was changed: this is not what you have seen. Look at it again."]
    assert "1 agreement | valid until: 31 Jan 2027 → 31 Jul 2028 | Ulm: Bilateral (signed)" in preview(page)
    assert stored_ends(*three) == [OLD, OLD, date(2027, 1, 31)]
    assert digest(page) != typed["digest"]


def test_values_other_than_those_of_the_preview_are_previewed_again(coordinator_client, three):
    outdated_digest = digest(coordinator_client.post(bulk_url(*three), lines({"places": 3})))

    page = coordinator_client.post(bulk_url(*three), lines({"places": 4}) | {"digest": outdated_digest})

    assert messages(page) == ["Nothing was changed: this is not what you have seen. Look at it again."]
    assert not Mobility.objects.exists()


def test_one_invalid_agreement_prevents_all_changes(coordinator_client, three):
    Agreement.objects.filter(pk=three[1].pk).update(valid_from=date(2026, 1, 1))
    typed = NO_ROWS | {"valid_until": "2025-12-31"}

    page = coordinator_client.post(bulk_url(*three), typed)

    assert (
        "Jena: Bilateral, from 1 Jan 2026 (signed): Valid until (31 Dec 2025) is before valid from (1 Jan 2026)."
        in text(page)
    )
    assert digest(page) is None
    assert stored_ends(*three) == [OLD, OLD, date(2027, 7, 31)]


def test_coordinator_responsible_can_be_cleared(coordinator_client, coordinator, three):
    Agreement.objects.update(responsible=coordinator)

    shown = confirm(coordinator_client, {"responsible": "-"}, three[0])

    assert shown == ["1 agreement | coordinator responsible: coordinator → nobody | Bonn: Bilateral (signed)"]
    assert Agreement.objects.get(pk=three[0].pk).responsible is None


def confirm(client, typed, *agreements):
    """Ask for the preview and confirm it. Return the preview."""
    typed = NO_ROWS | typed
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


def test_every_declared_field_is_set_and_the_reason_is_in_the_history(coordinator_client, erasmus, three):
    AgreementFactory(scope="Faculty of Law")
    typed = {
        "agreement_type": erasmus.pk,
        "scope": "faculty of law",
        "signed_on": "2026-05-01",
        "valid_from": "2026-06-01",
        "public_note": "B2 is needed",
        "next_step": "Scan it",
        "contact": "Dr. Ada",
        "notes": "On paper",
    }

    confirm(coordinator_client, typed | {"reason": "moved to the law school"}, *three)

    edited = Agreement.objects.filter(pk__in=[agreement.pk for agreement in three])
    assert set(edited.values_list(*typed)) == {
        (erasmus.pk, "Faculty of Law", date(2026, 5, 1), date(2026, 6, 1), *list(typed.values())[4:])
    }
    assert three[0].history.latest().history_change_reason == "edited together: moved to the law school"


def test_ticked_fields_become_empty(coordinator_client, three):
    Agreement.objects.update(next_step="Ask", is_open_ended=True, valid_until=None)

    shown = confirm(coordinator_client, {"emptied": ["next_step", "valid_until"]}, *three)

    assert [line.split(" | ")[:2] for line in shown] == [
        ["3 agreements", "open-ended: yes → no"],
        ["3 agreements", "next step: Ask → -"],
    ]
    assert set(Agreement.objects.values_list("next_step", "is_open_ended")) == {("", False)}


def test_type_that_another_deal_in_process_has_prevents_all_changes(coordinator_client, erasmus, three):
    deal = AgreementFactory(university=three[0].university, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university=three[0].university, agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)

    page = coordinator_client.post(bulk_url(deal), NO_ROWS | {"agreement_type": erasmus.pk})

    assert element_texts(page, ".errorlist li") == [
        "Bonn: Erasmus+ (in process): "
        "Another agreement of this university has the same type and scope in process. End one of them."
    ]


def test_overlap_with_a_following_agreement_prevents_all_changes(coordinator_client, three):
    next_one = {"valid_from": date(2027, 8, 1), "is_open_ended": True}
    AgreementFactory(university=three[2].university, **next_one)
    AgreementFactory(university=three[0].university, scope="Faculty of Law", **next_one)

    page = coordinator_client.post(bulk_url(*three), NO_ROWS | {"valid_until": "2028-07-31"})

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
        (
            {"emptied": "due_on", "due_on": "2028-07-31"},
            "Write what it becomes, or tick that it becomes empty, not both.",
        ),
        ({"valid_until": "soon"}, "“soon” is not a date. Write it like 1 Feb 2025."),
        (lines({"places": "-1"}), "Ensure this value is greater than or equal to 0."),
        (lines({"places": "40000"}), "Ensure this value is less than or equal to 32767."),
        (
            lines({"kind": "staff_teaching", "study_levels": "master"}),
            "Only mobilities of students have study levels. Take them out, or choose a kind of student mobility.",
        ),
        (lines({"languages": "Klingon B2"}), "“Klingon B2” is not a language with a level. Write it like English B2."),
        (lines({}), "Enter a line below, or leave the mobilities as they are."),
        (
            lines({"places": "4"}) | {"mobilities": ""},
            "There are lines below. Choose what they are for, or empty them.",
        ),
        ({"responsible": "0"}, "Select a valid choice. 0 is not one of the available choices."),
    ],
)
def test_form_displays_errors(coordinator_client, three, typed, error):
    page = coordinator_client.post(bulk_url(*three), NO_ROWS | typed)

    assert element_texts(page, ".errorlist li") == [error]
    assert digest(page) is None


def test_page_without_agreements_redirects_back(coordinator_client, db):
    page = coordinator_client.get(bulk_url(), follow=True)

    assert messages(page) == ["Tick the agreements first."]


def test_preview_makes_as_many_queries_with_100_agreements_as_with_3(coordinator_client, bilateral):
    agreements = [AgreementFactory(status=AgreementStatus.SIGNED) for _ in range(100)]
    for agreement in agreements:
        MobilityFactory.create_batch(2, agreement=agreement)
    typed = lines({"places": 3}) | {"due_on": "2027-01-31"}

    def queries(selected):
        with CaptureQueriesContext(connection) as captured:
            with_values = coordinator_client.post(bulk_url(*selected), typed)
        assert digest(with_values)
        return len(captured), count_queries(coordinator_client, bulk_url(*selected))

    queries(agreements[:1])

    assert queries(agreements) == queries(agreements[:3])


def test_lines_replace_the_mobilities_of_each_agreement(coordinator_client, coordinator, three):
    MobilityFactory(agreement=three[0], places=4, languages="en B2")
    kept = MobilityFactory(agreement=three[1], places=2, study_levels="bachelor,master")
    typed = lines(
        {"places": 2, "study_levels": ["bachelor", "master"]},
        {"direction": "in", "places": 2, "study_levels": ["bachelor", "master"], "fields_of_study": "0531"},
    )

    shown = confirm(coordinator_client, typed, *three)

    new = "2 in · bachelor, master · Chemistry · ISCED-F 0531"
    both = f"2 out · bachelor, master; {new}"
    assert shown == [
        f"1 agreement | mobilities: 4 out · English B2 → {both} | Bonn: Bilateral (signed)",
        f"1 agreement | mobilities: 2 out · bachelor, master → {both} | Jena: Bilateral (signed)",
        f"1 agreement | mobilities: - → {both} | Ulm: Bilateral (signed)",
    ]
    assert offers(*three) == ["2 out · bachelor, master; 2 in · bachelor, master · Chemistry"] * 3
    assert kept.history.count() == 1
    deletion = Mobility.history.get(history_type="-")
    assert (deletion.agreement_id, deletion.history_user) == (three[0].pk, coordinator)
    added = Mobility.history.filter(history_type="+", history_change_reason="edited together with others")
    assert (added.count(), deletion.history_change_reason) == (5, "edited together with others")
    assert Agreement.history.count() == 3


def test_lines_are_added_to_those_that_an_agreement_has(coordinator_client, three):
    MobilityFactory(agreement=three[0], places=4)
    MobilityFactory(agreement=three[1], direction="in", places=2)

    shown = confirm(coordinator_client, lines({"direction": "in", "places": 2}) | {"mobilities": "add"}, *three)

    assert [line.split(" | ")[1] for line in shown] == ["mobilities: 4 out → 4 out, 2 in", "mobilities: - → 2 in"]
    assert offers(*three) == ["4 out, 2 in", "2 in", "2 in"]


def test_lines_and_values_are_saved_together(coordinator_client, three):
    confirm(coordinator_client, lines({"places": 2}) | {"valid_until": "2028-07-31"}, *three)

    assert stored_ends(*three) == [NEW] * 3
    assert offers(*three) == ["2 out"] * 3


def test_mobilities_stay_as_they_are_unless_they_are_to_be_replaced(coordinator_client, three):
    MobilityFactory(agreement=three[0], places=4)

    confirm(coordinator_client, {"valid_until": "2028-07-31"}, *three)

    assert offers(*three) == ["4 out", "", ""]


def test_equal_lines_change_nothing(coordinator_client, three):
    MobilityFactory(agreement=three[0], places=4)

    page = coordinator_client.post(bulk_url(three[0]), NO_ROWS | lines({"places": 4}), follow=True)

    assert messages(page) == ["Nothing to change: the agreements are as you want them."]


def test_concurrent_change_of_mobilities_is_displayed_in_a_new_preview(coordinator_client, three):
    mobility = MobilityFactory(agreement=three[0], places=4)
    typed = lines({"places": 2})
    typed |= {"digest": digest(coordinator_client.post(bulk_url(three[0]), typed))}
    mobility.places = 5
    mobility.save()

    page = coordinator_client.post(bulk_url(three[0]), typed)

    assert messages(page) == ["Nothing was changed: this is not what you have seen. Look at it again."]
    assert preview(page) == ["1 agreement | mobilities: 5 out → 2 out | Bonn: Bilateral (signed)"]
    assert offers(three[0]) == ["5 out"]


def test_replacing_lines_of_100_agreements_makes_one_query_more_than_of_3(coordinator_client, bilateral):
    agreements = [AgreementFactory() for _ in range(103)]
    for agreement in agreements:
        MobilityFactory(agreement=agreement)

    def count_queries_of_replacing(selected):
        page = coordinator_client.post(bulk_url(*selected), typed)
        with CaptureQueriesContext(connection) as captured:
            coordinator_client.post(bulk_url(*selected), typed | {"digest": digest(page)})
        assert set(offers(*selected)) == {"2 out"}
        return len(captured)

    typed = lines({"places": 2})

    # A statement adds up to 83 lines.
    assert count_queries_of_replacing(agreements[:3]) + 1 == count_queries_of_replacing(agreements[3:])
