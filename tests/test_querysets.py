from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from partners.enums import AgreementStatus
from partners.models import Agreement, Country, Mobility, University
from partners.querysets import ENDED, EXPIRED, IN_FORCE, IN_PROCESS, STATE_LABELS, UPCOMING, agreement_state
from tests.helpers.factories import AgreementFactory, MobilityFactory, UniversityFactory

DAY_BEFORE, DAY, DAY_AFTER = date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 2)
DAYS = st.sampled_from([DAY_BEFORE, DAY, DAY_AFTER])
SIGNED, ONGOING, PAST = AgreementStatus.SIGNED, AgreementStatus.IN_PROCESS, AgreementStatus.ENDED

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreements_by_state():
    """One agreement in each state on DAY, by a label."""
    return {
        label: AgreementFactory(status=status, valid_from=valid_from, valid_until=valid_until)
        for label, status, valid_from, valid_until in [
            ("end not recorded", SIGNED, None, None),
            ("ends later", SIGNED, DAY, DAY_AFTER),
            ("ends today", SIGNED, DAY_BEFORE, DAY),
            ("ended yesterday", SIGNED, None, DAY_BEFORE),
            ("begins tomorrow", SIGNED, DAY_AFTER, None),
            ("in process", ONGOING, None, None),
            ("in process, past", ONGOING, None, DAY_BEFORE),
            ("ended", PAST, None, DAY_AFTER),
            ("long ended", PAST, None, DAY_BEFORE),
        ]
    }


def labels(agreements, agreements_by_state):
    by_pk = {agreement.pk: label for label, agreement in agreements_by_state.items()}
    return [by_pk[pk] for pk in agreements.order_by("pk").values_list("pk", flat=True)]


def create_universities(*names, **values):
    return [UniversityFactory(name=name, **values) for name in names]


def names(queryset):
    return list(queryset.values_list("name", flat=True))


def test_in_force_includes_the_last_day(agreements_by_state):
    agreements = Agreement.objects.in_force(DAY)

    assert labels(agreements, agreements_by_state) == ["end not recorded", "ends later", "ends today"]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([IN_FORCE], ["end not recorded", "ends later", "ends today"]),
        ([EXPIRED], ["ended yesterday"]),
        ([IN_PROCESS], ["in process", "in process, past"]),
        ([ENDED], ["ended", "long ended"]),
        ([EXPIRED, ENDED], ["ended yesterday", "ended", "long ended"]),
        (["in-space"], []),
    ],
)
def test_in_states_filters_by_state_on_a_day(agreements_by_state, states, expected):
    agreements = Agreement.objects.in_states(DAY, *states)

    assert labels(agreements, agreements_by_state) == expected


def test_in_states_without_states_is_empty(agreements_by_state):
    assert labels(Agreement.objects.in_states(DAY), agreements_by_state) == []


def test_agreement_expires_after_its_last_day():
    agreement = AgreementFactory(valid_until=DAY)

    by_day = [[*Agreement.objects.in_states(day, EXPIRED)] for day in (DAY_BEFORE, DAY, DAY_AFTER)]

    assert by_day == [[], [], [agreement]]


def test_in_process_excludes_signed_and_ended(agreements_by_state):
    assert labels(Agreement.objects.in_process(), agreements_by_state) == ["in process", "in process, past"]


def test_open_excludes_ended(agreements_by_state):
    assert labels(Agreement.objects.open(), agreements_by_state) == [*agreements_by_state][:7]


def test_public_agreements_are_in_force_upcoming_or_in_process(agreements_by_state):
    agreements = Agreement.objects.public(DAY)

    assert labels(agreements, agreements_by_state) == [
        "end not recorded",
        "ends later",
        "ends today",
        "begins tomorrow",
        "in process",
        "in process, past",
    ]


def test_of_types_filters_by_any_of_them(bilateral, erasmus):
    one, other = AgreementFactory(agreement_type=bilateral), AgreementFactory(agreement_type=erasmus)
    unknown = AgreementFactory(agreement_type=None, status=ONGOING)

    by_types = [set(Agreement.objects.of_types(*types)) for types in ([], ["erasmus"], ["erasmus", "bilateral"], ["x"])]

    assert by_types == [{one, other, unknown}, {other}, {one, other}, set()]


def test_ordered_by_type_is_by_position_with_signed_first_and_unknown_types_last(bilateral, erasmus):
    university = UniversityFactory()
    erasmus.position, bilateral.position = 1, 2
    erasmus.save()
    bilateral.save()
    for agreement_type, status in [
        (None, ONGOING),
        (bilateral, PAST),
        (bilateral, ONGOING),
        (bilateral, SIGNED),
        (erasmus, ONGOING),
    ]:
        AgreementFactory(university=university, agreement_type=agreement_type, status=status)

    ordered = Agreement.objects.ordered_by_type().values_list("agreement_type__slug", "status")

    assert list(ordered) == [
        ("erasmus", "in_process"),
        ("bilateral", "signed"),
        ("bilateral", "in_process"),
        ("bilateral", "ended"),
        (None, "in_process"),
    ]


def test_ordered_by_type_is_by_scope_and_time_within_a_type(bilateral):
    university = UniversityFactory()
    agreements = [
        ("", ONGOING, None, None),
        ("", SIGNED, date(2027, 9, 1), None),
        ("Law", SIGNED, None, None),
        ("", SIGNED, None, date(2026, 8, 31)),
        ("", SIGNED, date(2026, 9, 1), date(2027, 8, 31)),
    ]
    for scope, status, valid_from, valid_until in agreements:
        AgreementFactory(
            university=university, scope=scope, status=status, valid_from=valid_from, valid_until=valid_until
        )

    ordered = Agreement.objects.ordered_by_type().values_list("scope", "status", "valid_from", "valid_until")

    assert list(ordered) == [agreements[index] for index in (3, 4, 1, 0, 2)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Technical University of Łódź", "University of Warsaw"]),
        ("lodz", ["Technical University of Łódź"]),
        ("ŁÓDŹ  technical", ["Technical University of Łódź"]),
        ("univ", ["Technical University of Łódź", "University of Warsaw"]),
        ("uw", ["University of Warsaw"]),
        ("mazovia warsaw", ["University of Warsaw"]),
        ("rzeczpospolita POLSKA", ["Technical University of Łódź", "University of Warsaw"]),
        ("poland, (lodz)", ["Technical University of Łódź"]),
        ("lodz warsaw", []),
        ("100%", []),
        ("_", []),
    ],
)
def test_search_finds_every_word_in_a_name_another_name_city_or_country(query, found):
    poland = Country.objects.get(code="PL")
    poland.other_names = "Rzeczpospolita Polska"
    poland.save()
    UniversityFactory(name="Technical University of Łódź", country=poland)
    UniversityFactory(name="University of Warsaw", other_names="UW", city="Mazovia", country=poland)
    UniversityFactory(name="Tel Aviv 100", country=Country.objects.get(code="IL"), city="Ramat")

    result = University.objects.filter(country=poland).search(query)

    assert names(result) == found


def test_search_for_more_than_500_characters_is_empty():
    UniversityFactory(name="University of Łódź")

    found = [names(University.objects.search("lodz " * times)) for times in (100, 101)]

    assert found == [["University of Łódź"], []]


def test_search_finds_agreements_by_their_university_and_its_country():
    agreement = AgreementFactory(university__name="Leibniz Universität", university__other_names="LUH")
    AgreementFactory(university__name="Monash", university__country=Country.objects.get(code="AU"))

    by_query = [list(Agreement.objects.search(query)) for query in ("germany leibniz", "luh", "monash germany")]

    assert by_query == [[agreement], [agreement], []]


def test_search_finds_countries_by_their_other_names():
    result = Country.objects.search("türkiye")

    assert names(result) == ["Turkey"]


@pytest.mark.parametrize(
    ("states", "types", "found"),
    [
        (None, [], ["Both", "Bilateral in process", "Expired"]),
        (None, ["erasmus"], ["Both", "Expired"]),
        ([], [], []),
        ([IN_FORCE], [], ["Both"]),
        ([IN_PROCESS], [], ["Both", "Bilateral in process"]),
        ([IN_FORCE], ["bilateral"], []),
        ([IN_FORCE], ["erasmus"], ["Both"]),
        ([IN_PROCESS], ["bilateral"], ["Both", "Bilateral in process"]),
        ([IN_FORCE, EXPIRED], ["erasmus", "ge3"], ["Both", "Expired"]),
    ],
)
def test_with_agreement_filters_state_and_type_of_one_agreement(bilateral, erasmus, states, types, found):
    both, in_process, expired, _none = create_universities("Both", "Bilateral in process", "Expired", "None")
    AgreementFactory(university=both, agreement_type=erasmus)
    AgreementFactory(university=both, agreement_type=bilateral, status=ONGOING)
    AgreementFactory(university=in_process, agreement_type=bilateral, status=ONGOING)
    AgreementFactory(university=expired, agreement_type=erasmus, valid_until=DAY_BEFORE)

    result = University.objects.with_agreement(DAY, states, types).order_by("pk")

    assert names(result) == found


def test_public_universities_are_listed_and_have_such_an_agreement(agreements_by_state, erasmus):
    for label, agreement in agreements_by_state.items():
        University.objects.filter(pk=agreement.university_id).update(name=label)
    twice = agreements_by_state["end not recorded"].university
    AgreementFactory(university=twice, agreement_type=erasmus)
    AgreementFactory(university__is_listed=False)
    UniversityFactory(name="No agreement")

    result = University.objects.public(DAY).order_by("pk")

    assert names(result) == [
        "end not recorded",
        "ends later",
        "ends today",
        "begins tomorrow",
        "in process",
        "in process, past",
    ]


def test_alphabetical_order_is_by_country_and_name_without_accents():
    aland, austria = Country.objects.get(code="AX"), Country.objects.get(code="AT")
    create_universities("Zürich", "École", "aachen", "Ebert", "Łódź", "Lyon", country=austria)
    create_universities("Mariehamn", country=aland)

    assert names(University.objects.in_alphabetical_order()) == [
        "Mariehamn",
        "aachen",
        "Ebert",
        "École",
        "Łódź",
        "Lyon",
        "Zürich",
    ]


@pytest.mark.parametrize(
    ("within", "expected"),
    [(0, ["ends today"]), (1, ["ends later", "ends today"])],
)
def test_expiring_is_within_days_until_the_end(agreements_by_state, within, expected):
    agreements = Agreement.objects.expiring(DAY, within)

    assert labels(agreements, agreements_by_state) == expected


def test_agreement_state_agrees_with_in_states(agreements_by_state):
    found = {state: labels(Agreement.objects.in_states(DAY, state), agreements_by_state) for state in STATE_LABELS}

    derived = {state: [] for state in STATE_LABELS}
    for label, agreement in agreements_by_state.items():
        derived[agreement_state(agreement.status, agreement.valid_from, agreement.valid_until, DAY)].append(label)
    assert derived == found


def test_universities_are_counted_once_per_state(agreements_by_state):
    renewed = Agreement.objects.in_force(DAY).first()
    AgreementFactory(university=renewed.university, status=ONGOING)
    AgreementFactory(university=renewed.university, status=PAST)
    AgreementFactory(university=renewed.university, status=PAST)

    assert Agreement.objects.count_universities_by_state(DAY) == {
        IN_PROCESS: 3,
        UPCOMING: 1,
        IN_FORCE: 3,
        EXPIRED: 1,
        ENDED: 3,
    }


def test_last_changed_at_is_the_date_of_the_latest_change(agreements_by_state):
    agreement = agreements_by_state["in process"]
    agreement.next_step = "Send the draft"
    agreement.save()

    last_changed_at = Agreement.objects.with_last_change().get(pk=agreement.pk).last_changed_at

    assert last_changed_at == agreement.history.latest().history_date


@pytest.mark.parametrize("model", [University, Agreement])
def test_last_changed_at_knows_mobilities_and_their_deletion(model):
    mobility = MobilityFactory()

    dates = []
    for change in (lambda: None, mobility.save, mobility.delete):
        change()
        dates.append(model.objects.with_last_change().get().last_changed_at)

    history = Mobility.history.order_by("history_id")
    assert dates == list(history.values_list("history_date", flat=True))


def test_last_changed_at_is_none_without_history():
    University.objects.bulk_create([UniversityFactory.build(slug="jena")])

    assert University.objects.with_last_change().get().last_changed_at is None


def test_public_mobilities_are_outgoing_ones_of_students_with_studies_first():
    agreement = AgreementFactory()
    for direction in ("in", "out"):
        for kind in ("staff_training", "staff_teaching", "student_traineeship", "student_studies"):
            MobilityFactory(agreement=agreement, direction=direction, kind=kind)

    public = Mobility.objects.public().values_list("direction", "kind")

    assert list(public) == [("out", "student_studies"), ("out", "student_traineeship")]


def test_with_renewal_annotates_a_renewal_in_process(agreements_by_state):
    renewed = agreements_by_state["ended yesterday"]
    AgreementFactory(university=renewed.university, status=ONGOING)

    expired = Agreement.objects.expired(DAY).with_renewal()

    assert [(agreement.pk, agreement.has_renewal) for agreement in expired] == [(renewed.pk, True)]


@given(valid_from=st.none() | DAYS, valid_until=st.none() | DAYS, on=DAYS)
def test_signed_agreement_is_in_exactly_one_state_on_any_day(valid_from, valid_until, on):
    assume(valid_from is None or valid_until is None or valid_from <= valid_until)
    agreement = AgreementFactory(valid_from=valid_from, valid_until=valid_until)

    states = [state for state in STATE_LABELS if Agreement.objects.in_states(on, state).exists()]
    agreement.delete()

    assert states == [agreement_state(SIGNED, valid_from, valid_until, on)]


def test_end_not_recorded_is_not_open_ended(agreements_by_state):
    AgreementFactory(is_open_ended=True)

    assert labels(Agreement.objects.end_not_recorded(), agreements_by_state) == ["end not recorded", "begins tomorrow"]


def test_successor_is_the_next_signed_agreement_of_type_and_scope():
    first = AgreementFactory(valid_until=DAY_BEFORE)
    of_first = {"university": first.university, "valid_from": DAY}
    AgreementFactory(**of_first, scope="Faculty of Law")
    assert list(Agreement.objects.with_successor().values_list("successor_start", flat=True)) == [None, None]

    last = AgreementFactory(university=first.university, valid_from=DAY_AFTER)
    second = AgreementFactory(university=first.university, valid_from=DAY, valid_until=DAY)

    starts = Agreement.objects.with_successor().order_by("pk").values_list("successor_start", flat=True)
    assert list(starts) == [DAY, None, None, DAY_AFTER]
    assert list(Agreement.objects.followed().order_by("pk")) == [first, second]
    assert [row.successor_start for row in Agreement.objects.not_followed()] == [None, None]
    assert last in Agreement.objects.not_followed()


def test_renewal_is_of_the_same_scope():
    agreement = AgreementFactory()
    AgreementFactory(university=agreement.university, status=ONGOING, scope="Faculty of Law")

    assert [row.has_renewal for row in Agreement.objects.signed().with_renewal()] == [False]
