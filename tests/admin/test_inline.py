import pytest

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, University
from tests.helpers.factories import AgreementFactory, UniversityFactory
from tests.helpers.html import attributes, element_texts, errors, messages
from tests.helpers.university_page import row, save

BILATERAL, ERASMUS, GE3, UNKNOWN = "Bilateral", "Erasmus+", "GE3", ""
DUPLICATE_ERROR = "Another agreement of this university has the same type and status. End one of them."


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

    assert messages(page) == ["The university “Marburg” was changed successfully."]
    assert stored_agreements(marburg) == [(ERASMUS, "signed"), (BILATERAL, "in_process")]
    deal.refresh_from_db()
    assert (deal.signed_on.isoformat(), deal.valid_until.isoformat()) == ("2026-05-01", "2029-09-30")


def test_new_university_is_saved_with_its_agreements(coordinator_client, germany):
    university = University(name="Marburg", country=germany)

    page = save(coordinator_client, university, row(BILATERAL, "signed"), row(ERASMUS, "in_process"))

    assert messages(page) == ["The university “Marburg” was added successfully."]
    assert stored_agreements(University.objects.get()) == [(BILATERAL, "signed"), (ERASMUS, "in_process")]


def test_new_university_with_an_agreement_and_its_renewal_is_saved(coordinator_client, germany):
    university = University(name="Marburg", country=germany)

    save(
        coordinator_client, university, row(BILATERAL, "signed"), row(BILATERAL, "in_process"), row(BILATERAL, "ended")
    )

    agreements = sorted(stored_agreements(University.objects.get()))
    assert agreements == [(BILATERAL, "ended"), (BILATERAL, "in_process"), (BILATERAL, "signed")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((BILATERAL, "in_process"), (BILATERAL, "in_process")),
        ((BILATERAL, "signed"), (BILATERAL, "signed")),
        ((UNKNOWN, "in_process"), (UNKNOWN, "in_process")),
    ],
)
def test_duplicate_open_agreements_are_rejected_at_the_second(coordinator_client, marburg, first, second):
    page = save(
        coordinator_client, marburg, row(*first, valid_from="2026-01-01"), row(*second, valid_from="2026-01-02")
    )

    assert errors(page) == {"agreements-1-agreement_type": DUPLICATE_ERROR}
    assert stored_agreements(marburg) == []


@pytest.mark.parametrize("status", ["in_process", "signed"])
def test_duplicate_of_existing_open_agreement_is_rejected(coordinator_client, marburg, status):
    existing = add(marburg, BILATERAL, status)

    page = save(coordinator_client, marburg, row(BILATERAL, status, existing), row(BILATERAL, status))

    assert errors(page) == {"agreements-1-agreement_type": DUPLICATE_ERROR}
    assert stored_agreements(marburg) == [(BILATERAL, status)]


def test_ended_agreement_cannot_be_reopened_beside_its_successor(coordinator_client, marburg):
    ended, signed = add(marburg, BILATERAL, AgreementStatus.ENDED), add(marburg, BILATERAL, AgreementStatus.SIGNED)

    page = save(coordinator_client, marburg, row(BILATERAL, "signed", ended), row(BILATERAL, "signed", signed))

    assert errors(page) == {"agreements-1-agreement_type": DUPLICATE_ERROR}
    assert stored_agreements(marburg) == [(BILATERAL, "ended"), (BILATERAL, "signed")]


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


def test_signing_a_renewal_ends_its_predecessor(coordinator_client, marburg):
    old, renewal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)

    save(coordinator_client, marburg, row(BILATERAL, "signed", old), row(BILATERAL, "signed", renewal))

    assert stored_agreements(marburg) == [(BILATERAL, "ended"), (BILATERAL, "signed")]
    assert old.history.first().history_change_reason == "ended by its renewal"


def test_renewal_is_signed_and_predecessor_ended_in_one_step(coordinator_client, marburg):
    old, renewal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)

    save(coordinator_client, marburg, row(BILATERAL, "ended", old), row(BILATERAL, "signed", renewal))

    assert stored_agreements(marburg) == [(BILATERAL, "ended"), (BILATERAL, "signed")]


def test_signing_agreement_of_unknown_type_ends_signed_one_of_that_type(coordinator_client, marburg):
    old, deal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, UNKNOWN, AgreementStatus.IN_PROCESS)

    save(coordinator_client, marburg, row(BILATERAL, "signed", old), row(BILATERAL, "signed", deal))

    assert stored_agreements(marburg) == [(BILATERAL, "ended"), (BILATERAL, "signed")]


def test_renewal_is_signed_while_next_one_is_in_process(coordinator_client, marburg):
    old, renewal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)

    save(
        coordinator_client,
        marburg,
        row(BILATERAL, "signed", old),
        row(BILATERAL, "signed", renewal),
        row(BILATERAL, "in_process"),
    )

    assert stored_agreements(marburg) == [(BILATERAL, "ended"), (BILATERAL, "signed"), (BILATERAL, "in_process")]


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

    assert fields_of_first_row(page) == [
        "id",
        "university",
        "agreement_type",
        "status",
        "signed_on",
        "valid_from",
        "valid_until",
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


def test_assistant_views_agreements_but_cannot_change_them(client, assistant, marburg):
    deal = add(marburg, BILATERAL, AgreementStatus.SIGNED)
    client.force_login(assistant)

    page = client.get(f"/admin/partners/university/{marburg.pk}/change/")
    save(client, marburg, row(BILATERAL, "ended", deal))

    assert element_texts(page, "td.field-agreement_type .readonly, td.field-agreement_type p") == ["Bilateral"]
    assert fields_of_first_row(page) == ["id", "university"]
    assert stored_agreements(marburg) == [(BILATERAL, "signed")]
