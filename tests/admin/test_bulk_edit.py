import re
from datetime import date

import pytest
from django.urls import reverse

from partners.enums import AgreementStatus
from partners.models import Agreement
from tests.factories import AgreementFactory
from tests.html import messages, queries, text

LIST = "/admin/partners/agreement/"
OLD, NEW = date(2026, 7, 31), date(2028, 7, 31)

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(db):
    """Agreements of Bonn, Jena and Ulm. That of Ulm ends later."""
    ends = {"Bonn": OLD, "Jena": OLD, "Ulm": date(2027, 7, 31)}
    return [AgreementFactory(university__name=name, valid_until=end, places_out=2) for name, end in ends.items()]


def address(*agreements):
    return reverse("admin:partners_agreement_edit", query={"id": [each.pk for each in agreements]})


def digest(page):
    found = re.search(r'name="digest" value="(\w+)"', page.content.decode())
    return found and found[1]


def preview(page):
    """How many, what changes and in which, line by line."""
    table = re.search(r'<table class="agreement-rows preview">.*?</table>', page.content.decode(), re.DOTALL)[0]
    found = re.findall(r"<tr>.*?</tr>", table, re.DOTALL)[1:]
    return [" | ".join(text(cell) for cell in re.findall(r"<t[hd]\b.*?</t[hd]>", row, re.DOTALL)) for row in found]


def standing(*agreements):
    found = Agreement.objects.in_bulk([each.pk for each in agreements])
    return [found[each.pk].valid_until for each in agreements]


def test_action_leads_to_the_page(office, three):
    ticked = {"action": "edit_selected", "_selected_action": [each.pk for each in three[:2]]}

    page = office.post(LIST, ticked, follow=True)

    assert "2 agreements are selected Bonn: Bilateral (signed) Jena: Bilateral (signed)" in text(page)


def test_preview_tells_what_becomes_of_how_many(office, three):
    page = office.post(address(*three), {"valid_until": "2028-07-31", "places_out": 2, "places_in": 0})

    bonn, jena, ulm = (f"{name}: Bilateral (signed)" for name in ("Bonn", "Jena", "Ulm"))
    assert preview(page) == [
        f"2 agreements | valid until: 31 Jul 2026 → 31 Jul 2028 | {bonn}, {jena}",
        f"3 agreements | places in: - → 0 | {bonn}, {jena}, {ulm}",
        f"1 agreement | valid until: 31 Jul 2027 → 31 Jul 2028 | {ulm}",
    ]
    assert standing(*three) == [OLD, OLD, date(2027, 7, 31)]


def test_confirming_changes_what_was_shown_with_a_reason(office, coordinator, three):
    typed = {"valid_until": "2028-07-31", "responsible": coordinator.pk}
    shown = office.post(address(*three), typed)

    page = office.post(address(*three), typed | {"digest": digest(shown)}, follow=True)

    assert standing(*three) == [NEW] * 3
    assert messages(page) == [
        "3 agreements changed: Bonn: Bilateral (signed), Jena: Bilateral (signed), Ulm: Bilateral (signed)"
    ]
    record = three[0].history.latest()
    assert (record.history_change_reason, record.history_user) == ("edited together with others", coordinator)
    assert Agreement.objects.filter(responsible=coordinator).count() == 3


def test_confirming_twice_changes_once(office, three):
    typed = {"valid_until": "2028-07-31"}
    typed |= {"digest": digest(office.post(address(*three), typed))}
    office.post(address(*three), typed)

    page = office.post(address(*three), typed, follow=True)

    assert messages(page)[-1:] == ["Nothing to change: the agreements are as you want them."]
    assert three[0].history.count() == 2


def test_what_a_colleague_changed_meanwhile_is_shown_anew(office, three):
    typed = {"valid_until": "2028-07-31"}
    typed |= {"digest": digest(office.post(address(*three), typed))}
    three[2].schedule_end(date(2027, 1, 31), "will end: merger")

    page = office.post(address(*three), typed)

    assert messages(page) == ["Nothing was changed: this is not what you have seen. Look at it again."]
    assert "1 agreement | valid until: 31 Jan 2027 → 31 Jul 2028 | Ulm: Bilateral (signed)" in preview(page)
    assert standing(*three) == [OLD, OLD, date(2027, 1, 31)]
    assert digest(page) != typed["digest"]


def test_values_other_than_those_shown_are_shown_first(office, three):
    shown = digest(office.post(address(*three), {"places_out": 3}))

    page = office.post(address(*three), {"places_out": 4, "digest": shown})

    assert messages(page) == ["Nothing was changed: this is not what you have seen. Look at it again."]
    assert set(Agreement.objects.values_list("places_out", flat=True)) == {2}


def test_one_that_breaks_a_rule_keeps_all_from_changing(office, three):
    Agreement.objects.filter(pk=three[1].pk).update(valid_from=date(2026, 1, 1))
    typed = {"valid_until": "2025-12-31"}

    page = office.post(address(*three), typed)

    assert "Jena: Bilateral (signed): Valid until (31 Dec 2025) is before valid from (1 Jan 2026)." in text(page)
    assert digest(page) is None
    assert standing(*three) == [OLD, OLD, date(2027, 7, 31)]


@pytest.mark.parametrize(
    ("typed", "field", "value", "line"),
    [
        ({"is_open_ended": "on"}, "valid_until", None, "valid until: 31 Jul 2026 → open-ended"),
        ({"responsible": "-"}, "responsible", None, "coordinator responsible: coordinator → nobody"),
        ({"places_out": 0}, "places_out", 0, "places out: 2 → 0"),
    ],
)
def test_fields_can_be_emptied(office, coordinator, three, typed, field, value, line):
    Agreement.objects.update(responsible=coordinator)
    shown = office.post(address(three[0]), typed)

    office.post(address(three[0]), typed | {"digest": digest(shown)})

    assert preview(shown) == [f"1 agreement | {line} | Bonn: Bilateral (signed)"]
    assert getattr(Agreement.objects.get(pk=three[0].pk), field) == value


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
def test_form_tells_what_is_wrong(office, three, typed, error):
    page = office.post(address(*three), typed)

    assert re.findall(r'<ul class="errorlist[^>]*>(.*?)</ul>', page.content.decode()) == [f"<li>{error}</li>"]
    assert digest(page) is None


def test_page_without_agreements_leads_back(office, db):
    page = office.get(address(), follow=True)

    assert messages(page) == ["Tick the agreements first."]


def test_preview_makes_as_many_queries_with_100_agreements_as_with_3(office, bilateral):
    agreements = [AgreementFactory(status=AgreementStatus.SIGNED) for _ in range(100)]

    def asked(chosen):
        with_values = office.post(address(*chosen), {"places_out": 3})
        assert digest(with_values)
        return queries(office, address(*chosen))

    assert asked(agreements) == asked(agreements[:3])
