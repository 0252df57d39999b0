"""Two users edit the same object; the second to save sees the conflicts."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.enums import AgreementStatus
from partners.groups import Role
from partners.models import Agreement, AgreementType, Country, Mobility, University
from tests.helpers.factories import AgreementFactory, DocumentFactory, MobilityFactory, UniversityFactory, create_staff
from tests.helpers.html import attributes, count_queries, element_texts, elements, errors, form_data, messages, text

CONFLICT = "A colleague has changed this too. Yours is what you typed."
MERGED = "Taken over, as you had left it as it was."
WHEN = "4 May 2026, 09:30"


@pytest.fixture(autouse=True)
def frozen_time():
    with time_machine.travel("2026-05-04 09:30", tick=False):
        yield


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg", city="Marburg")


@pytest.fixture
def anna(db):
    return create_staff("anna", Role.COORDINATOR)


def change_url(obj):
    return f"/admin/partners/{obj._meta.model_name}/{obj.pk}/change/"


class Tab:
    """An open change form of a user."""

    def __init__(self, browser, obj):
        self.browser, self.obj = browser, obj
        self.load(browser.get(change_url(obj)))

    def load(self, page):
        """Fill the form from a page. A successful save leads to a list without one."""
        form = f"#{self.obj._meta.model_name}_form"
        self.page, self.form = page, form_data(page, form) if elements(page, form) else {}

    def type(self, **values):
        self.form |= values

    def save(self, **values):
        self.form |= values
        self.load(self.browser.post(change_url(self.obj), self.form, follow=True))

    def conflicts(self):
        """Return the text of the conflict report."""
        return "".join(
            report.split("unless you tick your colleague's. ")[1]
            for report in element_texts(self.page, "section.conflicts")
        )


@pytest.fixture
def tab(coordinator_client, marburg):
    return Tab(coordinator_client, marburg)


def change(obj, user, **values):
    for name, value in values.items():
        setattr(obj, name, value)
    obj._history_user = user
    obj.save()


def stored(obj, *names):
    obj.refresh_from_db()
    return tuple(getattr(obj, name) for name in names)


def test_form_without_concurrent_changes_is_saved(tab, marburg):
    tab.save(city="Marburg an der Lahn")

    assert messages(tab.page) == ["Marburg was changed."]
    assert stored(marburg, "city") == ("Marburg an der Lahn",)


def test_second_save_is_rejected_with_user_change_and_date(tab, marburg, anna):
    change(marburg, anna, city="Gießen")

    tab.save(city="Kassel")

    assert tab.conflicts() == (
        f"Marburg City: Marburg → Gießen anna, {WHEN} Yours: Kassel Take over what your colleague wrote: City, Marburg"
    )
    assert errors(tab.page) == {"city": CONFLICT}
    assert (text(tab.page).count("A colleague was faster"), elements(tab.page, ".errornote")) == (1, [])
    assert tab.form["city"] == "Kassel"
    assert stored(marburg, "city") == ("Gießen",)


def test_saving_again_overwrites_theirs(tab, marburg, anna):
    change(marburg, anna, city="Gießen")

    tab.save(city="Kassel")
    tab.save()

    assert messages(tab.page) == ["Marburg was changed."]
    assert stored(marburg, "city") == ("Kassel",)


def test_theirs_is_accepted_field_by_field(tab, marburg, anna):
    change(marburg, anna, city="Gießen", website="https://anna.example")

    tab.save(city="Kassel", website="https://mine.example")
    tab.save(theirs=["city"])

    assert stored(marburg, "city", "website") == ("Gießen", "https://mine.example")


def test_untouched_field_is_merged(tab, marburg, anna):
    change(marburg, anna, city="Gießen")

    tab.save(website="https://mine.example")

    assert tab.conflicts() == f"Marburg City: Marburg → Gießen anna, {WHEN} {MERGED}"
    assert (tab.form["city"], tab.form["website"]) == ("Gießen", "https://mine.example")
    assert stored(marburg, "city", "website") == ("Gießen", "")

    tab.save()

    assert stored(marburg, "city", "website") == ("Gießen", "https://mine.example")


def test_merged_field_can_be_set_back(tab, marburg, anna):
    change(marburg, anna, city="Gießen")

    tab.save(website="https://mine.example")
    tab.save(city="Marburg")

    assert stored(marburg, "city") == ("Marburg",)


def test_same_value_is_no_conflict(tab, marburg, anna):
    change(marburg, anna, city="Gießen", other_names="One\nTwo")

    tab.save(city=" Gießen ", other_names="One\r\nTwo")

    assert messages(tab.page) == ["Marburg was changed."]


def test_reverted_change_is_no_conflict(tab, marburg, anna):
    change(marburg, anna, city="Gießen")
    change(marburg, anna, city="Marburg")

    tab.save(city="Kassel")

    assert stored(marburg, "city") == ("Kassel",)


def test_later_change_by_third_user_is_reported_too(tab, marburg, anna):
    change(marburg, anna, city="Gießen")
    tab.save(city="Kassel")
    change(marburg, create_staff("berta"), city="Fulda")

    tab.save()

    assert tab.conflicts().startswith(f"Marburg City: Gießen → Fulda berta, {WHEN} Yours: Kassel")
    assert stored(marburg, "city") == ("Fulda",)


def test_accepted_field_takes_later_value_only_after_it_was_displayed(tab, marburg, anna):
    change(marburg, anna, city="Gießen")
    tab.save(city="Kassel")
    change(marburg, create_staff("berta"), city="Fulda", website="https://berta.example")

    tab.save(theirs=["city"], website="https://mine.example")

    assert tab.conflicts().startswith(f"Marburg Website: – → https://berta.example berta, {WHEN}")
    assert (tab.form["city"], stored(marburg, "city")) == ("Fulda", ("Fulda",))


def test_changes_by_two_users_are_combined(tab, marburg, anna):
    change(marburg, anna, city="Gießen", website="https://anna.example")
    change(marburg, create_staff("berta"), city="Fulda")

    tab.save(name="Universität Marburg")

    assert tab.conflicts() == (
        f"Marburg City: Marburg → Fulda berta, {WHEN} {MERGED} Website: – → https://anna.example anna, {WHEN} {MERGED}"
    )


def test_invalid_value_stays_as_typed(tab, marburg, anna):
    change(marburg, anna, website="https://anna.example")

    tab.save(website="no address")

    assert "Yours: no address" in tab.conflicts()
    assert errors(tab.page) == {"website": f"Enter a valid URL. {CONFLICT}"}
    assert tab.form["website"] == "no address"


def test_unticked_checkbox_is_merged(tab, marburg, anna):
    change(marburg, anna, is_listed=False)

    tab.save(city="Kassel")
    tab.save()

    assert stored(marburg, "city", "is_listed") == ("Kassel", False)


def test_conflict_displays_labels_of_choices(tab, marburg, anna):
    change(marburg, anna, country=Country.objects.get(code="AT"))

    tab.save(country=Country.objects.get(code="CH").pk)

    assert tab.conflicts().startswith(
        f"Marburg Country or territory: Germany → Austria anna, {WHEN} Yours: Switzerland"
    )


def test_form_without_versions_is_saved(tab, marburg, anna):
    change(marburg, anna, city="Gießen")
    del tab.form["versions"]

    tab.save(city="Kassel")

    assert stored(marburg, "city") == ("Kassel",)


@pytest.mark.parametrize("versions", ["university-{}-999999999", "university-{}-0"])
def test_unknown_version_is_rejected(tab, marburg, anna, versions):
    tab.save(city="Kassel", versions=versions.format(marburg.pk))

    assert "Yours: Kassel" in tab.conflicts()
    assert stored(marburg, "city") == ("Marburg",)


def test_country_and_agreement_type_forms_have_locking(coordinator_client, anna):
    germany, bilateral = Country.objects.get(code="DE"), AgreementType.objects.get(slug="bilateral")
    tabs = [Tab(coordinator_client, germany), Tab(coordinator_client, bilateral)]
    change(germany, anna, other_names="Deutschland")
    change(bilateral, anna, description={"en": "Between two."})

    tabs[0].save(other_names="Allemagne")
    tabs[1].save(description="Of two.")

    assert errors(tabs[0].page) == {"other_names": CONFLICT}
    assert errors(tabs[1].page) == {"description": CONFLICT}


def test_agreement_form_has_locking(coordinator_client, anna):
    agreement = AgreementFactory(next_step="Call", notes="One\nTwo")
    tab = Tab(coordinator_client, agreement)
    change(agreement, anna, responsible=anna, next_step="Write", notes="One\nTwo\nThree")

    tab.save(scope="Law", next_step="", notes="Mine")

    conflicts = tab.conflicts()
    assert f"Coordinator responsible: – → anna anna, {WHEN} {MERGED}" in conflicts
    assert f"Next step: Call → Write anna, {WHEN} Yours: –" in conflicts
    assert errors(tab.page) == {"next_step": CONFLICT, "notes": CONFLICT}

    tab.save(theirs=["next_step"])

    assert stored(agreement, "scope", "next_step", "notes") == ("Law", "Write", "Mine")
    assert agreement.responsible == anna


def test_conflict_in_inline_row_is_rejected_and_reported(coordinator_client, marburg, anna):
    deal = AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS)
    other = AgreementFactory(university=marburg, agreement_type=None, status=AgreementStatus.IN_PROCESS)
    tab = Tab(coordinator_client, marburg)
    change(deal, anna, valid_until=date(2027, 1, 1), status=AgreementStatus.SIGNED)
    row = next(n for n in (0, 1) if tab.form[f"agreements-{n}-id"] == str(deal.pk))

    tab.save(**{f"agreements-{row}-valid_until": "2028-01-01", f"agreements-{1 - row}-valid_from": "2026-01-01"})

    assert tab.conflicts() == (
        f"Marburg: Bilateral (signed) Valid until: – → 1 Jan 2027 anna, {WHEN} Yours: 1 Jan 2028 "
        "Take over what your colleague wrote: Valid until, Marburg: Bilateral (signed) "
        f"Status: in process → signed anna, {WHEN} {MERGED}"
    )
    assert errors(tab.page) == {f"agreements-{row}-valid_until": CONFLICT}
    assert stored(deal, "valid_until") == (date(2027, 1, 1),)

    tab.save(theirs=[f"agreements-{row}-valid_until"])

    assert stored(deal, "valid_until", "status") == (date(2027, 1, 1), "signed")
    assert stored(other, "valid_from") == (date(2026, 1, 1),)


def test_untouched_inline_row_is_merged(coordinator_client, marburg, anna):
    deal = AgreementFactory(university=marburg)
    tab = Tab(coordinator_client, marburg)
    change(deal, anna, valid_until=date(2027, 1, 1))

    tab.save(city="Kassel")
    tab.save()

    assert stored(marburg, "city") == ("Kassel",)
    assert stored(deal, "valid_until") == (date(2027, 1, 1),)
    assert deal.history.count() == 2


def test_field_missing_in_inline_is_no_conflict(coordinator_client, marburg, anna):
    deal = AgreementFactory(university=marburg)
    tab = Tab(coordinator_client, marburg)
    change(deal, anna, notes="Call them.")

    tab.save(**{"agreements-0-valid_from": "2026-01-01"})

    assert stored(deal, "notes", "valid_from") == ("Call them.", date(2026, 1, 1))


def test_concurrently_added_row_is_reported_and_displayed(coordinator_client, marburg, erasmus, anna):
    deal = AgreementFactory(university=marburg)
    tab = Tab(coordinator_client, marburg)
    added = Agreement(university=marburg, agreement_type=erasmus, valid_from=date(2026, 10, 1))
    change(added, anna)

    tab.type(**new_row(tab, 1, valid_from="2026-09-01"))
    tab.save(**{"agreements-0-valid_from": "2026-01-01"})

    assert tab.conflicts() == (
        f"Marburg: Erasmus+, from 1 Oct 2026 (in process) It is new, and has a line of its own below. anna, {WHEN}"
    )
    assert [tab.form[f"agreements-{n}-valid_from"] for n in range(3)] == ["2026-01-01", "2026-10-01", "2026-09-01"]

    tab.save()

    assert stored(deal, "valid_from") == (date(2026, 1, 1),)
    assert sorted(agreement.valid_from.day for agreement in marburg.agreements.all()) == [1, 1, 1]
    assert marburg.agreements.count() == 3


def new_row(tab, index, **values):
    empty = {"agreement_type": "", "status": "in_process", "signed_on": "", "valid_from": "", "valid_until": ""}
    row = {f"agreements-{index}-{name}": value for name, value in (empty | values).items()}
    return row | {"agreements-TOTAL_FORMS": index + 1}


def test_concurrently_deleted_row_is_reported_with_lost_input(coordinator_client, marburg, anna):
    deal = AgreementFactory(university=marburg)
    AgreementFactory(university=marburg, agreement_type=None, status=AgreementStatus.IN_PROCESS)
    tab = Tab(coordinator_client, marburg)
    deal._history_user = anna
    row = next(n for n in (0, 1) if tab.form[f"agreements-{n}-id"] == str(deal.pk))
    deal.delete()

    tab.save(**{f"agreements-{row}-valid_until": "2028-01-01", "city": "Kassel"})

    assert tab.conflicts() == (
        f"Marburg: Bilateral (signed) It has been deleted. anna, {WHEN} What you typed: Valid until: 1 Jan 2028"
    )
    assert tab.form["agreements-TOTAL_FORMS"] == "1"

    tab.save()

    assert stored(marburg, "city") == ("Kassel",)


def test_row_moved_to_another_university_is_reported(coordinator_client, marburg, anna):
    deal = AgreementFactory(university=marburg)
    tab = Tab(coordinator_client, marburg)
    change(deal, anna, university=UniversityFactory(name="Kassel"))

    tab.save(city="Fulda")

    assert tab.conflicts() == f"Kassel: Bilateral (signed) It is no longer here. anna, {WHEN}"


def test_deletion_of_changed_row_is_rejected(admin_client, marburg, anna):
    deal = AgreementFactory(university=marburg)
    tab = Tab(admin_client, marburg)
    change(deal, anna, valid_until=date(2027, 1, 1))

    tab.save(**{"agreements-0-DELETE": "on"})

    assert "Valid until: – → 1 Jan 2027" in tab.conflicts()
    assert list(marburg.agreements.all()) == [deal]

    tab.save(**{"agreements-0-DELETE": "on"})

    assert list(marburg.agreements.all()) == []


def test_row_deleted_by_both_is_no_conflict(admin_client, marburg):
    deal = AgreementFactory(university=marburg)
    tab = Tab(admin_client, marburg)
    deal.delete()

    tab.save(**{"agreements-0-DELETE": "on", "city": "Kassel"})

    assert stored(marburg, "city") == ("Kassel",)


def test_saving_deleted_object_displays_lost_input(coordinator_client, marburg, anna):
    tab = Tab(coordinator_client, marburg)
    pk = marburg.pk
    marburg._history_user = anna
    marburg.delete()
    tab.type(**new_row(tab, 0, valid_from="2026-09-01"))

    page = coordinator_client.post(f"/admin/partners/university/{pk}/change/", tab.form | {"city": "Kassel"})

    assert page.status_code == 410
    assert "A colleague deleted this while you had it open" in text(page)
    assert f"Marburg It has been deleted. anna, {WHEN} What you typed: City: Kassel" in text(page)
    assert "New What you typed: Valid from: 1 Sep 2026" in text(page)


@pytest.mark.parametrize("pk", ["99999", "9" * 19, "9" * 5_000, "x", "_39"])
def test_saving_or_deleting_unknown_pk_redirects_to_index(admin_client, marburg, pk):
    pages = [admin_client.post(f"/admin/partners/university/{pk}/{page}/", {}) for page in ("change", "delete")]

    assert [page.url for page in pages] == ["/admin/", "/admin/"]


def test_deletion_of_changed_object_needs_new_confirmation(admin_client, marburg, anna):
    page = admin_client.get(f"/admin/partners/university/{marburg.pk}/delete/")
    [versions] = attributes(page, "input[name=versions]", "value")
    change(marburg, anna, city="Gießen")

    page = admin_client.post(page.request["PATH_INFO"], {"post": "yes", "versions": versions}, follow=True)

    assert messages(page) == ["A colleague has changed it in the meantime. Look at it again."]
    assert University.objects.count() == 1


def add_ended_agreements(university, count):
    day = date(2020, 1, 1)
    deals = [Agreement(university=university, status=AgreementStatus.ENDED, ended_on=day) for _ in range(count)]
    return Agreement.objects.bulk_create(deals)


@pytest.mark.slow
def test_change_form_query_count_is_constant(coordinator_client, marburg):
    add_ended_agreements(marburg, 3)
    query_count = count_queries(coordinator_client, change_url(marburg))

    add_ended_agreements(marburg, 297)

    assert count_queries(coordinator_client, change_url(marburg)) == query_count


@pytest.mark.parametrize("count", [3, 30])
def test_conflicts_of_all_rows_need_one_history_query(coordinator_client, marburg, anna, count):
    add_ended_agreements(marburg, count)
    tab = Tab(coordinator_client, marburg)
    for deal in marburg.agreements.all():
        change(deal, anna, valid_until=date(2027, 1, 1))

    with CaptureQueriesContext(connection) as captured:
        tab.save()

    assert tab.conflicts().count("Valid until: – → 1 Jan 2027") == count
    assert sum(query["sql"].startswith('SELECT "partners_historicalagreement"') for query in captured) == 1


def test_concurrently_withdrawn_document_stays_withdrawn(coordinator_client, marburg, anna):
    document = DocumentFactory(agreement=AgreementFactory(university=marburg))
    tab = Tab(coordinator_client, document.agreement)
    change(document, anna, is_withdrawn=True)

    tab.save(notes="Mine")
    conflicts = tab.conflicts()
    tab.save()

    assert f"Withdrawn: no → yes anna, {WHEN} {MERGED}" in conflicts
    assert stored(document, "is_withdrawn") == (True,)
    assert stored(document.agreement, "notes") == ("Mine",)


@pytest.fixture
def offer(marburg):
    return MobilityFactory(
        agreement__university=marburg, places=4, languages="en B2", fields_of_study="042", study_levels="master"
    )


def test_conflict_in_a_mobility_is_reported_in_words(coordinator_client, offer, anna):
    tab = Tab(coordinator_client, offer.agreement)
    change(offer, anna, languages="en C1", fields_of_study="0715", places=6)

    tab.save(**{"mobilities-0-languages": "German B1", "mobilities-0-places": "5"})

    conflicts = tab.conflicts()
    assert f"Places: 4 → 6 anna, {WHEN} Yours: 5" in conflicts
    assert f"Languages: English B2 → English C1 anna, {WHEN} Yours: German B1" in conflicts
    assert errors(tab.page) == {"mobilities-0-places": CONFLICT, "mobilities-0-languages": CONFLICT}
    assert tab.form["mobilities-0-fields_of_study"] == "0715"
    assert stored(offer, "places", "languages") == (6, "en C1")

    tab.save(theirs=["mobilities-0-places"])

    assert stored(offer, "places", "languages", "fields_of_study") == (6, "de B1", "0715")


def test_fields_and_languages_of_an_untouched_mobility_are_merged(coordinator_client, offer, anna):
    tab = Tab(coordinator_client, offer.agreement)
    change(offer, anna, languages="en C1,de B1", fields_of_study="042 0715", study_levels="bachelor,master")

    tab.save(notes="Mine")

    assert tab.conflicts().count(MERGED) == 3
    assert tab.form["mobilities-0-languages"] == "English C1, German B1"
    assert tab.form["mobilities-0-fields_of_study"] == ["042", "0715"]

    tab.save()

    expected = ("en C1,de B1", "042 0715", "bachelor,master")
    assert stored(offer, "languages", "fields_of_study", "study_levels") == expected
    assert (offer.history.count(), stored(offer.agreement, "notes")) == (2, ("Mine",))


def test_languages_that_are_none_are_reported_as_typed(coordinator_client, offer, anna):
    tab = Tab(coordinator_client, offer.agreement)
    change(offer, anna, languages="en C1")

    tab.save(**{"mobilities-0-languages": "Klingon"})

    assert f"anna, {WHEN} Yours: Klingon" in tab.conflicts()
    assert stored(offer, "languages") == ("en C1",)


def test_mobility_that_a_colleague_added_is_displayed_beside_mine(coordinator_client, marburg, anna):
    agreement = AgreementFactory(university=marburg)
    tab = Tab(coordinator_client, agreement)
    change(Mobility(agreement=agreement, places=4), anna)

    tab.save(**{"mobilities-0-places": "5"})

    assert tab.conflicts().endswith(f"It is new, and has a line of its own below. anna, {WHEN}")
    assert [tab.form[f"mobilities-{n}-places"] for n in range(2)] == ["4", "5"]

    tab.save(**{"mobilities-1-DELETE": "on"})

    assert list(agreement.mobilities.values_list("places", flat=True)) == [4]


def test_mobility_that_a_colleague_deleted_is_reported_with_lost_input(coordinator_client, offer, anna):
    tab = Tab(coordinator_client, offer.agreement)
    offer._history_user = anna
    offer.delete()

    tab.save(**{"mobilities-0-places": "5"})

    assert tab.conflicts().endswith(f"It has been deleted. anna, {WHEN} What you typed: Places: 5")

    tab.save()

    assert list(Mobility.objects.all()) == []
