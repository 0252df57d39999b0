from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.utils.timezone import localdate

from partners.imports.undo import undo
from partners.models import Agreement, AgreementType, Country, ImportRun, University
from tests.factories import AgreementFactory, UniversityFactory
from tests.html import cells, pieces, queries, text

CHANGES = "/admin/changes/"


@pytest.fixture
def superuser(client, db):
    client.force_login(User.objects.create_superuser("root"))
    return client


def told(browser, path="", **chosen):
    """What the page tells of what happened at the site itself: who, what and why."""
    page = browser.get(f"{CHANGES}{path}", chosen)
    rows = [" ".join(filter(None, row[1:4])) for row in cells(page) if len(row) > 2]
    return [row for row in rows if not row.endswith("reference data")]


def dated(obj, days):
    obj.history.update(history_date=obj.history.latest().history_date - timedelta(days=days))


def test_changes_of_the_whole_register_stand_newest_first(office, coordinator):
    agreement = AgreementFactory(university__name="Marburg")
    agreement.status = "ended"
    agreement._history_user, agreement._change_reason = coordinator, "edited"
    agreement.save()

    assert told(office) == [
        "coordinator Agreement Marburg: Bilateral (ended) changed Status: signed → ended edited",
        "the command line Agreement Marburg: Bilateral (signed) added",
        "the command line University Marburg added",
    ]


def test_changes_by_a_person(office, coordinator):
    UniversityFactory(name="Marburg")
    kassel = UniversityFactory.build(name="Kassel")
    kassel._history_user = coordinator
    kassel.save()

    assert told(office, who=coordinator.pk) == ["coordinator University Kassel added"]
    assert told(office, who="-") == ["the command line University Marburg added"]


def test_changes_of_a_model_and_of_a_kind(office, db):
    agreement = AgreementFactory(university__name="Marburg")
    agreement.delete()

    assert told(office, model="university") == ["the command line University Marburg added"]
    assert told(office, what="-") == ["the command line Agreement Marburg: Bilateral (signed) deleted"]


@pytest.mark.parametrize(("when", "names"), [("today", 1), ("7", 2), ("30", 3), ("", 4)])
def test_changes_of_a_time(office, db, when, names):
    for days in (0, 6, 29, 30):
        dated(UniversityFactory(), days)

    assert len(told(office, when=when, model="university")) == names


def test_changes_from_a_day_to_a_day(office, db):
    for days in (1, 2, 3, 4):
        dated(UniversityFactory(name=f"Town {days}"), days)
    since, until = localdate() - timedelta(days=3), localdate() - timedelta(days=2)

    assert told(office, model="university", since=since, until=until) == [
        "the command line University Town 2 added",
        "the command line University Town 3 added",
    ]


@pytest.mark.parametrize(
    ("chosen", "error"),
    [
        ({"since": "yesterday"}, "“yesterday” is not a date. Write it like 1 Feb 2025."),
        ({"until": "9999-12-31"}, "Write a day up to 31 Dec 2999."),
        ({"model": "user"}, "Select a valid choice. user is not one of the available choices."),
    ],
)
def test_filter_that_cannot_be_read_says_so_and_shows_nothing(office, db, chosen, error):
    UniversityFactory()

    page = office.get(CHANGES, chosen)

    assert error in text(page)
    assert "No such change." in text(page)


def test_import_is_one_line_with_its_counts(office, register):
    run = ImportRun.objects.get()

    page = office.get(CHANGES)

    assert told(office) == [
        f"the command line Imported: 108 universities, 128 agreements import run {run.pk}: partners.tsv"
    ]
    assert f'href="/admin/partners/importrun/{run.pk}/change/"' in page.content.decode()
    assert told(office, model="university") == [
        f"the command line Imported: 108 universities import run {run.pk}: partners.tsv"
    ]
    assert told(office, model="country") == []
    assert told(office, what="-") == []


def test_undone_import_is_one_line_too(office, register, coordinator):
    run = ImportRun.objects.get()
    undo(run, coordinator)

    assert told(office)[0] == (
        f"coordinator Import undone: 108 universities, 128 agreements undo of import run {run.pk}: partners.tsv"
    )
    assert len(told(office)) == 2


def test_reader_of_universities_sees_their_changes_only(client, db):
    AgreementFactory(university__name="Marburg")
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_university"))
    client.force_login(reader)

    assert told(client) == ["the command line University Marburg added"]


def test_nobody_sees_changes_of_what_they_may_not_see(client, db):
    client.force_login(User.objects.create_user("stranger", is_staff=True))

    assert client.get(CHANGES).status_code == 403


def changed(times):
    for _ in range(times):
        agreement = AgreementFactory()
        agreement.places_out = 2
        agreement.save()


def test_recent_changes_make_as_many_queries_for_hundreds(office, db):
    Country.history.all().delete()
    AgreementType.history.all().delete()
    changed(3)
    few = queries(office, CHANGES)

    changed(300)

    assert queries(office, CHANGES) == few <= 25


def test_recent_changes_come_in_pages_that_keep_the_filter(office, db):
    changed(60)

    page = office.get(CHANGES, {"model": "agreement", "page": 2})

    assert len([row for row in cells(page) if len(row) > 2]) == 20
    assert "Page 2 of 2" in text(page)
    assert 'href="?model=agreement&amp;page=1"' in page.content.decode()


def test_every_page_links_to_the_recent_changes(office, db):
    assert "Recent changes" in pieces(office.get("/admin/"), "a")


def test_superuser_is_shown_what_is_deleted_and_not_what_came_back(superuser):
    for name in ("Marburg", "Kassel"):
        UniversityFactory(name=name).delete()
    back = University.history.filter(name="Kassel").latest()
    superuser.post(f"/admin/partners/university/{back.id}/bring-back/", {"newest": back.pk})

    rows = told(superuser, "deleted/")

    assert rows == ["the command line University Marburg deleted"]
    assert University.objects.get().name == "Kassel"


def test_superuser_can_bring_back_from_the_deletions_among_the_changes(superuser):
    university = UniversityFactory(name="Marburg")
    address = f'href="/admin/partners/university/{university.pk}/bring-back/"'
    university.delete()

    page = superuser.get(CHANGES, {"what": "-"})

    assert address in page.content.decode()


def test_what_an_undo_took_away_can_be_brought_back_one_by_one(superuser, register, coordinator):
    undo(ImportRun.objects.get(), coordinator)

    rows = told(superuser, "deleted/", model="university")

    assert Agreement.objects.count() == 0
    assert len(rows) == 100
    assert rows[0].startswith("coordinator University ")


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
def test_list_of_what_is_deleted_is_for_superusers(client, db, request, role):
    client.force_login(request.getfixturevalue(role))

    assert client.get(f"{CHANGES}deleted/").status_code == 403
    assert "What has been deleted" not in text(client.get(CHANGES))
