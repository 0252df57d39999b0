import re

import pytest

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, University
from tests.factories import AgreementFactory, UniversityFactory
from tests.html import errors, messages

BILATERAL, ERASMUS, GE3, UNKNOWN = "Bilateral", "Erasmus+", "GE3", ""
ANOTHER = "Another agreement of this university has the same type and status. End one of them."


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


def add(university, type_name, status, **values):
    agreement_type = AgreementType.objects.filter(name=type_name).first()
    return AgreementFactory(university=university, agreement_type=agreement_type, status=status, **values)


def line(type_name, status, agreement=None, **values):
    """A line of the agreements on a university's page, for a new one or one that exists."""
    agreement_type = AgreementType.objects.filter(name=type_name).first()
    chosen = {"id": agreement.pk if agreement else "", "agreement_type": agreement_type.pk if agreement_type else ""}
    return chosen | {"status": status, "signed_on": "", "valid_from": "", "valid_until": ""} | values


def save(browser, university, *lines):
    """Saves the university's page with these agreements, those that exist first."""
    typed = {
        "name": university.name,
        "country": university.country_id,
        "is_listed": "on",
        "slug": university.slug,
        "agreements-TOTAL_FORMS": len(lines),
        "agreements-INITIAL_FORMS": sum(bool(each["id"]) for each in lines),
    }
    for number, values in enumerate(lines):
        typed |= {f"agreements-{number}-{name}": value for name, value in values.items()}
    address = f"{university.pk}/change" if university.pk else "add"
    return browser.post(f"/admin/partners/university/{address}/", typed, follow=True)


def held(university):
    """The university's agreements, oldest first."""
    agreements = university.agreements.select_related("agreement_type").order_by("pk")
    return [(str(each.agreement_type or ""), each.status) for each in agreements]


def test_agreements_are_added_and_changed_on_the_university_s_page(office, marburg):
    deal = add(marburg, UNKNOWN, AgreementStatus.IN_PROCESS)

    page = save(
        office,
        marburg,
        line(ERASMUS, "signed", deal, signed_on="2026-05-01", valid_until="2029-09-30"),
        line(BILATERAL, "in_process"),
    )

    assert messages(page) == ["The university “Marburg” was changed successfully."]
    assert held(marburg) == [(ERASMUS, "signed"), (BILATERAL, "in_process")]
    deal.refresh_from_db()
    assert (deal.signed_on.isoformat(), deal.valid_until.isoformat()) == ("2026-05-01", "2029-09-30")


def test_new_university_is_saved_with_its_agreements(office, germany):
    university = University(name="Marburg", country=germany)

    page = save(office, university, line(BILATERAL, "signed"), line(ERASMUS, "in_process"))

    assert messages(page) == ["The university “Marburg” was added successfully."]
    assert held(University.objects.get()) == [(BILATERAL, "signed"), (ERASMUS, "in_process")]


def test_new_university_with_an_agreement_and_its_renewal_is_saved(office, germany):
    university = University(name="Marburg", country=germany)

    save(office, university, line(BILATERAL, "signed"), line(BILATERAL, "in_process"), line(BILATERAL, "ended"))

    agreements = sorted(held(University.objects.get()))
    assert agreements == [(BILATERAL, "ended"), (BILATERAL, "in_process"), (BILATERAL, "signed")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((BILATERAL, "in_process"), (BILATERAL, "in_process")),
        ((BILATERAL, "signed"), (BILATERAL, "signed")),
        ((UNKNOWN, "in_process"), (UNKNOWN, "in_process")),
    ],
)
def test_two_open_agreements_of_a_kind_are_refused_at_the_second(office, marburg, first, second):
    page = save(office, marburg, line(*first, valid_from="2026-01-01"), line(*second, valid_from="2026-01-02"))

    assert errors(page) == {"agreements-1-agreement_type": ANOTHER}
    assert held(marburg) == []


@pytest.mark.parametrize("status", ["in_process", "signed"])
def test_open_agreement_beside_an_existing_one_of_its_kind_is_refused(office, marburg, status):
    existing = add(marburg, BILATERAL, status)

    page = save(office, marburg, line(BILATERAL, status, existing), line(BILATERAL, status))

    assert errors(page) == {"agreements-1-agreement_type": ANOTHER}
    assert held(marburg) == [(BILATERAL, status)]


def test_ended_agreement_does_not_come_back_beside_the_one_that_followed(office, marburg):
    ended, signed = add(marburg, BILATERAL, AgreementStatus.ENDED), add(marburg, BILATERAL, AgreementStatus.SIGNED)

    page = save(office, marburg, line(BILATERAL, "signed", ended), line(BILATERAL, "signed", signed))

    assert errors(page) == {"agreements-1-agreement_type": ANOTHER}
    assert held(marburg) == [(BILATERAL, "ended"), (BILATERAL, "signed")]


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
def test_line_tells_at_the_field_what_is_wrong(office, marburg, values, error):
    page = save(office, marburg, line(BILATERAL, "in_process") | values)

    assert errors(page) == {f"agreements-0-{field}": message for field, message in error.items()}
    assert held(marburg) == []


@pytest.mark.parametrize("status", ["in_process", "signed"])
def test_ending_one_and_adding_another_of_its_type_is_one_step(office, marburg, status):
    old = add(marburg, BILATERAL, status)

    save(office, marburg, line(BILATERAL, "ended", old), line(BILATERAL, status))

    assert held(marburg) == [(BILATERAL, "ended"), (BILATERAL, status)]


def test_signing_a_renewal_ends_its_predecessor(office, marburg):
    old, renewal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)

    save(office, marburg, line(BILATERAL, "signed", old), line(BILATERAL, "signed", renewal))

    assert held(marburg) == [(BILATERAL, "ended"), (BILATERAL, "signed")]
    assert old.history.first().history_change_reason == "ended by its renewal"


def test_signing_a_renewal_and_ending_its_predecessor_in_one_step_works(office, marburg):
    old, renewal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)

    save(office, marburg, line(BILATERAL, "ended", old), line(BILATERAL, "signed", renewal))

    assert held(marburg) == [(BILATERAL, "ended"), (BILATERAL, "signed")]


def test_signing_a_deal_of_unknown_type_ends_the_signed_one_of_that_type(office, marburg):
    old, deal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, UNKNOWN, AgreementStatus.IN_PROCESS)

    save(office, marburg, line(BILATERAL, "signed", old), line(BILATERAL, "signed", deal))

    assert held(marburg) == [(BILATERAL, "ended"), (BILATERAL, "signed")]


def test_renewal_signed_with_the_next_one_already_begun_makes_room_for_it(office, marburg):
    old, renewal = add(marburg, BILATERAL, AgreementStatus.SIGNED), add(marburg, BILATERAL, AgreementStatus.IN_PROCESS)

    save(
        office,
        marburg,
        line(BILATERAL, "signed", old),
        line(BILATERAL, "signed", renewal),
        line(BILATERAL, "in_process"),
    )

    assert held(marburg) == [(BILATERAL, "ended"), (BILATERAL, "signed"), (BILATERAL, "in_process")]


@pytest.mark.parametrize("first_status", ["signed", "in_process"])
def test_two_agreements_of_a_type_swap_which_is_signed(office, marburg, first_status):
    other_status = {"signed": "in_process", "in_process": "signed"}[first_status]
    first, second = add(marburg, BILATERAL, first_status), add(marburg, BILATERAL, other_status)

    save(office, marburg, line(BILATERAL, other_status, first), line(BILATERAL, first_status, second))

    assert held(marburg) == [(BILATERAL, other_status), (BILATERAL, first_status)]


@pytest.mark.parametrize("status", ["in_process", "signed"])
def test_two_agreements_swap_their_types(office, marburg, status):
    first, second = add(marburg, BILATERAL, status), add(marburg, ERASMUS, status)

    save(office, marburg, line(ERASMUS, status, first), line(BILATERAL, status, second))

    assert held(marburg) == [(ERASMUS, status), (BILATERAL, status)]


@pytest.mark.parametrize("status", ["in_process", "signed"])
def test_agreement_takes_the_type_that_another_leaves(office, marburg, status):
    first, second = add(marburg, BILATERAL, status), add(marburg, ERASMUS, status)

    save(office, marburg, line(ERASMUS, status, first), line(GE3, status, second))

    assert held(marburg) == [(ERASMUS, status), (GE3, status)]


def test_line_added_as_it_stands_is_a_deal_of_unknown_type_in_process(office, marburg):
    save(office, marburg, line(UNKNOWN, "in_process"))

    assert held(marburg) == [(UNKNOWN, "in_process")]


def test_another_university_s_agreement_stays_as_it_is(office, marburg):
    foreign = AgreementFactory(university__name="Jena")

    save(office, marburg, line(ERASMUS, "ended", foreign))

    assert held(foreign.university) == [(BILATERAL, "signed")]


def test_saving_without_a_change_writes_no_history_of_agreements(office, marburg):
    deal = add(marburg, BILATERAL, AgreementStatus.SIGNED)

    save(office, marburg, line(BILATERAL, "signed", deal))

    assert deal.history.count() == 1


def test_agreement_has_no_delete_box_for_a_coordinator(office, marburg):
    add(marburg, BILATERAL, AgreementStatus.SIGNED)

    page = office.get(f"/admin/partners/university/{marburg.pk}/change/")

    assert re.findall(r'name="agreements-0-(\w+)"', page.content.decode()) == [
        "id",
        "university",
        "agreement_type",
        "status",
        "signed_on",
        "valid_from",
        "valid_until",
    ]


def test_coordinator_s_forged_delete_box_deletes_nothing(office, marburg):
    deal = add(marburg, BILATERAL, AgreementStatus.SIGNED)

    save(office, marburg, line(BILATERAL, "signed", deal, DELETE="on"))

    assert held(marburg) == [(BILATERAL, "signed")]


def test_superuser_deletes_an_agreement_and_history_remembers_it(admin_client, marburg):
    deal = add(marburg, BILATERAL, AgreementStatus.SIGNED)

    page = admin_client.get(f"/admin/partners/university/{marburg.pk}/change/")
    save(admin_client, marburg, line(BILATERAL, "signed", deal, DELETE="on"), line(BILATERAL, "signed"))

    assert 'name="agreements-0-DELETE"' in page.content.decode()
    assert held(marburg) == [(BILATERAL, "signed")]
    assert not Agreement.objects.filter(pk=deal.pk).exists()
    remembered = Agreement.history.filter(id=deal.pk).latest()
    assert (remembered.get_history_type_display(), str(remembered.history_user)) == ("Deleted", "admin")


def test_assistant_sees_the_agreements_and_cannot_change_them(client, assistant, marburg):
    deal = add(marburg, BILATERAL, AgreementStatus.SIGNED)
    client.force_login(assistant)

    page = client.get(f"/admin/partners/university/{marburg.pk}/change/")
    save(client, marburg, line(BILATERAL, "ended", deal))

    assert "Bilateral" in page.content.decode()
    assert re.findall(r'name="agreements-0-(\w+)"', page.content.decode()) == ["id", "university"]
    assert held(marburg) == [(BILATERAL, "signed")]
