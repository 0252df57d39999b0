from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.utils.timezone import localdate

from partners.history.entries import tracked_models
from partners.models import Agreement, Run, University
from partners.runs.undo import undo
from tests.helpers.bulk_pages import perform, undo_latest_run
from tests.helpers.factories import AgreementFactory, UniversityFactory
from tests.helpers.history_pages import CHANGE_LOG_URL, entries
from tests.helpers.html import attributes, cells, count_queries, element_texts, text


@pytest.fixture
def superuser(client, db):
    client.force_login(User.objects.create_superuser("root"))
    return client


def backdate(obj, days):
    obj.history.update(history_date=obj.history.latest().history_date - timedelta(days=days))


def test_change_log_lists_newest_first(coordinator_client, coordinator):
    agreement = AgreementFactory(university__name="Marburg")
    agreement.status = "ended"
    agreement._history_user, agreement._change_reason = coordinator, "edited"
    agreement.save()

    assert entries(coordinator_client) == [
        "coordinator Agreement Marburg: Bilateral (ended) changed Status: signed → ended edited",
        "the command line Agreement Marburg: Bilateral (signed) added",
        "the command line University Marburg added",
    ]


def test_filter_by_user(coordinator_client, coordinator):
    UniversityFactory(name="Marburg")
    kassel = UniversityFactory.build(name="Kassel")
    kassel._history_user = coordinator
    kassel.save()

    assert entries(coordinator_client, who=coordinator.pk) == ["coordinator University Kassel added"]
    assert entries(coordinator_client, who="-") == ["the command line University Marburg added"]


def test_filter_by_model_and_by_action(coordinator_client, db):
    agreement = AgreementFactory(university__name="Marburg")
    agreement.delete()

    assert entries(coordinator_client, model="university") == ["the command line University Marburg added"]
    assert entries(coordinator_client, what="-") == ["the command line Agreement Marburg: Bilateral (signed) deleted"]


@pytest.mark.parametrize(("when", "count"), [("today", 1), ("7", 2), ("30", 3), ("", 4)])
def test_filter_by_period(coordinator_client, db, when, count):
    for days in (0, 6, 29, 30):
        backdate(UniversityFactory(), days)

    assert len(entries(coordinator_client, when=when, model="university")) == count


def test_filter_by_date_range(coordinator_client, db):
    for days in (1, 2, 3, 4):
        backdate(UniversityFactory(name=f"Town {days}"), days)
    since, until = localdate() - timedelta(days=3), localdate() - timedelta(days=2)

    assert entries(coordinator_client, model="university", since=since, until=until) == [
        "the command line University Town 2 added",
        "the command line University Town 3 added",
    ]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"since": "yesterday"}, "“yesterday” is not a date. Write it like 1 Feb 2025."),
        ({"until": "9999-12-31"}, "Write a day up to 31 Dec 2999."),
        ({"model": "user"}, "Select a valid choice. user is not one of the available choices."),
    ],
)
def test_invalid_filter_displays_error_and_no_entries(coordinator_client, db, query, error):
    UniversityFactory()

    page = coordinator_client.get(CHANGE_LOG_URL, query)

    assert error in text(page)
    assert "There are no such changes." in text(page)


def test_run_is_one_entry_with_counts(coordinator_client, register):
    run = Run.objects.get()

    page = coordinator_client.get(CHANGE_LOG_URL)

    assert entries(coordinator_client) == [
        f"the command line Imported: 108 universities, 128 agreements run {run.pk}: partners.tsv"
    ]
    assert f"/admin/partners/run/{run.pk}/change/" in attributes(page, "a", "href")
    assert entries(coordinator_client, model="university") == [
        f"the command line Imported: 108 universities run {run.pk}: partners.tsv"
    ]
    assert entries(coordinator_client, model="country") == []
    assert entries(coordinator_client, what="-") == []


def test_undo_of_run_is_one_entry(coordinator_client, register, coordinator):
    run = Run.objects.get()
    undo(run, coordinator)

    assert entries(coordinator_client)[0] == (
        f"coordinator Import undone: 108 universities, 128 agreements undo of run {run.pk}: partners.tsv"
    )
    assert len(entries(coordinator_client)) == 2


def test_signing_of_several_is_one_entry_with_counts(coordinator_client, coordinator):
    deals = [AgreementFactory(status="in_process") for _ in range(3)]
    AgreementFactory(university=deals[0].university, valid_from=date(2022, 9, 1))
    perform(coordinator_client, "sign", *deals, valid_from="2026-09-01")
    number = Run.objects.get().pk

    undo_latest_run(coordinator_client)

    assert entries(coordinator_client, who=coordinator.pk) == [
        f"coordinator Signing undone: 4 agreements undo of run {number}: signing",
        f"coordinator Signed: 3 agreements run {number}: signing",
    ]


def test_user_sees_only_models_with_view_permission(client, db):
    AgreementFactory(university__name="Marburg")
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_university"))
    client.force_login(reader)

    assert entries(client) == ["the command line University Marburg added"]


def test_user_without_view_permission_is_forbidden(client, db):
    client.force_login(User.objects.create_user("stranger", is_staff=True))

    assert client.get(CHANGE_LOG_URL).status_code == 403


def add_and_change_agreements(times):
    for _ in range(times):
        agreement = AgreementFactory()
        agreement.notes = "Call"
        agreement.save()


def test_change_log_query_count_is_constant(coordinator_client, db):
    for model in tracked_models():
        model.history.all().delete()
    add_and_change_agreements(3)
    few = count_queries(coordinator_client, CHANGE_LOG_URL)

    add_and_change_agreements(300)

    assert count_queries(coordinator_client, CHANGE_LOG_URL) == few <= 25


def test_pagination_keeps_filter(coordinator_client, db):
    add_and_change_agreements(60)

    page = coordinator_client.get(CHANGE_LOG_URL, {"model": "agreement", "page": 2})

    assert len([row for row in cells(page) if len(row) > 2]) == 20
    assert "Page 2 of 2" in text(page)
    assert "?model=agreement&page=1" in attributes(page, "a", "href")


def test_admin_index_links_to_change_log(coordinator_client, db):
    assert "Recent changes" in element_texts(coordinator_client.get("/admin/"), "a")


def test_deleted_objects_omit_undeleted_ones(superuser):
    for name in ("Marburg", "Kassel"):
        UniversityFactory(name=name).delete()
    restored = University.history.filter(name="Kassel").latest()
    superuser.post(f"/admin/partners/university/{restored.id}/undelete/", {"latest_history_id": restored.pk})

    rows = entries(superuser, "deleted/")

    assert rows == ["the command line University Marburg deleted"]
    assert University.objects.get().name == "Kassel"


def test_deletion_in_change_log_links_to_undelete(superuser):
    university = UniversityFactory(name="Marburg")
    url = f"/admin/partners/university/{university.pk}/undelete/"
    university.delete()

    page = superuser.get(CHANGE_LOG_URL, {"what": "-"})

    assert url in attributes(page, "a", "href")


def test_deleted_objects_include_those_deleted_by_an_undo(superuser, register, coordinator):
    undo(Run.objects.get(), coordinator)

    rows = entries(superuser, "deleted/", model="university")

    assert Agreement.objects.count() == 0
    assert len(rows) == 100
    assert rows[0].startswith("coordinator University ")


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
def test_deleted_objects_are_for_superusers_only(client, db, request, role):
    client.force_login(request.getfixturevalue(role))

    assert client.get(f"{CHANGE_LOG_URL}deleted/").status_code == 403
    assert "What has been deleted" not in text(client.get(CHANGE_LOG_URL))


def test_agreements_of_one_title_are_named_with_their_first_day(coordinator_client, db):
    first = AgreementFactory(university__name="Marburg", scope="Faculty of Law", valid_until="2026-08-31")
    values = {"university": first.university, "scope": "Faculty of Law", "renews": first}
    second = AgreementFactory(**values, valid_from=date(2026, 9, 1))
    second.renews = None
    second.save()

    assert entries(coordinator_client, model="agreement") == [
        "the command line Agreement Marburg: Bilateral, Faculty of Law, from 1 Sep 2026 (signed) changed "
        "Renews: Marburg: Bilateral, Faculty of Law (signed) → –",
        "the command line Agreement Marburg: Bilateral, Faculty of Law, from 1 Sep 2026 (signed) added",
        "the command line Agreement Marburg: Bilateral, Faculty of Law (signed) added",
    ]


def test_change_log_query_count_is_constant_with_renewals(coordinator_client, db):
    def sign_renewals(count):
        for _index in range(count):
            first = AgreementFactory(valid_until=date(2026, 8, 31))
            values = {"university": first.university, "status": "in_process", "valid_from": date(2026, 9, 1)}
            AgreementFactory(**values).sign(date(2026, 5, 1))

    sign_renewals(1)
    few = count_queries(coordinator_client, CHANGE_LOG_URL)

    sign_renewals(20)

    assert count_queries(coordinator_client, CHANGE_LOG_URL) == few
