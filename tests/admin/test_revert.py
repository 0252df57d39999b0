import pytest
from django.contrib.auth.models import User

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Country, University
from tests.admin.test_object_history import history
from tests.factories import AgreementFactory, UniversityFactory
from tests.html import messages, pieces, text


@pytest.fixture
def superuser(client, db):
    client.force_login(User.objects.create_superuser("root"))
    return client


def version(obj, number=0):
    """The page of a version, the oldest being 0."""
    record = obj.history.order_by("history_id")[number]
    return f"/admin/partners/{obj._meta.model_name}/{obj.pk}/history/{record.pk}/"


def newest(obj):
    return {"newest": obj.history.latest().pk}


def bringing(model, pk):
    return f"/admin/partners/{model}/{pk}/bring-back/"


def changed(obj, **values):
    for name, value in values.items():
        setattr(obj, name, value)
    obj.save()
    return obj


def test_preview_tells_what_putting_back_changes(office, db):
    university = changed(UniversityFactory(name="Marburg", city="Marburg"), city="Lahn")

    page = office.get(version(university))

    assert pieces(page, "h2") == ["What putting this version back changes", "The whole version"]
    assert "City: Lahn → Marburg" in pieces(page, "li")
    assert University.objects.get().city == "Lahn"


def test_putting_back_does_what_the_preview_told_and_says_why(office, db):
    university = changed(UniversityFactory(name="Marburg", city="Marburg"), city="Lahn", name="Lahnburg")
    when = university.history.earliest().history_date

    answer = office.post(version(university), newest(university), follow=True)

    university.refresh_from_db()
    assert messages(answer) == ["Put back: Marburg"]
    assert (university.name, university.city, university.name_key) == ("Marburg", "Marburg", "marburg")
    assert history(office, university)[0] == (
        "coordinator changed Name: Lahnburg → Marburg City: Lahn → Marburg "
        f"put back the version of {when.day} {when:%b %Y, %H:%M}"
    )


def test_version_that_is_like_now_has_nothing_to_put_back(office, db):
    university = UniversityFactory()

    page = office.get(version(university))
    office.post(version(university), newest(university))

    assert "Nothing to put back: it is like this now." in text(page)
    assert "Put back this version" not in page.content.decode()
    assert university.history.count() == 1


def test_putting_back_after_a_change_shows_the_preview_again(office, db):
    university = changed(UniversityFactory(city="Marburg"), city="Lahn")
    shown = newest(university)
    changed(university, city="Kassel")

    answer = office.post(version(university), shown)

    assert messages(answer) == ["Nothing was put back. Look at what it would do by now."]
    assert "City: Kassel → Marburg" in pieces(answer, "li")
    assert University.objects.get().city == "Kassel"


@pytest.mark.parametrize("number", ["", "x", "9" * 30])
def test_putting_back_with_a_forged_number_does_nothing(office, db, number):
    university = changed(UniversityFactory(city="Marburg"), city="Lahn")

    answer = office.post(version(university), {"newest": number})

    assert answer.status_code == 404
    assert University.objects.get().city == "Lahn"


def test_putting_back_against_a_rule_is_refused_in_words(office, db):
    agreement = changed(AgreementFactory(), status=AgreementStatus.ENDED)
    AgreementFactory(university=agreement.university)

    page = office.get(version(agreement))
    office.post(version(agreement), newest(agreement))

    assert "Why it cannot be put back" in pieces(page, "h2")
    assert "This university already has a signed agreement of this type. End that one, or renew it." in pieces(
        page, "li"
    )
    agreement.refresh_from_db()
    assert agreement.status == AgreementStatus.ENDED


def test_taken_name_is_in_the_way(office, db):
    university = changed(UniversityFactory(name="Marburg"), name="Kassel")
    UniversityFactory(name="MARBURG")

    page = office.get(version(university))

    assert "Name: “Marburg” is already a name of “MARBURG”." in pieces(page, "li")


def test_what_refers_to_something_gone_stays_as_it_is(office, germany):
    ruritania = Country.objects.create(code="XX", name="Ruritania")
    university = changed(UniversityFactory(country=ruritania, city="Zenda"), country=germany, city="Bonn")
    ruritania.delete()

    page = office.get(version(university))
    office.post(version(university), newest(university))

    assert "Country or territory: “Ruritania” is gone." in pieces(page, "li")
    university.refresh_from_db()
    assert (university.city, university.country) == ("Zenda", germany)


def test_preview_tells_that_a_renewal_ends_what_it_takes_the_place_of(office, db):
    agreement = changed(AgreementFactory(university__name="Marburg"), status=AgreementStatus.IN_PROCESS)
    predecessor = AgreementFactory(university=agreement.university)

    page = office.get(version(agreement))
    office.post(version(agreement), newest(agreement))

    assert "It is signed in place of Marburg: Bilateral (signed), which ends." in pieces(page, "li")
    predecessor.refresh_from_db()
    agreement.refresh_from_db()
    assert (predecessor.status, agreement.status) == (AgreementStatus.ENDED, AgreementStatus.SIGNED)


def test_assistant_reads_a_version_and_cannot_put_it_back(client, assistant):
    university = changed(UniversityFactory(city="Marburg"), city="Lahn")
    client.force_login(assistant)

    page, answer = client.get(version(university)), client.post(version(university), newest(university))

    assert "City: Lahn → Marburg" in pieces(page, "li")
    assert "Put back this version" not in page.content.decode()
    assert answer.status_code == 403
    assert University.objects.get().city == "Lahn"


def test_version_of_another_object_is_not_found(office, db):
    one, other = UniversityFactory(), UniversityFactory()

    address = f"/admin/partners/university/{one.pk}/history/{other.history.latest().pk}/"

    assert office.get(address).status_code == 404


def test_deleted_university_comes_back_with_its_agreements(superuser, db):
    agreement = AgreementFactory(university__name="Marburg", notes="kept")
    university, pk = agreement.university, agreement.university_id
    agreement.delete()
    university.delete()
    record = University.history.filter(id=pk).latest()

    page = superuser.get(bringing("university", pk))
    count = University.objects.count()
    answer = superuser.post(bringing("university", pk), {"newest": record.pk}, follow=True)

    assert pieces(page, "h2") == ["Agreements that come back with it"]
    assert "Marburg: Bilateral (signed)" in pieces(page, "li")
    assert count == 0
    assert messages(answer) == ["Brought back: Marburg"]
    assert University.objects.get(pk=pk).name_key == "marburg"
    assert Agreement.objects.get().notes == "kept"
    assert University.history.latest().history_change_reason == "brought back"
    assert Agreement.history.latest().history_user.username == "root"


def test_looking_at_what_would_come_back_writes_nothing(superuser, db):
    university = UniversityFactory()
    pk = university.pk
    university.delete()
    rows = University.history.count()

    superuser.get(bringing("university", pk))

    assert (University.objects.count(), University.history.count()) == (0, rows)


def test_agreement_deleted_by_somebody_else_stays_deleted(superuser, coordinator):
    agreement = AgreementFactory()
    university, pk = agreement.university, agreement.university_id
    agreement._history_user = coordinator
    agreement.delete()
    university.delete()

    page = superuser.get(bringing("university", pk))

    assert "Agreements that come back with it" not in pieces(page, "h2")
    assert "Bring it back" in page.content.decode()


def test_name_that_is_taken_by_now_is_in_the_way_of_bringing_back(superuser, db):
    university = UniversityFactory(name="Marburg")
    pk = university.pk
    university.delete()
    UniversityFactory(name="Marburg")
    record = University.history.filter(id=pk).latest()

    page = superuser.get(bringing("university", pk))
    answer = superuser.post(bringing("university", pk), {"newest": record.pk})

    assert "Name: “Marburg” is already a name of “Marburg”." in " ".join(pieces(page, "li"))
    assert messages(answer) == ["Nothing was brought back. Look at what it would do by now."]
    assert University.objects.filter(pk=pk).count() == 0


def test_agreement_comes_back_only_after_its_university(superuser, db):
    agreement = AgreementFactory(university__name="Marburg")
    university, pk = agreement.university, agreement.pk
    agreement.delete()
    university.delete()

    page = superuser.get(bringing("agreement", pk))

    assert "University: “Marburg” is gone." in pieces(page, "li")
    assert "Why it cannot come back" in pieces(page, "h2")


@pytest.mark.parametrize(("model", "name"), [(Country, "country"), (AgreementType, "agreementtype")])
def test_reference_data_comes_back(superuser, model, name):
    thing = model.objects.exclude(universities__isnull=False).first()
    pk, title = thing.pk, str(thing)
    thing.delete()

    superuser.post(bringing(name, pk), {"newest": model.history.filter(id=pk).latest().pk})

    assert str(model.objects.get(pk=pk)) == title


def test_bringing_back_what_is_there_leads_to_its_history(superuser, db):
    university = UniversityFactory()

    answer = superuser.post(bringing("university", university.pk), {"newest": 1}, follow=True)

    assert messages(answer) == ["It is in the register."]
    assert university.history.count() == 1


@pytest.mark.parametrize("role", ["assistant", "coordinator"])
def test_only_a_superuser_brings_back(client, db, request, role):
    university = UniversityFactory()
    pk = university.pk
    university.delete()
    record = University.history.filter(id=pk).latest()
    client.force_login(request.getfixturevalue(role))

    answers = [client.get(bringing("university", pk)), client.post(bringing("university", pk), {"newest": record.pk})]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert University.objects.count() == 0
