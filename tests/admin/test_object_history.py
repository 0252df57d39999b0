import pytest
from django.contrib.auth.models import Group, Permission, User

from partners.enums import AgreementStatus
from partners.models import Agreement, Country, ImportRun, University
from tests.factories import AgreementFactory, UniversityFactory
from tests.html import cells, pieces, queries, text

NO_AGREEMENTS = {"agreements-TOTAL_FORMS": 0, "agreements-INITIAL_FORMS": 0}
NO_DOCUMENTS = {"documents-TOTAL_FORMS": 0, "documents-INITIAL_FORMS": 0}


def university_form(university, **changes):
    typed = {"name": university.name, "country": university.country_id, "slug": university.slug, "is_listed": "on"}
    return NO_AGREEMENTS | typed | changes


def agreement_line(agreement, **changes):
    line = {
        "id": agreement.pk,
        "agreement_type": agreement.agreement_type_id or "",
        "status": agreement.status,
    } | changes
    return {"agreements-TOTAL_FORMS": 1, "agreements-INITIAL_FORMS": 1} | {
        f"agreements-0-{name}": value for name, value in line.items()
    }


def change(browser, obj, typed):
    browser.post(f"/admin/partners/{obj._meta.model_name}/{obj.pk}/change/", NO_DOCUMENTS | typed)


def history(browser, obj):
    """What stands in the history of an object, newest first: who, what and why, without the time."""
    page = browser.get(f"/admin/partners/{obj._meta.model_name}/{obj.pk}/history/")
    return [" ".join(filter(None, row[1:4])) for row in cells(page) if len(row) > 2]


def test_change_of_a_university_tells_who_why_and_from_what_to_what(office, db):
    university = UniversityFactory(name="Marburg", city="Marburg")
    brazil = Country.objects.get(code="BR")

    change(office, university, university_form(university, name="Marburg (Lahn)", country=brazil.pk, city="Lahn"))

    assert history(office, university) == [
        "coordinator changed Name: Marburg → Marburg (Lahn) Country or territory: Germany → Brazil "
        "City: Marburg → Lahn edited",
        "the command line added",
    ]


def test_added_university_tells_who_and_why(office, germany):
    office.post("/admin/partners/university/add/", NO_AGREEMENTS | {"name": "Marburg", "country": germany.pk})

    assert history(office, University.objects.get()) == ["coordinator added added"]


def test_change_of_an_agreement_tells_who_why_and_from_what_to_what(office, bilateral, erasmus):
    agreement = AgreementFactory(valid_until="2026-06-30", status=AgreementStatus.IN_PROCESS)
    typed = {"university": agreement.university_id, "agreement_type": erasmus.pk, "status": "signed"}

    change(office, agreement, typed | {"valid_until": "2027-06-30"})

    assert history(office, agreement)[0] == (
        "coordinator changed Agreement type: Bilateral → Erasmus+ Status: in process → signed "
        "Valid until: 30 Jun 2026 → 30 Jun 2027 edited"
    )


def test_history_of_an_agreement_that_had_no_type_tells_of_no_deleted_one(office, erasmus):
    agreement = AgreementFactory(agreement_type=None, status=AgreementStatus.IN_PROCESS)
    typed = {"university": agreement.university_id, "agreement_type": erasmus.pk, "status": "in_process"}

    change(office, agreement, typed)

    newest = history(office, agreement)[0]
    assert newest == "coordinator changed Agreement type: – → Erasmus+ edited"


def test_change_on_the_university_s_page_is_in_the_history_of_the_agreement(office, db):
    agreement = AgreementFactory()
    typed = university_form(agreement.university) | agreement_line(agreement, status="ended")

    change(office, agreement.university, typed)

    assert history(office, agreement) == [
        "coordinator changed Status: signed → ended edited on the university's page",
        "the command line added",
    ]


def test_agreement_added_on_the_university_s_page_tells_who_and_why(office, bilateral):
    university = UniversityFactory()
    line = {"agreements-0-agreement_type": bilateral.pk, "agreements-0-status": "signed"}

    change(office, university, university_form(university) | line | {"agreements-TOTAL_FORMS": 1})

    assert history(office, Agreement.objects.get()) == ["coordinator added edited on the university's page"]


def sign(browser, agreement):
    row = {"signed_on": "2026-05-01", "version": agreement.history.latest().pk}
    typed = {f"{agreement.pk}-{name}": value for name, value in row.items()}
    browser.post(f"/admin/partners/agreement/sign/?id={agreement.pk}", typed)


def test_agreement_ended_by_its_renewal_tells_who_and_why(office, db):
    predecessor = AgreementFactory()
    renewal = AgreementFactory(university=predecessor.university, status=AgreementStatus.IN_PROCESS)

    sign(office, renewal)

    assert history(office, predecessor)[0] == (
        "coordinator changed Status: signed → ended Ended on: – → 1 May 2026 ended by its renewal"
    )


def test_marking_as_signed_tells_who_why_and_from_what_to_what(office, db):
    agreement = AgreementFactory(status=AgreementStatus.IN_PROCESS)

    sign(office, agreement)

    newest = history(office, agreement)[0]
    assert newest == "coordinator changed Status: in process → signed Signed on: – → 1 May 2026 marked as signed"


def test_import_is_in_the_history_of_what_it_added(office, register):
    agreement = Agreement.objects.in_process().get()

    page = office.get(f"/admin/partners/agreement/{agreement.pk}/history/")
    run = ImportRun.objects.get()
    assert history(office, agreement) == [f"the command line added import run {run.pk}: partners.tsv"]
    assert f'href="/admin/partners/importrun/{run.pk}/change/"' in page.content.decode()


@pytest.mark.parametrize("model_name", ["country", "agreementtype"])
def test_change_of_reference_data_is_told_against_what_it_was(office, germany, bilateral, model_name):
    changed = {"country": germany, "agreementtype": bilateral}[model_name]
    typed = {"code": "DE", "name": "Changed", "position": 1, "slug": "bilateral"}

    change(office, changed, typed | {"other_names": changed.other_names, "description": bilateral.description})

    assert history(office, changed) == [
        f"coordinator changed Name: {changed.name} → Changed edited",
        "the command line added reference data",
    ]


def test_history_shows_a_hostile_name_as_text(office, db):
    university = UniversityFactory(name="Marburg")

    change(office, university, university_form(university, name="<script>alert(1)</script>"))

    assert history(office, university)[0] == "coordinator changed Name: Marburg → <script>alert(1)</script> edited"


def test_saving_without_a_change_adds_nothing_to_tell(office, db):
    university = UniversityFactory(name="Marburg")

    change(office, university, university_form(university))

    assert history(office, university) == ["the command line added"]


def test_history_of_a_university_tells_of_its_agreements_too(office, db):
    agreement = AgreementFactory(university__name="Marburg")
    university, deleted = agreement.university, AgreementFactory(university=agreement.university, status="ended")
    deleted.delete()

    change(office, university, university_form(university) | agreement_line(agreement, status="ended"))

    assert history(office, university) == [
        "coordinator Agreement Marburg: Bilateral (ended) changed Status: signed → ended "
        "edited on the university's page",
        "the command line Agreement Marburg: Bilateral (ended) deleted",
        "the command line Agreement Marburg: Bilateral (ended) added",
        "the command line Agreement Marburg: Bilateral (signed) added",
        "the command line added",
    ]


def test_agreement_that_moved_away_is_told_where_it_was_and_where_it_is(db, office):
    agreement = AgreementFactory(university__name="Marburg")
    marburg, kassel = agreement.university, UniversityFactory(name="Kassel")
    agreement.university = kassel
    agreement.save()
    agreement.notes = "elsewhere"
    agreement.save()

    moved = "the command line Agreement Kassel: Bilateral (signed) changed University: Marburg → Kassel"
    noted = "the command line Agreement Kassel: Bilateral (signed) changed Internal notes: – → elsewhere"
    assert history(office, marburg)[0] == moved
    assert history(office, kassel)[:2] == [noted, moved]


def test_history_without_permission_for_agreements_tells_of_the_university_only(client, db):
    agreement = AgreementFactory(university__name="Marburg")
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_university"))
    client.force_login(reader)

    assert history(client, agreement.university) == ["the command line added"]


def test_history_tells_what_is_gone_by_its_last_name(office, germany):
    university, ruritania = UniversityFactory(), Country.objects.create(code="XX", name="Ruritania")
    university.country = ruritania
    university.save()
    university.country = germany
    university.save()
    ruritania.delete()

    assert history(office, university)[0] == "the command line changed Country or territory: Ruritania → Germany"


def test_history_of_something_deleted_stays_and_says_so(office, db):
    university = UniversityFactory(name="Marburg")
    pk = university.pk
    university.delete()

    page = office.get(f"/admin/partners/university/{pk}/history/")

    assert pieces(page, "h1")[-1] == "History of Marburg"
    assert "It has been deleted. A superuser can bring it back." in text(page)
    assert "the command line deleted" in text(page)


@pytest.mark.parametrize("pk", ["999999", "x", "9" * 30])
def test_history_of_what_never_was_is_not_found(office, db, pk):
    assert office.get(f"/admin/partners/university/{pk}/history/").status_code == 404


def edited(agreement, times):
    for number in range(times):
        agreement.notes = f"note {number}"
        agreement.save()
        agreement.university.save()


def test_history_makes_as_many_queries_for_hundreds_of_entries(office, coordinator, db):
    agreement = AgreementFactory(responsible=coordinator)
    address = f"/admin/partners/university/{agreement.university_id}/history/"
    edited(agreement, 3)
    few = queries(office, address)

    edited(agreement, 300)

    assert queries(office, address) == few <= 16


def test_long_history_comes_in_pages(office, db):
    agreement = AgreementFactory()
    edited(agreement, 120)

    page = office.get(f"/admin/partners/agreement/{agreement.pk}/history/?page=2")

    assert len([row for row in cells(page) if len(row) > 2]) == 21
    assert "Page 2 of 2" in text(page)
    assert "Internal notes: note 18 → note 19" in text(page)


def test_groups_are_what_a_fresh_database_starts_with(db):
    assert sorted(Group.objects.values_list("name", flat=True)) == ["Assistants", "Exchange coordinators"]
