from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, UniqueConstraint
from django.utils.timezone import localdate

from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Country, Mobility, University
from partners.models.agreement_slots import release_unique_slots
from tests.helpers.factories import AgreementFactory, MobilityFactory, UniversityFactory

DAY, NEXT_DAY = date(2026, 6, 1), date(2026, 6, 2)
SIGNED, IN_PROCESS, ENDED = AgreementStatus.SIGNED, AgreementStatus.IN_PROCESS, AgreementStatus.ENDED
ADD_CITY = "If they are two universities, add the city to the name."

pytestmark = pytest.mark.django_db


def validation_errors(instance):
    with pytest.raises(ValidationError) as error:
        instance.full_clean()
    return error.value.message_dict


@contextmanager
def violates(model, constraint):
    """Expect an IntegrityError that names the constraint or, as SQLite does for a unique one, its columns."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        yield
    assert constraint in _violated_constraints(error.value.__cause__, model)


def _violated_constraints(error, model):
    if hasattr(error, "diag"):
        return [error.diag.constraint_name]
    constraint_type, _, detail = str(error).partition(" constraint failed: ")
    if constraint_type == "CHECK":
        return [detail]
    if not detail:  # from a trigger
        return [constraint_type]
    return [constraint.name for constraint in model._meta.constraints if _columns(constraint, model) == detail]


def _columns(constraint, model):
    if not isinstance(constraint, UniqueConstraint):
        return ""
    columns = [model._meta.get_field(field).column for field in constraint.fields]
    return ", ".join(f"{model._meta.db_table}.{column}" for column in columns)


def change_reasons(instance):
    return list(instance.history.order_by("history_id").values_list("history_type", "history_change_reason"))


def statuses(university):
    return list(university.agreements.order_by("pk").values_list("status", flat=True))


def test_str_names_university_type_and_status():
    known = AgreementFactory.build(university=UniversityFactory(name="Monash University"))
    unknown = AgreementFactory.build(university=known.university, agreement_type=None, status=IN_PROCESS)

    assert [str(known), str(unknown)] == [
        "Monash University: Bilateral (signed)",
        "Monash University: type unknown (in process)",
    ]


def test_unknown_status_is_rejected():
    agreement = AgreementFactory(status=ENDED)
    agreement.status = "lost"

    assert validation_errors(agreement)["status"] == ["Value 'lost' is not a valid choice."]
    with violates(Agreement, "agreement_status_valid"):
        Agreement.objects.update(status="lost")


def test_signed_agreement_without_a_type_is_rejected():
    agreement = AgreementFactory(agreement_type=None, status=IN_PROCESS)
    agreement.status = SIGNED

    assert validation_errors(agreement) == {"agreement_type": ["A signed agreement needs an agreement type."]}
    with violates(Agreement, "agreement_signed_needs_type"):
        Agreement.objects.update(status=SIGNED)


@pytest.mark.parametrize("status", [IN_PROCESS, ENDED])
def test_type_may_be_unknown_unless_signed(status):
    agreement = AgreementFactory(agreement_type=None, status=status)

    agreement.full_clean()

    assert Agreement.objects.get().agreement_type is None


def test_end_before_the_start_is_rejected():
    agreement = AgreementFactory()
    agreement.valid_from, agreement.valid_until = NEXT_DAY, DAY

    assert validation_errors(agreement) == {
        "valid_until": ["Valid until (1 Jun 2026) is before valid from (2 Jun 2026)."]
    }
    with violates(Agreement, "agreement_dates_in_order"):
        Agreement.objects.update(valid_from=NEXT_DAY, valid_until=DAY)


def test_ended_on_is_for_ended_agreements_only():
    agreement = AgreementFactory()
    agreement.ended_on = DAY

    assert list(validation_errors(agreement)) == ["ended_on"]
    with violates(Agreement, "agreement_ended_on_only_if_ended"):
        Agreement.objects.update(ended_on=DAY)


def test_study_levels_are_displayed_in_order():
    MobilityFactory(study_levels=["doctoral", "bachelor"])

    assert Mobility.objects.get().study_levels == "bachelor,doctoral"
    assert Mobility.objects.get().level_labels == ["bachelor", "doctoral"]


@pytest.mark.parametrize(("valid_from", "valid_until"), [(DAY, DAY), (DAY, None), (None, DAY)])
def test_agreement_may_last_one_day_or_be_open(valid_from, valid_until):
    agreement = AgreementFactory(valid_from=valid_from, valid_until=valid_until)

    agreement.full_clean()

    assert Agreement.objects.values_list("valid_from", "valid_until").get() == (valid_from, valid_until)


@pytest.mark.parametrize(
    ("status", "has_type", "constraint", "message"),
    [
        (
            IN_PROCESS,
            True,
            "agreement_one_in_process_per_type",
            "This university already has an agreement of this type and scope in process. Continue with it.",
        ),
        (
            IN_PROCESS,
            False,
            "agreement_one_in_process_of_unknown_type",
            "This university already has an agreement of unknown type in process. Give that one its type first.",
        ),
    ],
)
def test_second_open_agreement_of_a_type_is_rejected(bilateral, status, has_type, constraint, message):
    values = {"status": status, "agreement_type": bilateral if has_type else None}
    second = AgreementFactory.build(university=AgreementFactory(**values).university, **values)

    assert validation_errors(second) == {"__all__": [message]}
    with violates(Agreement, constraint):
        Agreement.objects.bulk_create([second])


def test_ended_agreement_cannot_be_reopened_beside_a_signed_one():
    past = AgreementFactory(status=ENDED)
    AgreementFactory(university=past.university)
    past.status = SIGNED

    assert validation_errors(past) == {
        "valid_from": [
            "“Bilateral, end not recorded” is signed already."
            " Choose dates that do not overlap, end that one, or renew it."
        ]
    }
    with violates(Agreement, "agreement_periods_apart"):
        past.save()


def test_university_may_have_many_ended_and_one_open_agreement_per_type_and_status(bilateral, erasmus):
    university = UniversityFactory()
    kinds = [(bilateral, SIGNED), (bilateral, IN_PROCESS), (erasmus, SIGNED), (erasmus, IN_PROCESS), (None, IN_PROCESS)]

    for agreement_type, status in [*kinds, *[(bilateral, ENDED), (None, ENDED)] * 3]:
        agreement = AgreementFactory.build(university=university, agreement_type=agreement_type, status=status)
        agreement.full_clean()
        agreement.save()

    assert university.agreements.count() == 11


def test_two_universities_may_have_agreements_of_one_type():
    for agreement in (AgreementFactory(), AgreementFactory(), AgreementFactory(status=IN_PROCESS)):
        agreement.full_clean()

    assert Agreement.objects.count() == 3


def test_signing_is_recorded_in_history():
    agreement = AgreementFactory(status=IN_PROCESS)

    agreement.sign(DAY)

    agreement.refresh_from_db()
    assert (agreement.status, agreement.signed_on) == ("signed", DAY)
    assert change_reasons(agreement) == [("+", None), ("~", "marked as signed")]


def test_signing_may_set_the_type(erasmus):
    agreement = AgreementFactory(agreement_type=None, status=IN_PROCESS)

    agreement.agreement_type = erasmus
    agreement.sign(DAY)

    assert Agreement.objects.values_list("status", "agreement_type__name").get() == ("signed", "Erasmus+")


def test_signing_without_a_type_is_rejected_and_changes_nothing():
    agreement = AgreementFactory(agreement_type=None, status=IN_PROCESS)

    with pytest.raises(ValidationError) as error:
        agreement.sign(DAY)

    assert error.value.message_dict == {"agreement_type": ["A signed agreement needs an agreement type."]}
    assert statuses(agreement.university) == ["in_process"]
    assert change_reasons(agreement) == [("+", None)]


@pytest.fixture
def renewal():
    """A renewal in process from DAY, beside a signed agreement without dates."""
    predecessor = AgreementFactory()
    return AgreementFactory(university=predecessor.university, status=IN_PROCESS, valid_from=DAY)


def test_signing_a_renewal_shortens_its_predecessor(renewal, erasmus):
    predecessor = Agreement.objects.signed().get()
    AgreementFactory(university=renewal.university, agreement_type=erasmus)
    AgreementFactory(university=renewal.university, status=ENDED)
    AgreementFactory(university=renewal.university, scope="Faculty of Law")
    AgreementFactory()

    renewal.sign(DAY)

    predecessor.refresh_from_db()
    assert (predecessor.status, predecessor.valid_until) == (SIGNED, DAY - timedelta(days=1))
    assert change_reasons(predecessor) == [("+", None), ("~", f"shortened by its renewal, agreement {renewal.pk}")]
    assert (renewal.renews, change_reasons(renewal)) == (predecessor, [("+", None), ("~", "marked as signed")])
    assert (
        list(Agreement.objects.signed().exclude(pk=predecessor.pk).values_list("valid_until", flat=True)) == [None] * 4
    )


def test_saving_a_renewal_as_signed_shortens_its_predecessor(renewal):
    renewal.status = SIGNED
    renewal.full_clean()
    renewal.save()

    assert list(Agreement.objects.order_by("pk").values_list("status", "valid_until", "renews")) == [
        (SIGNED, DAY - timedelta(days=1), None),
        (SIGNED, None, renewal.renews_id),
    ]


def test_signing_with_a_type_shortens_the_signed_agreement_of_that_type(erasmus):
    predecessor = AgreementFactory(agreement_type=erasmus, is_open_ended=True)
    renewal = AgreementFactory(
        university=predecessor.university, agreement_type=None, status=IN_PROCESS, valid_from=DAY
    )

    renewal.agreement_type = erasmus
    renewal.sign(DAY)

    predecessor.refresh_from_db()
    assert (predecessor.valid_until, predecessor.is_open_ended) == (DAY - timedelta(days=1), False)


def test_signing_ends_an_agreement_that_begins_with_it(renewal):
    Agreement.objects.signed().update(valid_from=DAY)

    renewal.sign(NEXT_DAY)

    ended = Agreement.objects.get(status=ENDED)
    assert (ended.ended_on, change_reasons(ended)[-1]) == (
        NEXT_DAY,
        ("~", f"ended by its renewal, agreement {renewal.pk}"),
    )


@pytest.mark.parametrize(
    ("valid_until", "offered"), [(None, "3 Jun 2026"), (date(2027, 8, 31), "1 Sep 2027")], ids=["no end", "end"]
)
def test_renewal_needs_a_start(renewal, valid_until, offered):
    Agreement.objects.signed().update(valid_until=valid_until)
    renewal.valid_from = None

    with pytest.raises(ValidationError) as error:
        renewal.sign(date(2026, 6, 3))

    message = f"A signed agreement exists. Enter the first day of this one, such as {offered}."
    assert error.value.message_dict == {"valid_from": [message]}
    assert statuses(renewal.university) == [SIGNED, IN_PROCESS]


def test_renewal_may_not_overlap_an_upcoming_agreement(renewal):
    Agreement.objects.signed().update(valid_from=localdate() + timedelta(days=1), valid_until=date(9999, 1, 1))
    renewal.valid_from, renewal.valid_until = localdate(), None
    upcoming = Agreement.objects.signed().get()

    with pytest.raises(ValidationError) as error:
        renewal.sign(DAY)

    assert error.value.message_dict == {
        "valid_from": [
            f"“{upcoming.describe_period()}” is signed already and begins later."
            " Choose dates that do not overlap, or end it first."
        ]
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"valid_from": DAY, "valid_until": DAY}, None),
        ({"valid_from": NEXT_DAY}, "“Bilateral, until 2 Jun 2026” is signed already."),
        ({"valid_from": date(2026, 6, 3), "valid_until": None}, None),
        ({"scope": "Faculty of Law"}, None),
        ({"scope": " "}, "“Bilateral, until 2 Jun 2026” is signed already."),
    ],
)
def test_signed_periods_of_a_type_and_scope_do_not_overlap(values, message):
    first = AgreementFactory(valid_from=None, valid_until=NEXT_DAY)
    if values.get("valid_until") == DAY:
        Agreement.objects.update(valid_from=NEXT_DAY)
    second = AgreementFactory.build(university=first.university, agreement_type=first.agreement_type, **values)

    if message is None:
        second.full_clean()
        second.save()
        assert Agreement.objects.count() == 2
    else:
        advice = "Choose dates that do not overlap, end that one, or renew it."
        assert validation_errors(second) == {"valid_from": [f"{message} {advice}"]}
        with violates(Agreement, "agreement_periods_apart"):
            second.save()


def test_scopes_are_compared_by_matching_key():
    first = AgreementFactory(scope="Faculty of Law", status=IN_PROCESS)
    second = AgreementFactory.build(
        university=first.university, agreement_type=first.agreement_type, scope="FACULTY  of Law", status=IN_PROCESS
    )

    assert list(validation_errors(second)) == ["__all__"]
    with violates(Agreement, "agreement_one_in_process_per_type"):
        second.save()


def test_open_ended_agreement_has_no_last_day():
    agreement = AgreementFactory()
    agreement.is_open_ended, agreement.valid_until = True, DAY

    assert validation_errors(agreement) == {
        "valid_until": [
            "An open-ended agreement has no last day. Empty it (1 Jun 2026), or say that it is not open-ended."
        ]
    }
    with violates(Agreement, "agreement_open_ended_without_last_day"):
        agreement.save()


def test_end_reason_is_for_ended_agreements_only():
    agreement = AgreementFactory()
    agreement.end_reason = "Merger"

    assert list(validation_errors(agreement)) == ["end_reason"]
    with violates(Agreement, "agreement_end_reason_only_if_ended"):
        agreement.save()


def test_renewed_agreement_is_another_one_of_the_same_university():
    agreement, elsewhere = AgreementFactory(status=ENDED), AgreementFactory()
    renewal = AgreementFactory(university=agreement.university, renews=agreement)
    renewal.full_clean()

    for other in (renewal, elsewhere):
        renewal.renews = other

        assert validation_errors(renewal) == {
            "__all__": [
                f"Agreement number {other.pk}, which it renews, is not another one with the same university."
                " Correct the number or the university."
            ]
        }


def test_description_of_an_end_distinguishes_not_recorded_from_open_ended():
    ends = [{"valid_until": DAY}, {"is_open_ended": True}, {}]

    assert [AgreementFactory.build(**values).describe_end() for values in ends] == [
        "until 1 Jun 2026",
        "open-ended",
        "end not recorded",
    ]


def test_description_of_an_ended_agreement_has_what_is_recorded():
    ended = [{"ended_on": DAY, "end_reason": "Merger"}, {"ended_on": DAY}, {"end_reason": "Merger"}, {}]

    assert [AgreementFactory.build(status=ENDED, **values).describe_ended() for values in ended] == [
        "ended on 1 Jun 2026: Merger",
        "ended on 1 Jun 2026",
        "ended: Merger",
        "ended",
    ]


def test_description_of_a_period_says_how_it_ended():
    ended = AgreementFactory.build(status=ENDED, valid_from=DAY, valid_until=NEXT_DAY, end_reason="Merger")

    assert ended.describe_period() == "Bilateral, from 1 Jun 2026, ended: Merger"


def test_period_that_others_are_validated_with_can_be_excluded():
    first = AgreementFactory()
    second = AgreementFactory.build(university=first.university, agreement_type=first.agreement_type)

    second.full_clean(exclude={"period"})

    assert list(validation_errors(second)) == ["valid_from"]


def test_predecessor_stays_signed_if_its_renewal_is_rejected():
    predecessor = AgreementFactory()
    renewal = AgreementFactory(university=predecessor.university, status=IN_PROCESS)
    renewal.status, renewal.valid_from, renewal.valid_until = SIGNED, NEXT_DAY, DAY

    with pytest.raises(IntegrityError):
        renewal.save()

    assert statuses(predecessor.university) == ["signed", "in_process"]
    assert change_reasons(predecessor) == [("+", None)]


def test_agreements_swap_places_once_these_are_released(bilateral, erasmus):
    first = AgreementFactory(agreement_type=bilateral)
    second = AgreementFactory(agreement_type=erasmus, university=first.university)
    new = AgreementFactory.build(university=first.university, agreement_type=bilateral, status=IN_PROCESS)
    first.agreement_type, second.agreement_type = erasmus, bilateral

    release_unique_slots([first, second, new])
    for agreement in (first, second, new):
        agreement.save()

    assert [str(agreement) for agreement in first.university.agreements.order_by("pk")] == [
        f"{first.university}: Erasmus+ (signed)",
        f"{first.university}: Bilateral (signed)",
        f"{first.university}: Bilateral (in process)",
    ]
    assert [change_type for change_type, _reason in change_reasons(first)] == ["+", "~"]


def test_releasing_places_leaves_others_alone(erasmus):
    first = AgreementFactory()
    first.agreement_type = erasmus

    release_unique_slots([first, AgreementFactory(university=first.university, status=IN_PROCESS)])

    assert statuses(first.university) == ["signed", "in_process"]


def test_ending_is_recorded_in_history():
    agreement = AgreementFactory()

    agreement.end(DAY, "the partner left")

    assert statuses(agreement.university) == ["ended"]
    assert Agreement.objects.get().ended_on == DAY
    assert change_reasons(agreement) == [("+", None), ("~", "the partner left")]


@pytest.mark.parametrize("in_use", ["university", "agreement_type", "university.country"])
def test_referenced_objects_cannot_be_deleted(in_use):
    instance = AgreementFactory()
    for attribute in in_use.split("."):
        instance = getattr(instance, attribute)

    with pytest.raises(ProtectedError):
        instance.delete()

    assert Agreement.objects.filter(university__country__code="DE", agreement_type__slug="bilateral").count() == 1


def test_deletion_is_recorded_in_history():
    agreement = AgreementFactory()
    pk = agreement.pk

    agreement.delete()

    assert list(Agreement.history.filter(id=pk).values_list("history_type", flat=True)) == ["-", "+"]


@pytest.mark.parametrize(
    ("existing", "other"),
    [
        ("Universität Łódź", "UNIVERSITAT  LODZ"),
        ("Sacré-Cœur", "Sacre\u0301-Coeur"),
        ("Straße", "strasse"),
        ("Monash University", "Monash\u00a0University"),
    ],
)
def test_two_spellings_of_a_university_name_collide(germany, existing, other):
    UniversityFactory(name=existing)
    second = University(country=germany, name=other, slug="another")

    assert validation_errors(second) == {"name": [f"“{second.name}” is already a name of “{existing}”. {ADD_CITY}"]}
    with violates(University, "university_name_unique_in_country"):
        University.objects.bulk_create([second])


def test_one_name_in_two_countries_is_accepted(germany):
    UniversityFactory(name="Trinity College", country=Country.objects.get(code="IE"))
    second = University(country=germany, name="Trinity College")

    second.full_clean()
    second.save()

    assert list(University.objects.order_by("pk").values_list("slug", flat=True)) == [
        "trinity-college",
        "trinity-college-de",
    ]


def test_two_spellings_of_a_country_name_collide():
    second = Country(code="XX", name="GÉRMANY")

    assert validation_errors(second) == {"name": ["“GÉRMANY” is already a name of “Germany”."]}
    with violates(Country, "country_name_unique"):
        Country.objects.bulk_create([second])


def test_other_name_of_a_country_collides_with_a_name():
    country = Country(code="XX", name="COTE  D'IVOIRE")

    assert validation_errors(country) == {"name": ["“COTE D'IVOIRE” is already a name of “Ivory Coast”."]}


def test_two_spellings_of_an_agreement_type_name_collide():
    second = AgreementType(name="BILATÉRAL", slug="another")

    assert validation_errors(second) == {"name": ["“BILATÉRAL” is already a name of “Bilateral”."]}
    with violates(AgreementType, "agreement_type_name_unique"):
        AgreementType.objects.bulk_create([second])


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"name": "rwth"}, {"name": [f"“rwth” is already a name of “Aachen University”. {ADD_CITY}"]}),
        (
            {"name": "New", "other_names": "Fine\nAACHEN  UNIVERSITY"},
            {"other_names": [f"“AACHEN UNIVERSITY” is already a name of “Aachen University”. {ADD_CITY}"]},
        ),
        (
            {"name": "New", "other_names": "Fine\nRWTH"},
            {"other_names": [f"“RWTH” is already a name of “Aachen University”. {ADD_CITY}"]},
        ),
    ],
)
def test_names_and_other_names_of_two_universities_collide(germany, values, errors):
    UniversityFactory(name="Aachen University", other_names="RWTH\nRheinisch-Westfälische")
    second = University(country=germany, **values)

    assert validation_errors(second) == errors


def test_names_of_one_university_may_repeat_each_other():
    university = UniversityFactory(name="Aachen University", other_names="RWTH\naachen university")

    university.full_clean()

    assert university.matching_keys() == {"aachen university", "rwth"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
@pytest.mark.parametrize("model", [University, Country, AgreementType])
def test_name_with_a_formula_prefix_is_rejected(germany, start, model):
    values = {University: {"country": germany, "slug": "a"}, Country: {"code": "XX"}, AgreementType: {"slug": "a"}}
    instance = model(name=f"{start}1", **values[model])

    assert validation_errors(instance) == {
        "name": [f"“{start}1” begins with “{start}”, as a spreadsheet formula does. Begin with another character."]
    }
    with violates(model, f"{instance._meta.verbose_name.split(' or ')[0].replace(' ', '_')}_name_valid"):
        model.objects.bulk_create([instance])


def test_empty_name_is_rejected(germany):
    university = University(country=germany, name=" \u00a0", slug="a")

    assert validation_errors(university) == {"name": ["This field cannot be blank."]}
    with violates(University, "university_name_valid"):
        University.objects.bulk_create([university])


@pytest.mark.parametrize("field", ["name", "other_names", "city"])
def test_control_character_in_a_name_is_rejected(field):
    university = UniversityFactory()
    setattr(university, field, "Mo\tnash")

    assert validation_errors(university) == {
        field: ["“Mo\tnash” has a control character (U+0009) in it. Type the name anew, in one line."]
    }


@pytest.mark.parametrize("field", ["name", "other_names"])
def test_agreement_type_name_that_parses_as_several_terms_is_rejected(bilateral, field):
    setattr(bilateral, field, "Research/Teaching")

    assert validation_errors(bilateral) == {
        field: [
            "“Research/Teaching” would be read as several terms in the office's list. "
            "Leave out “/”, “&”, “,”, “;”, “and”, a free-standing “+” and “in process”."
        ]
    }


def test_country_code_is_validated():
    country = Country(code="xx", name="Atlantis")

    assert validation_errors(country) == {
        "code": ["“xx” is not a country code. Write two capital letters, such as DE."]
    }


def test_history_has_former_names_and_reasons():
    university = UniversityFactory(name="Old")

    university.name = "New"
    university._change_reason = "merger"
    university.save()

    records = university.history.order_by("history_id").values_list("name", "history_type", "history_change_reason")
    assert list(records) == [("Old", "+", None), ("New", "~", "merger")]


def test_slug_of_a_university_is_kept_if_its_name_changes():
    university = UniversityFactory(name="Old name")

    university.name = "New name"
    university.save()

    assert University.objects.get().slug == "old-name"


def test_slug_of_an_agreement_type_is_derived_from_its_name():
    for name in ("Summer School", "Summer-School"):
        AgreementType.objects.create(name=name)

    slugs = AgreementType.objects.filter(name__startswith="Summer").values_list("slug", flat=True)
    assert set(slugs) == {"summer-school", "summer-school-2"}


def test_default_order_is_by_position_and_matching_key(germany):
    AgreementType.objects.create(name="Alpha", position=2)
    for name in ("Zürich", "Łódź", "aachen", "École"):
        UniversityFactory(name=name)

    assert [university.name for university in University.objects.all()] == ["aachen", "École", "Łódź", "Zürich"]
    assert [agreement_type.name for agreement_type in AgreementType.objects.all()] == [
        "Bilateral",
        "Alpha",
        "Erasmus+",
        "GE3",
    ]
