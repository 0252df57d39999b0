from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.enums import AgreementStatus
from partners.models import Agreement, Mobility
from partners.models.mobilities import summarize
from tests.helpers.factories import AgreementFactory, MobilityFactory, UniversityFactory
from tests.helpers.html import count_queries, element_texts, errors, form_data, messages

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(erasmus, coordinator):
    """A signed agreement of two years until 30 September 2026."""
    return AgreementFactory(
        university=UniversityFactory(name="Marburg"),
        agreement_type=erasmus,
        signed_on=date(2024, 9, 1),
        valid_from=date(2024, 10, 1),
        valid_until=date(2026, 9, 30),
        responsible=coordinator,
        next_step="Ask the faculty",
        contact="Dr. Ada",
        notes="Slow in summer.",
    )


def bulk_url(*agreements):
    return reverse("admin:partners_agreement_renew", query={"id": [agreement.pk for agreement in agreements]})


def renewal_data(agreement, **typed):
    typed = {"valid_from": "2026-10-01", "valid_until": "2028-09-30"} | typed
    typed["version"] = agreement.history.latest().pk
    return {f"{agreement.pk}-{name}": value for name, value in typed.items()}


def renewal():
    return Agreement.objects.in_process().get()


def test_proposed_period_has_as_many_calendar_months_as_the_previous_one(coordinator_client, signed):
    form = form_data(coordinator_client.get(bulk_url(signed)), ".bulk-form")

    assert form[f"{signed.pk}-valid_from"] == "2026-10-01"
    assert form[f"{signed.pk}-valid_until"] == "2028-09-30"
    assert Agreement.objects.count() == 1


def test_renewal_copies_details(coordinator_client, coordinator, signed):
    page = coordinator_client.post(bulk_url(signed), renewal_data(signed, next_step="Send the draft"), follow=True)

    for name in ("contact", "notes", "university", "agreement_type", "responsible"):
        assert getattr(renewal(), name) == getattr(signed, name)
    assert (renewal().signed_on, renewal().next_step) == (None, "Send the draft")
    assert (renewal().valid_from, renewal().valid_until) == (date(2026, 10, 1), date(2028, 9, 30))
    assert messages(page) == ["Renewed, and in process: Marburg: Erasmus+, from 1 Oct 2026 (in process). Undo …"]
    record = renewal().history.latest()
    assert (record.history_user, record.history_change_reason) == (coordinator, "renewal")
    assert Agreement.objects.get(pk=signed.pk).status == AgreementStatus.SIGNED


def test_renewal_copies_mobilities_without_their_own_years(coordinator_client, coordinator, signed):
    offer = {"places": 3, "study_levels": "bachelor,master", "fields_of_study": "0531", "languages": "de B1"}
    MobilityFactory(agreement=signed, **offer, first_year=2024, last_year=2025)
    MobilityFactory(agreement=signed, direction="in", kind="staff_teaching", duration=10, fields_note="Labs")

    coordinator_client.post(bulk_url(signed), renewal_data(signed))

    out, back = renewal().mobilities.all()
    assert str(out) == "3 out · bachelor, master · Chemistry · German B1"
    assert (out.first_year, out.last_year) == (None, None)
    assert (back.direction, back.kind, back.duration, back.fields_note) == ("in", "staff_teaching", 10, "Labs")
    record = out.history.get()
    assert (record.history_type, record.history_change_reason, record.history_user) == ("+", "renewal", coordinator)
    assert signed.mobilities.filter(first_year=2024, last_year=2025).count() == 1


def test_renewing_copies_mobilities_of_each_agreement_to_its_own_renewal(coordinator_client, several):
    for places, agreement in enumerate(several[:2], 1):
        MobilityFactory(agreement=agreement, places=places)

    coordinator_client.post(bulk_url(*several), form_data(coordinator_client.get(bulk_url(*several)), ".bulk-form"))

    copied = {agreement.renews: summarize(agreement.mobilities.all()) for agreement in Agreement.objects.in_process()}
    assert copied == dict(zip(several, ["1 out", "2 out", ""], strict=True))


def test_renewal_of_an_open_ended_agreement_has_no_dates(coordinator_client, bilateral):
    signed = AgreementFactory()

    coordinator_client.post(bulk_url(signed), renewal_data(signed, valid_from="", valid_until=""))

    assert (renewal().valid_from, renewal().valid_until) == (None, None)


def test_renewal_names_the_agreement_it_renews(coordinator_client, signed):
    coordinator_client.post(bulk_url(signed), renewal_data(signed))

    assert renewal().renews == signed


def test_signing_the_renewal_leaves_its_predecessor_in_force(coordinator_client, signed):
    coordinator_client.post(bulk_url(signed), renewal_data(signed))

    renewal().sign(date(2026, 9, 1))

    statuses = dict(Agreement.objects.values_list("valid_until", "status"))
    assert statuses == {date(2026, 9, 30): "signed", date(2028, 9, 30): "signed"}


def test_open_ended_is_not_copied(coordinator_client, signed):
    Agreement.objects.update(valid_until=None, is_open_ended=True)
    typed = form_data(coordinator_client.get(bulk_url(signed)), ".bulk-form")

    coordinator_client.post(bulk_url(signed), typed | renewal_data(signed))

    assert (renewal().is_open_ended, renewal().valid_until) == (False, date(2028, 9, 30))


def test_renewal_may_be_open_ended(coordinator_client, signed):
    coordinator_client.post(bulk_url(signed), renewal_data(signed, valid_until="", is_open_ended="on"))

    assert (renewal().is_open_ended, renewal().valid_until) == (True, None)


def test_renewed_agreement_is_not_renewed_again(coordinator_client, signed):
    AgreementFactory(university=signed.university, agreement_type=signed.agreement_type, valid_from=date(2026, 10, 1))

    page = coordinator_client.get(bulk_url(signed), follow=True)

    assert messages(page) == ["“Marburg: Erasmus+, from 1 Oct 2024 (signed)” stays as it is: renewed from 1 Oct 2026."]


@pytest.mark.parametrize(
    ("sibling", "reason"),
    [
        ({"valid_from": date(2026, 10, 1)}, "Renewed from 1 Oct 2026."),
        ({"status": AgreementStatus.IN_PROCESS}, "Its renewal is in process."),
        ({"status": AgreementStatus.ENDED}, None),
    ],
)
def test_agreement_page_has_a_button_to_renew_or_the_reason_why_not(coordinator_client, signed, sibling, reason):
    AgreementFactory(university=signed.university, agreement_type=signed.agreement_type, **sibling)

    page = coordinator_client.get(f"/admin/partners/agreement/{signed.pk}/change/")

    assert element_texts(page, ".notice p") == ([reason] if reason else [])
    assert ("Renew" in element_texts(page, ".object-tools a")) is (reason is None)


def test_renewal_in_another_scope_does_not_prevent_a_renewal(coordinator_client, signed):
    other = {"university": signed.university, "agreement_type": signed.agreement_type, "scope": "Faculty of Law"}
    AgreementFactory(**other, valid_from=date(2026, 10, 1))
    AgreementFactory(**other, status=AgreementStatus.IN_PROCESS)

    coordinator_client.post(bulk_url(signed), renewal_data(signed))

    assert Agreement.objects.in_process().filter(scope="", renews=signed).count() == 1


@pytest.fixture
def several(signed, bilateral):
    """Three signed agreements with different last days, one of them without."""
    ends = [date(2027, 8, 31), None]
    return [signed, *(AgreementFactory(valid_from=date(2024, 9, 1), valid_until=end) for end in ends)]


def last_days(*agreements):
    return [str(Agreement.objects.get(renews=agreement).valid_until) for agreement in agreements]


def test_shared_last_day_replaces_unchanged_proposals_and_empty_cells(coordinator_client, several):
    typed = form_data(coordinator_client.get(bulk_url(*several)), ".bulk-form")

    coordinator_client.post(bulk_url(*several), typed | {"all-valid_until": "2029-08-31"})

    assert last_days(*several) == ["2029-08-31"] * 3


def test_shared_last_day_leaves_changed_cells(coordinator_client, several):
    typed = form_data(coordinator_client.get(bulk_url(*several)), ".bulk-form")
    typed |= {"all-valid_until": "2029-08-31", f"{several[0].pk}-valid_until": "2030-09-30"}

    coordinator_client.post(bulk_url(*several), typed)

    assert last_days(*several) == ["2030-09-30", "2029-08-31", "2029-08-31"]


def test_shared_dates_replace_proposals_and_a_row_ticked_as_open_ended_keeps_its_end(coordinator_client, several):
    typed = form_data(coordinator_client.get(bulk_url(*several)), ".bulk-form")
    typed |= {"all-valid_from": "2027-09-01", "all-valid_until": "2029-08-31", f"{several[0].pk}-is_open_ended": "on"}

    coordinator_client.post(bulk_url(*several), typed)

    assert last_days(*several) == ["None", "2029-08-31", "2029-08-31"]
    renewals = Agreement.objects.in_process().order_by("pk")
    assert list(renewals.values_list("valid_from", "is_open_ended")) == [
        (date(2027, 9, 1), True),
        (date(2027, 9, 1), False),
        (date(2027, 9, 1), False),
    ]


def test_proposals_are_saved_without_a_shared_last_day(coordinator_client, several):
    typed = form_data(coordinator_client.get(bulk_url(*several)), ".bulk-form")

    coordinator_client.post(bulk_url(*several), typed)

    assert last_days(*several) == ["2028-09-30", "2030-08-31", "None"]


def test_corrected_shared_last_day_applies_to_all(coordinator_client, several):
    url = bulk_url(*several)
    typed = form_data(coordinator_client.get(url), ".bulk-form")
    page = coordinator_client.post(url, typed | {"all-valid_until": "2024-08-31"})

    coordinator_client.post(url, form_data(page, ".bulk-form") | {"all-valid_until": "2029-08-31"})

    assert last_days(*several) == ["2029-08-31"] * 3


def test_renewing_twice_creates_one_renewal_and_displays_a_message(coordinator_client, signed):
    coordinator_client.post(bulk_url(signed), renewal_data(signed), follow=True)

    page = coordinator_client.post(bulk_url(signed), renewal_data(signed), follow=True)

    assert messages(page) == [
        "“Marburg: Erasmus+, from 1 Oct 2024 (signed)” stays as it is: its renewal is in process."
    ]
    assert Agreement.objects.in_process().count() == 1


def test_deal_of_another_type_does_not_prevent_a_renewal(coordinator_client, signed, bilateral):
    AgreementFactory(university=signed.university, agreement_type=bilateral, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(university=signed.university, agreement_type=None, status=AgreementStatus.IN_PROCESS)

    coordinator_client.post(bulk_url(signed), renewal_data(signed))

    assert Agreement.objects.in_process().filter(agreement_type=signed.agreement_type).count() == 1


def test_deal_in_process_is_not_renewed(coordinator_client, bilateral):
    deal = AgreementFactory(university__name="Jena", status=AgreementStatus.IN_PROCESS)

    page = coordinator_client.get(bulk_url(deal), follow=True)

    assert [message.partition(": it")[0] for message in messages(page)] == [
        "“Jena: Bilateral (in process)” stays as it is"
    ]


def test_end_before_the_start_is_rejected(coordinator_client, signed):
    page = coordinator_client.post(bulk_url(signed), renewal_data(signed, valid_until="2026-09-01"))

    assert errors(page) == {
        f"{signed.pk}-valid_until": "Valid until (1 Sep 2026) is before valid from (1 Oct 2026).",
    }
    assert Agreement.objects.count() == 1


def test_page_makes_the_same_queries_for_3_and_for_100(coordinator_client, bilateral):
    agreements = [AgreementFactory() for _ in range(100)]

    assert count_queries(coordinator_client, bulk_url(*agreements[:3])) == count_queries(
        coordinator_client, bulk_url(*agreements)
    )


def test_copying_mobilities_makes_4_queries_for_3_agreements_and_6_for_100(coordinator_client, bilateral):
    agreements = [AgreementFactory() for _ in range(103)]
    for agreement in agreements:
        MobilityFactory.create_batch(2, agreement=agreement)

    def count_mobility_queries(selected):
        typed = form_data(coordinator_client.get(bulk_url(*selected)), ".bulk-form")
        with CaptureQueriesContext(connection) as captured:
            coordinator_client.post(bulk_url(*selected), typed)
        assert Mobility.objects.filter(agreement__renews__in=selected).count() == 2 * len(selected)
        return len([query for query in captured if "mobility" in query["sql"]])

    # One reads them, one writes their history, one counts them. A statement adds up to 83 lines, and 100 agreements
    # have 200.
    assert (count_mobility_queries(agreements[:3]), count_mobility_queries(agreements[3:])) == (4, 6)
