from datetime import date

import pytest
import time_machine

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Mobility, University
from tests.helpers.factories import AgreementFactory, UniversityFactory
from tests.helpers.html import attributes, count_queries, element_texts, elements, errors, messages, text
from tests.helpers.university_page import row, save

BILATERAL, ERASMUS, GE3, UNKNOWN = "Bilateral", "Erasmus+", "GE3", ""
DUPLICATE_ERROR = "Another agreement of this university has the same type and scope in process. End one of them."
ADVICE = "Choose dates that do not overlap, end that one, or renew it."


@pytest.fixture(autouse=True)
def fixed_date():
    with time_machine.travel("2026-07-28 12:00", tick=False):
        yield


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


def add(university, type_name, status, **values):
    agreement_type = AgreementType.objects.filter(name=type_name).first()
    return AgreementFactory(university=university, agreement_type=agreement_type, status=status, **values)


def stored_agreements(university):
    """Return (agreement type, status) of the university's agreements, oldest first."""
    agreements = university.agreements.select_related("agreement_type").order_by("pk")
    return [(str(agreement.agreement_type or ""), agreement.status) for agreement in agreements]


def test_agreements_are_added_and_changed_on_university_page(coordinator_client, marburg):
    deal = add(marburg, UNKNOWN, AgreementStatus.IN_PROCESS)

    page = save(
        coordinator_client,
        marburg,
        row(ERASMUS, "signed", deal, signed_on="2026-05-01", valid_until="2029-09-30"),
        row(BILATERAL, "in_process"),
    )

    assert messages(page) == ["Marburg was changed. New: 1 agreement."]
    assert stored_agreements(marburg) == [(ERASMUS, "signed"), (BILATERAL, "in_process")]
    deal.refresh_from_db()
    assert (deal.signed_on.isoformat(), deal.valid_until.isoformat()) == ("2026-05-01", "2029-09-30")


def test_new_university_is_saved_with_its_agreements(coordinator_client, germany):
    university = University(name="Marburg", country=germany)

    page = save(coordinator_client, university, row(BILATERAL, "signed"), row(ERASMUS, "in_process"))

    assert messages(page) == ["Marburg was added with 2 agreements."]
    assert stored_agreements(University.objects.get()) == [(BILATERAL, "signed"), (ERASMUS, "in_process")]


def test_new_university_with_an_agreement_and_its_renewal_is_saved(coordinator_client, germany):
    university = University(name="Marburg", country=germany)

    save(
        coordinator_client, university, row(BILATERAL, "signed"), row(BILATERAL, "in_process"), row(BILATERAL, "ended")
    )

    agreements = sorted(stored_agreements(University.objects.get()))
    assert agreements == [(BILATERAL, "ended"), (BILATERAL, "in_process"), (BILATERAL, "signed")]


@pytest.mark.parametrize(
    ("type_name", "status", "error"),
    [
        (BILATERAL, "in_process", {"agreement_type": DUPLICATE_ERROR}),
        (UNKNOWN, "in_process", {"agreement_type": DUPLICATE_ERROR}),
        (
            BILATERAL,
            "signed",
            {"valid_from": f"“Bilateral, Law, from 1 Jan 2026, open-ended” is signed already. {ADVICE}"},
        ),
    ],
)
def test_duplicate_open_agreements_are_rejected_at_the_second(coordinator_client, marburg, type_name, status, error):
    page = save(
        coordinator_client,
        marburg,
        row(type_name, status, scope="Law", valid_from="2026-01-01", is_open_ended="on"),
        row(type_name, status, scope=" LAW", valid_from="2026-01-02"),
    )

    assert errors(page) == {f"agreements-1-{field}": message for field, message in error.items()}
    assert stored_agreements(marburg) == []


def test_duplicate_of_existing_agreement_in_process_is_rejected(coordinator_client, marburg):
    existing = add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)

    page = save(coordinator_client, marburg, row(BILATERAL, "in_process", existing), row(BILATERAL, "in_process"))

    assert errors(page) == {"agreements-1-agreement_type": DUPLICATE_ERROR}
    assert stored_agreements(marburg) == [(BILATERAL, "in_process")]


def test_ended_agreement_cannot_be_reopened_beside_its_successor(coordinator_client, marburg):
    ended, signed = add(marburg, BILATERAL, AgreementStatus.ENDED), add(marburg, BILATERAL, AgreementStatus.SIGNED)

    page = save(coordinator_client, marburg, row(BILATERAL, "signed", ended), row(BILATERAL, "signed", signed))

    assert errors(page) == {"agreements-0-valid_from": f"“Bilateral, end not recorded” is signed already. {ADVICE}"}
    assert stored_agreements(marburg) == [(BILATERAL, "ended"), (BILATERAL, "signed")]


def test_agreements_of_different_scopes_are_signed_side_by_side(coordinator_client, marburg):
    law = add(marburg, ERASMUS, AgreementStatus.SIGNED, scope="Law")

    save(coordinator_client, marburg, row(ERASMUS, "signed", law), row(ERASMUS, "signed", scope="Medicine"))

    scopes = list(marburg.agreements.signed().order_by("pk").values_list("scope", flat=True))
    assert scopes == ["Law", "Medicine"]


def stored_periods(university):
    """Return (status, first day, last day) of the university's agreements, oldest first, with empty dates as "-"."""
    agreements = university.agreements.order_by("pk").values_list("status", "valid_from", "valid_until")
    return [(status, *(str(day or "-") for day in days)) for status, *days in agreements]


def test_agreement_is_shortened_and_the_next_added_in_one_save(coordinator_client, marburg):
    old = add(marburg, BILATERAL, AgreementStatus.SIGNED, valid_from=date(2024, 9, 1), is_open_ended=True)

    page = save(
        coordinator_client,
        marburg,
        row(BILATERAL, "signed", old, valid_from="2024-09-01", valid_until="2027-08-31"),
        row(BILATERAL, "signed", valid_from="2027-09-01"),
    )

    assert errors(page) == {}
    assert stored_periods(marburg) == [("signed", "2024-09-01", "2027-08-31"), ("signed", "2027-09-01", "-")]


def test_two_agreements_swap_periods(coordinator_client, marburg):
    periods = [
        {"valid_from": "2024-01-01", "valid_until": "2024-12-31"},
        {"valid_from": "2025-01-01", "valid_until": "2025-12-31"},
    ]
    first, second = [
        add(marburg, BILATERAL, AgreementStatus.SIGNED, **{name: date.fromisoformat(day) for name, day in days.items()})
        for days in periods
    ]

    save(
        coordinator_client,
        marburg,
        row(BILATERAL, "signed", first, **periods[1]),
        row(BILATERAL, "signed", second, **periods[0]),
    )

    assert stored_periods(marburg) == [("signed", "2025-01-01", "2025-12-31"), ("signed", "2024-01-01", "2024-12-31")]


def save_confirmed(client, university, *rows):
    """Submit the form, tick the boxes that ask for a confirmation, and submit it again."""
    page = save(client, university, *rows)
    rows = [dict(values) for values in rows]
    for box in elements(page, ".confirm-date input"):
        _prefix, index, name = box.name.split("-", 2)
        rows[int(index)][name] = box.get("value")
    return save(client, university, *rows)


def test_signing_a_renewal_names_what_changes_before_it_happens(coordinator_client, marburg):
    old, renewal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)
    rows = row(BILATERAL, "signed", old), row(BILATERAL, "signed", renewal, valid_from="2027-09-01")

    page = save(coordinator_client, marburg, *rows)

    effect = "“Bilateral, end not recorded” gets 31 Aug 2027 as its last day."
    assert errors(page) == {
        "agreements-1-valid_from": (
            f"Another agreement changes: {effect} Correct the first day, or tick that this is right."
        )
    }
    assert attributes(page, ".confirm-date input", "value") == [effect]
    assert stored_agreements(marburg) == [(BILATERAL, "signed"), (BILATERAL, "in_process")]


def test_confirmation_of_other_effects_is_asked_for_again(coordinator_client, marburg):
    old, renewal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)
    outdated = {"valid_from-confirmed": "“Bilateral, end not recorded” gets 31 Aug 2027 as its last day."}
    rows = row(BILATERAL, "signed", old), row(BILATERAL, "signed", renewal, valid_from="2028-09-01", **outdated)

    page = save(coordinator_client, marburg, *rows)

    assert "gets 31 Aug 2028 as its last day" in errors(page)["agreements-1-valid_from"]
    assert attributes(page, ".confirm-date input", "checked") == [None]


def test_signing_a_renewal_shortens_its_predecessor(coordinator_client, marburg):
    old, renewal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)

    save_confirmed(
        coordinator_client,
        marburg,
        row(BILATERAL, "signed", old),
        row(BILATERAL, "signed", renewal, valid_from="2027-09-01"),
    )

    assert stored_periods(marburg) == [("signed", "-", "2027-08-31"), ("signed", "2027-09-01", "-")]
    renewal.refresh_from_db()
    assert renewal.renews == old
    assert old.history.latest().history_change_reason.startswith("shortened by its renewal")


def test_renewal_is_signed_and_its_predecessor_changed_in_one_save(coordinator_client, marburg):
    old, renewal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)

    save_confirmed(
        coordinator_client,
        marburg,
        row(BILATERAL, "signed", old, valid_from="2024-09-01", is_open_ended="on"),
        row(BILATERAL, "signed", renewal, valid_from="2026-09-01"),
    )

    assert stored_periods(marburg) == [("signed", "2024-09-01", "2026-08-31"), ("signed", "2026-09-01", "-")]


def test_two_renewals_are_signed_in_one_save(coordinator_client, marburg):
    old = add(marburg, BILATERAL, AgreementStatus.SIGNED)
    later, sooner = (add(marburg, type_name, AgreementStatus.IN_PROCESS) for type_name in (BILATERAL, UNKNOWN))

    save_confirmed(
        coordinator_client,
        marburg,
        row(BILATERAL, "signed", old),
        row(BILATERAL, "signed", later, valid_from="2027-01-01"),
        row(
            BILATERAL,
            "signed",
            sooner,
            valid_from="2026-01-01",
            valid_until="2026-12-31",
        ),
    )

    assert stored_periods(marburg) == [
        ("signed", "-", "2025-12-31"),
        ("signed", "2027-01-01", "-"),
        ("signed", "2026-01-01", "2026-12-31"),
    ]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({}, "A signed agreement exists. Enter the first day of this one, such as 1 Sep 2027."),
        (
            {"valid_from": "2026-09-01"},
            "“Bilateral, from 1 Sep 2026, until 31 Aug 2027” is signed already and begins later. "
            "Choose dates that do not overlap, or end it first.",
        ),
    ],
)
def test_renewal_that_cannot_be_signed_is_rejected_at_its_first_day(coordinator_client, marburg, values, error):
    renewal = add(marburg, UNKNOWN, AgreementStatus.IN_PROCESS)

    page = save(
        coordinator_client,
        marburg,
        row(BILATERAL, "signed", renewal, **values),
        row(BILATERAL, "signed", valid_from="2026-09-01", valid_until="2027-08-31"),
    )

    assert errors(page) == {"agreements-0-valid_from": error}
    assert stored_agreements(marburg) == [(UNKNOWN, "in_process")]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"status": "signed", "agreement_type": ""}, {"agreement_type": "A signed agreement needs an agreement type."}),
        (
            {"valid_from": "2026-01-02", "valid_until": "2026-01-01"},
            {"valid_until": "Valid until (1 Jan 2026) is before valid from (2 Jan 2026)."},
        ),
        ({"valid_until": "soon"}, {"valid_until": "“soon” is not a date. Write it like 1 Feb 2025."}),
    ],
    ids=["signed without type", "dates", "no date"],
)
def test_row_displays_errors_at_their_fields(coordinator_client, marburg, values, error):
    page = save(coordinator_client, marburg, row(BILATERAL, "in_process") | values)

    assert errors(page) == {f"agreements-0-{field}": message for field, message in error.items()}
    assert stored_agreements(marburg) == []


@pytest.mark.parametrize("status", ["in_process", "signed"])
def test_agreement_is_ended_and_replaced_in_one_step(coordinator_client, marburg, status):
    old = add(marburg, BILATERAL, status)

    save(coordinator_client, marburg, row(BILATERAL, "ended", old), row(BILATERAL, status))

    assert stored_agreements(marburg) == [(BILATERAL, "ended"), (BILATERAL, status)]


def test_signing_a_renewal_ends_what_began_no_earlier(coordinator_client, marburg):
    old, renewal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)

    save_confirmed(
        coordinator_client,
        marburg,
        row(BILATERAL, "signed", old, valid_from="2026-01-01"),
        row(BILATERAL, "signed", renewal, signed_on="2026-07-01", valid_from="2026-01-01"),
    )

    assert stored_agreements(marburg) == [(BILATERAL, "ended"), (BILATERAL, "signed")]
    old.refresh_from_db()
    assert old.ended_on == date(2026, 7, 1)
    assert old.history.latest().history_change_reason.startswith("ended by its renewal")


def test_renewal_is_signed_and_predecessor_ended_in_one_step(coordinator_client, marburg):
    old, renewal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)

    save(coordinator_client, marburg, row(BILATERAL, "ended", old), row(BILATERAL, "signed", renewal))

    assert stored_agreements(marburg) == [(BILATERAL, "ended"), (BILATERAL, "signed")]


def test_signing_agreement_of_unknown_type_shortens_signed_one_of_that_type(coordinator_client, marburg):
    old, deal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, UNKNOWN, AgreementStatus.IN_PROCESS)

    save_confirmed(
        coordinator_client,
        marburg,
        row(BILATERAL, "signed", old),
        row(BILATERAL, "signed", deal, valid_from="2026-09-01"),
    )

    assert stored_agreements(marburg) == [(BILATERAL, "signed"), (BILATERAL, "signed")]
    assert stored_periods(marburg) == [("signed", "-", "2026-08-31"), ("signed", "2026-09-01", "-")]


def test_renewal_is_signed_while_next_one_is_in_process(coordinator_client, marburg):
    old, renewal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)

    save_confirmed(
        coordinator_client,
        marburg,
        row(BILATERAL, "signed", old),
        row(BILATERAL, "signed", renewal, valid_from="2026-09-01"),
        row(BILATERAL, "in_process"),
    )

    assert stored_periods(marburg) == [
        ("signed", "-", "2026-08-31"),
        ("signed", "2026-09-01", "-"),
        ("in_process", "-", "-"),
    ]


@pytest.mark.parametrize("first_status", ["signed", "in_process"])
def test_two_agreements_of_a_type_swap_statuses(coordinator_client, marburg, first_status):
    other_status = {"signed": "in_process", "in_process": "signed"}[first_status]
    first, second = add(marburg, BILATERAL, first_status), add(marburg, BILATERAL, other_status)

    save(coordinator_client, marburg, row(BILATERAL, other_status, first), row(BILATERAL, first_status, second))

    assert stored_agreements(marburg) == [(BILATERAL, other_status), (BILATERAL, first_status)]


@pytest.mark.parametrize("status", ["in_process", "signed"])
def test_two_agreements_swap_types(coordinator_client, marburg, status):
    first, second = add(marburg, BILATERAL, status), add(marburg, ERASMUS, status)

    save(coordinator_client, marburg, row(ERASMUS, status, first), row(BILATERAL, status, second))

    assert stored_agreements(marburg) == [(ERASMUS, status), (BILATERAL, status)]


@pytest.mark.parametrize("status", ["in_process", "signed"])
def test_agreement_takes_type_that_another_gives_up(coordinator_client, marburg, status):
    first, second = add(marburg, BILATERAL, status), add(marburg, ERASMUS, status)

    save(coordinator_client, marburg, row(ERASMUS, status, first), row(GE3, status, second))

    assert stored_agreements(marburg) == [(ERASMUS, status), (GE3, status)]


def test_unchanged_extra_row_adds_agreement_of_unknown_type_in_process(coordinator_client, marburg):
    save(coordinator_client, marburg, row(UNKNOWN, "in_process"))

    assert stored_agreements(marburg) == [(UNKNOWN, "in_process")]


def test_agreement_of_another_university_is_not_changed(coordinator_client, marburg):
    foreign = AgreementFactory(university__name="Jena")

    save(coordinator_client, marburg, row(ERASMUS, "ended", foreign))

    assert stored_agreements(foreign.university) == [(BILATERAL, "signed")]


def test_saving_without_a_change_writes_no_history_of_agreements(coordinator_client, marburg):
    deal = add(marburg, BILATERAL, AgreementStatus.SIGNED)

    save(coordinator_client, marburg, row(BILATERAL, "signed", deal))

    assert deal.history.count() == 1


def fields_of_first_row(page):
    names = attributes(page, '[name^="agreements-0-"]', "name")
    return [name.removeprefix("agreements-0-") for name in names]


def test_coordinator_has_no_delete_checkbox(coordinator_client, marburg):
    add(marburg, BILATERAL, AgreementStatus.SIGNED)

    page = coordinator_client.get(f"/admin/partners/university/{marburg.pk}/change/")

    assert [name for name in fields_of_first_row(page) if "mobilities" not in name] == [
        "agreement_type",
        "scope",
        "status",
        "signed_on",
        "valid_from",
        "valid_until",
        "is_open_ended",
        "id",
        "university",
        "added",
    ]


def test_forged_delete_checkbox_of_coordinator_deletes_nothing(coordinator_client, marburg):
    deal = add(marburg, BILATERAL, AgreementStatus.SIGNED)

    save(coordinator_client, marburg, row(BILATERAL, "signed", deal, DELETE="on"))

    assert stored_agreements(marburg) == [(BILATERAL, "signed")]


def test_superuser_deletes_agreement_and_history_records_it(admin_client, marburg):
    deal = add(marburg, BILATERAL, AgreementStatus.SIGNED)

    page = admin_client.get(f"/admin/partners/university/{marburg.pk}/change/")
    save(admin_client, marburg, row(BILATERAL, "signed", deal, DELETE="on"), row(BILATERAL, "signed"))

    assert "DELETE" in fields_of_first_row(page)
    assert stored_agreements(marburg) == [(BILATERAL, "signed")]
    assert not Agreement.objects.filter(pk=deal.pk).exists()
    record = Agreement.history.filter(id=deal.pk).latest()
    assert (record.get_history_type_display(), str(record.history_user)) == ("Deleted", "admin")


def test_agreement_that_another_renews_is_not_deleted(admin_client, marburg):
    deal = add(marburg, BILATERAL, AgreementStatus.ENDED)
    add(marburg, BILATERAL, AgreementStatus.SIGNED, renews=deal)

    page = save(admin_client, marburg, row(BILATERAL, "ended", deal, DELETE="on"))

    assert "would require deleting the following protected related objects" in text(page)
    assert len(stored_agreements(marburg)) == 2


def test_row_takes_over_the_spelling_of_a_scope(coordinator_client, marburg):
    AgreementFactory(scope="Faculty of Law")

    save(coordinator_client, marburg, row(BILATERAL, "signed", scope="faculty of  LAW"))

    assert marburg.agreements.get().scope == "Faculty of Law"


def test_form_of_rows_makes_as_many_queries_with_300_agreements_as_with_3(coordinator_client, marburg, bilateral):
    def add_agreements(count):
        years = range(marburg.agreements.count() + 1, count + 1)
        agreements = Agreement.objects.bulk_create(
            Agreement(
                university=marburg,
                agreement_type=bilateral,
                status=AgreementStatus.SIGNED,
                scope=f"Scope {year}",
                scope_key=f"scope {year}",
            )
            for year in years
        )
        Mobility.objects.bulk_create(Mobility(agreement=agreement) for agreement in agreements)
        return count_queries(coordinator_client, f"/admin/partners/university/{marburg.pk}/change/")

    assert add_agreements(3) == add_agreements(300)


def test_assistant_views_agreements_but_cannot_change_them(client, assistant, marburg):
    deal = add(marburg, BILATERAL, AgreementStatus.SIGNED)
    client.force_login(assistant)

    page = client.get(f"/admin/partners/university/{marburg.pk}/change/")
    save(client, marburg, row(BILATERAL, "ended", deal))

    assert element_texts(page, ".fieldBox.field-agreement_type .readonly") == ["Bilateral"]
    assert fields_of_first_row(page) == ["id", "university"]
    assert stored_agreements(marburg) == [(BILATERAL, "signed")]
