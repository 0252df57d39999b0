"""Two people have the same page open, and the second one to save it is told."""

import re
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Country, University
from tests.conftest import staff
from tests.factories import AgreementFactory, DocumentFactory, UniversityFactory
from tests.forms import sent
from tests.html import errors, messages, queries, text

FASTER = "A colleague was faster. See on top what has changed, then save again."
BOTH = "A colleague has changed this too. Yours is what you typed."
TAKEN = "Taken over, as you had left it as it was."
WHEN = "4 May 2026, 09:30"


@pytest.fixture(autouse=True)
def at_half_past_nine():
    with time_machine.travel("2026-05-04 09:30", tick=False):
        yield


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg", city="Marburg")


@pytest.fixture
def anna(db):
    return staff("anna", "Exchange coordinators")


def address(obj):
    return f"/admin/partners/{obj._meta.model_name}/{obj.pk}/change/"


class Tab:
    """A page that somebody has open."""

    def __init__(self, browser, obj):
        self.browser, self.obj = browser, obj
        self.show(browser.get(address(obj)))

    def show(self, page):
        self.page = page
        self.form = sent(page, f"{self.obj._meta.model_name}_form")

    def type(self, **values):
        self.form |= values

    def save(self, **values):
        self.form |= values
        self.show(self.browser.post(address(self.obj), self.form, follow=True))

    def told(self):
        """What the page says on top about what has changed."""
        section = re.search(r'<section class="overtaken".*?</section>', self.page.content.decode(), re.DOTALL)
        return text(section[0]).split("in its place. ")[1] if section else ""


@pytest.fixture
def tab(office, marburg):
    return Tab(office, marburg)


def change(obj, user, **values):
    for name, value in values.items():
        setattr(obj, name, value)
    obj._history_user = user
    obj.save()


def held(obj, *names):
    obj.refresh_from_db()
    return tuple(getattr(obj, name) for name in names)


def test_form_that_nobody_else_touched_is_saved(tab, marburg):
    tab.save(city="Marburg an der Lahn")

    assert messages(tab.page) == ["The university “Marburg” was changed successfully."]
    assert held(marburg, "city") == ("Marburg an der Lahn",)


def test_second_save_is_refused_with_who_what_and_when(tab, marburg, anna):
    change(marburg, anna, city="Gießen")

    tab.save(city="Kassel")

    assert tab.told() == (
        f"Marburg City: Marburg → Gießen anna, {WHEN} Yours: Kassel Take over what your colleague wrote: City, Marburg"
    )
    assert errors(tab.page) == {"city": BOTH}
    assert tab.form["city"] == "Kassel"
    assert held(marburg, "city") == ("Gießen",)


def test_saving_again_knowingly_puts_mine_in_place_of_theirs(tab, marburg, anna):
    change(marburg, anna, city="Gießen")

    tab.save(city="Kassel")
    tab.save()

    assert messages(tab.page) == ["The university “Marburg” was changed successfully."]
    assert held(marburg, "city") == ("Kassel",)


def test_theirs_is_taken_over_field_by_field(tab, marburg, anna):
    change(marburg, anna, city="Gießen", website="https://anna.example")

    tab.save(city="Kassel", website="https://mine.example")
    tab.save(theirs=["city"])

    assert held(marburg, "city", "website") == ("Gießen", "https://mine.example")


def test_field_that_i_had_left_takes_theirs_and_keeps_mine_in_the_others(tab, marburg, anna):
    change(marburg, anna, city="Gießen")

    tab.save(website="https://mine.example")

    assert tab.told() == f"Marburg City: Marburg → Gießen anna, {WHEN} {TAKEN}"
    assert (tab.form["city"], tab.form["website"]) == ("Gießen", "https://mine.example")
    assert held(marburg, "city", "website") == ("Gießen", "")

    tab.save()

    assert held(marburg, "city", "website") == ("Gießen", "https://mine.example")


def test_field_can_be_set_back_after_theirs_was_seen(tab, marburg, anna):
    change(marburg, anna, city="Gießen")

    tab.save(website="https://mine.example")
    tab.save(city="Marburg")

    assert held(marburg, "city") == ("Marburg",)


def test_colleague_who_wrote_the_same_is_no_conflict(tab, marburg, anna):
    change(marburg, anna, city="Gießen", other_names="One\nTwo")

    tab.save(city=" Gießen ", other_names="One\r\nTwo")

    assert messages(tab.page) == ["The university “Marburg” was changed successfully."]


def test_colleague_who_changed_it_back_is_no_conflict(tab, marburg, anna):
    change(marburg, anna, city="Gießen")
    change(marburg, anna, city="Marburg")

    tab.save(city="Kassel")

    assert held(marburg, "city") == ("Kassel",)


def test_third_person_between_the_refusal_and_saving_again_is_told_too(tab, marburg, anna):
    change(marburg, anna, city="Gießen")
    tab.save(city="Kassel")
    change(marburg, staff("berta"), city="Fulda")

    tab.save()

    assert tab.told().startswith(f"Marburg City: Gießen → Fulda berta, {WHEN} Yours: Kassel")
    assert held(marburg, "city") == ("Fulda",)


def test_ticked_field_takes_what_a_third_person_wrote_only_after_it_was_shown(tab, marburg, anna):
    change(marburg, anna, city="Gießen")
    tab.save(city="Kassel")
    change(marburg, staff("berta"), city="Fulda", website="https://berta.example")

    tab.save(theirs=["city"], website="https://mine.example")

    assert tab.told().startswith(f"Marburg Website: – → https://berta.example berta, {WHEN}")
    assert (tab.form["city"], held(marburg, "city")) == ("Fulda", ("Fulda",))


def test_changes_of_two_colleagues_are_told_from_first_to_last(tab, marburg, anna):
    change(marburg, anna, city="Gießen", website="https://anna.example")
    change(marburg, staff("berta"), city="Fulda")

    tab.save(name="Universität Marburg")

    assert tab.told() == (
        f"Marburg City: Marburg → Fulda berta, {WHEN} {TAKEN} Website: – → https://anna.example anna, {WHEN} {TAKEN}"
    )


def test_what_cannot_be_read_stays_as_it_was_typed(tab, marburg, anna):
    change(marburg, anna, website="https://anna.example")

    tab.save(website="no address")

    assert "Yours: no address" in tab.told()
    assert errors(tab.page) == {"website": f"Enter a valid URL. {BOTH}"}
    assert tab.form["website"] == "no address"


def test_box_that_a_colleague_unticked_is_taken_over(tab, marburg, anna):
    change(marburg, anna, is_listed=False)

    tab.save(city="Kassel")
    tab.save()

    assert held(marburg, "city", "is_listed") == ("Kassel", False)


def test_refusal_names_what_choices_say(tab, marburg, anna):
    change(marburg, anna, country=Country.objects.get(code="AT"))

    tab.save(country=Country.objects.get(code="CH").pk)

    assert tab.told().startswith(f"Marburg Country or territory: Germany → Austria anna, {WHEN} Yours: Switzerland")


def test_form_of_a_script_that_names_no_version_is_taken_at_its_word(tab, marburg, anna):
    change(marburg, anna, city="Gießen")
    del tab.form["versions"]

    tab.save(city="Kassel")

    assert held(marburg, "city") == ("Kassel",)


@pytest.mark.parametrize("versions", ["university-{}-999999999", "university-{}-0"])
def test_version_that_history_does_not_have_is_refused(tab, marburg, anna, versions):
    tab.save(city="Kassel", versions=versions.format(marburg.pk))

    assert "Yours: Kassel" in tab.told()
    assert held(marburg, "city") == ("Marburg",)


def test_other_forms_of_the_register_are_refused_too(office, anna):
    germany, bilateral = Country.objects.get(code="DE"), AgreementType.objects.get(slug="bilateral")
    tabs = [Tab(office, germany), Tab(office, bilateral)]
    change(germany, anna, other_names="Deutschland")
    change(bilateral, anna, description="Between two.")

    tabs[0].save(other_names="Allemagne")
    tabs[1].save(description="Of two.")

    assert errors(tabs[0].page) == {"other_names": BOTH}
    assert errors(tabs[1].page) == {"description": BOTH}


def test_agreement_s_own_form_is_refused_too(office, anna):
    agreement = AgreementFactory(study_levels="master", notes="One\nTwo")
    tab = Tab(office, agreement)
    change(agreement, anna, responsible=anna, study_levels="bachelor,master", notes="One\nTwo\nThree")

    tab.save(places_out="3", study_levels=[], notes="Mine")

    told = tab.told()
    assert f"Coordinator responsible: – → anna anna, {WHEN} {TAKEN}" in told
    assert f"Study levels: master → bachelor, master anna, {WHEN} Yours: –" in told
    assert errors(tab.page) == {"study_levels": BOTH, "notes": BOTH}

    tab.save(theirs=["study_levels"])

    assert held(agreement, "places_out", "study_levels", "notes") == (3, "bachelor,master", "Mine")
    assert agreement.responsible == anna


def test_line_that_a_colleague_changed_is_refused_and_told(office, marburg, anna):
    deal = AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS)
    other = AgreementFactory(university=marburg, agreement_type=None, status=AgreementStatus.IN_PROCESS)
    tab = Tab(office, marburg)
    change(deal, anna, valid_until=date(2027, 1, 1), status=AgreementStatus.SIGNED)
    row = next(n for n in (0, 1) if tab.form[f"agreements-{n}-id"] == str(deal.pk))

    tab.save(**{f"agreements-{row}-valid_until": "2028-01-01", f"agreements-{1 - row}-valid_from": "2026-01-01"})

    assert tab.told() == (
        f"Marburg: Bilateral (signed) Valid until: – → 1 Jan 2027 anna, {WHEN} Yours: 1 Jan 2028 "
        "Take over what your colleague wrote: Valid until, Marburg: Bilateral (signed) "
        f"Status: in process → signed anna, {WHEN} {TAKEN}"
    )
    assert errors(tab.page) == {f"agreements-{row}-valid_until": BOTH}
    assert held(deal, "valid_until") == (date(2027, 1, 1),)

    tab.save(theirs=[f"agreements-{row}-valid_until"])

    assert held(deal, "valid_until", "status") == (date(2027, 1, 1), "signed")
    assert held(other, "valid_from") == (date(2026, 1, 1),)


def test_line_that_i_did_not_touch_is_told_and_left_alone(office, marburg, anna):
    deal = AgreementFactory(university=marburg)
    tab = Tab(office, marburg)
    change(deal, anna, valid_until=date(2027, 1, 1))

    tab.save(city="Kassel")
    tab.save()

    assert held(marburg, "city") == ("Kassel",)
    assert held(deal, "valid_until") == (date(2027, 1, 1),)
    assert deal.history.count() == 2


def test_field_of_a_line_that_the_page_does_not_show_is_no_conflict(office, marburg, anna):
    deal = AgreementFactory(university=marburg)
    tab = Tab(office, marburg)
    change(deal, anna, notes="Call them.")

    tab.save(**{"agreements-0-valid_from": "2026-01-01"})

    assert held(deal, "notes", "valid_from") == ("Call them.", date(2026, 1, 1))


def test_line_that_a_colleague_added_is_told_and_shown(office, marburg, erasmus, anna):
    deal = AgreementFactory(university=marburg)
    tab = Tab(office, marburg)
    added = Agreement(university=marburg, agreement_type=erasmus, valid_from=date(2026, 10, 1))
    change(added, anna)

    tab.type(**new_line(tab, 1, valid_from="2026-09-01"))
    tab.save(**{"agreements-0-valid_from": "2026-01-01"})

    assert tab.told() == (
        f"Marburg: Erasmus+ (in process) It is new here, and in a line of its own below. anna, {WHEN}"
    )
    assert [tab.form[f"agreements-{n}-valid_from"] for n in range(3)] == ["2026-01-01", "2026-10-01", "2026-09-01"]

    tab.save()

    assert held(deal, "valid_from") == (date(2026, 1, 1),)
    assert sorted(each.valid_from.day for each in marburg.agreements.all()) == [1, 1, 1]
    assert marburg.agreements.count() == 3


def new_line(tab, number, **values):
    empty = {"agreement_type": "", "status": "in_process", "signed_on": "", "valid_from": "", "valid_until": ""}
    line = {f"agreements-{number}-{name}": value for name, value in (empty | values).items()}
    return line | {"agreements-TOTAL_FORMS": number + 1}


def test_line_that_a_colleague_deleted_is_told_with_what_was_typed(office, marburg, anna):
    deal = AgreementFactory(university=marburg)
    AgreementFactory(university=marburg, agreement_type=None, status=AgreementStatus.IN_PROCESS)
    tab = Tab(office, marburg)
    deal._history_user = anna
    row = next(n for n in (0, 1) if tab.form[f"agreements-{n}-id"] == str(deal.pk))
    deal.delete()

    tab.save(**{f"agreements-{row}-valid_until": "2028-01-01", "city": "Kassel"})

    assert tab.told() == (
        f"Marburg: Bilateral (signed) It has been deleted. anna, {WHEN} What you had typed: Valid until: 1 Jan 2028"
    )
    assert tab.form["agreements-TOTAL_FORMS"] == "1"

    tab.save()

    assert held(marburg, "city") == ("Kassel",)


def test_line_that_moved_to_another_university_is_told(office, marburg, anna):
    deal = AgreementFactory(university=marburg)
    tab = Tab(office, marburg)
    change(deal, anna, university=UniversityFactory(name="Kassel"))

    tab.save(city="Fulda")

    assert tab.told() == f"Kassel: Bilateral (signed) It is no longer here. anna, {WHEN}"


def test_superuser_s_deletion_of_a_line_that_a_colleague_changed_is_refused(admin_client, marburg, anna):
    deal = AgreementFactory(university=marburg)
    tab = Tab(admin_client, marburg)
    change(deal, anna, valid_until=date(2027, 1, 1))

    tab.save(**{"agreements-0-DELETE": "on"})

    assert "Valid until: – → 1 Jan 2027" in tab.told()
    assert list(marburg.agreements.all()) == [deal]

    tab.save(**{"agreements-0-DELETE": "on"})

    assert list(marburg.agreements.all()) == []


def test_line_that_both_deleted_is_no_conflict(admin_client, marburg):
    deal = AgreementFactory(university=marburg)
    tab = Tab(admin_client, marburg)
    deal.delete()

    tab.save(**{"agreements-0-DELETE": "on", "city": "Kassel"})

    assert held(marburg, "city") == ("Kassel",)


def test_page_of_what_a_colleague_deleted_keeps_what_was_typed(office, marburg, anna):
    tab = Tab(office, marburg)
    pk = marburg.pk
    marburg._history_user = anna
    marburg.delete()
    tab.type(**new_line(tab, 0, valid_from="2026-09-01"))

    page = office.post(f"/admin/partners/university/{pk}/change/", tab.form | {"city": "Kassel"})

    assert page.status_code == 410
    assert "A colleague deleted this while you had it open" in text(page)
    assert f"Marburg It has been deleted. anna, {WHEN} What you had typed: City: Kassel" in text(page)
    assert "New What you had typed: Valid from: 1 Sep 2026" in text(page)


def test_saving_what_never_was_leads_to_the_front_page(office, marburg):
    pages = [office.post(f"/admin/partners/university/{pk}/change/", {}) for pk in ("99999", "x")]

    assert [page.url for page in pages] == ["/admin/", "/admin/"]


def test_deletion_of_what_a_colleague_changed_is_asked_again(admin_client, marburg, anna):
    page = admin_client.get(f"/admin/partners/university/{marburg.pk}/delete/")
    versions = re.search(r'name="versions" value="([^"]*)"', page.content.decode())[1]
    change(marburg, anna, city="Gießen")

    page = admin_client.post(page.request["PATH_INFO"], {"post": "yes", "versions": versions}, follow=True)

    assert messages(page) == ["A colleague has changed it in the meantime. Look at it again."]
    assert University.objects.count() == 1


def ended(university, number):
    day = date(2020, 1, 1)
    deals = [Agreement(university=university, status=AgreementStatus.ENDED, ended_on=day) for _ in range(number)]
    return Agreement.objects.bulk_create(deals)


def test_page_makes_as_many_queries_with_300_agreements_as_with_3(office, marburg):
    ended(marburg, 3)
    with_3 = queries(office, address(marburg))

    ended(marburg, 297)

    assert queries(office, address(marburg)) == with_3


@pytest.mark.parametrize("number", [3, 30])
def test_refusal_reads_history_at_once_for_all_lines(office, marburg, anna, number):
    ended(marburg, number)
    tab = Tab(office, marburg)
    for deal in marburg.agreements.all():
        change(deal, anna, valid_until=date(2027, 1, 1))

    with CaptureQueriesContext(connection) as captured:
        tab.save()

    assert tab.told().count("Valid until: – → 1 Jan 2027") == number
    assert sum(query["sql"].startswith('SELECT "partners_historical') for query in captured) == 1


def test_document_that_a_colleague_has_withdrawn_stays_withdrawn(office, marburg, anna):
    document = DocumentFactory(agreement=AgreementFactory(university=marburg))
    tab = Tab(office, document.agreement)
    change(document, anna, is_withdrawn=True)

    tab.save(notes="Mine")
    told = tab.told()
    tab.save()

    assert f"Withdrawn: no → yes anna, {WHEN} {TAKEN}" in told
    assert held(document, "is_withdrawn") == (True,)
    assert held(document.agreement, "notes") == ("Mine",)
