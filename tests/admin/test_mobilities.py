"""The lines of what an agreement offers, on its page, on its university's, and in the list of agreements."""

from decimal import Decimal

import pytest

from partners.enums import AgreementStatus
from partners.models import Agreement, Mobility
from tests.helpers.factories import AgreementFactory, UniversityFactory, create_staff
from tests.helpers.html import attributes, cells, count_queries, element_texts, elements, errors, form_data

LIST = "/admin/partners/agreement/"
SEARCH = f"{LIST}fields-of-study/"
FULL = {
    "direction": "in",
    "kind": "student_traineeship",
    "places": 4,
    "duration": Decimal("20.5"),
    "study_levels": "bachelor,master",
    "fields_of_study": "042 0715",
    "fields_note": "No first-year students",
    "languages": "en B2,de B1",
    "is_blended": False,
    "first_year": 2027,
    "last_year": 2028,
}
TYPED = {
    "direction": "in",
    "kind": "student_traineeship",
    "places": "4",
    "duration": "20.5",
    "study_levels": ["bachelor", "master"],
    "fields_of_study": ["0715", "042"],
    "fields_note": "No first-year students",
    "languages": "english b2, German (B1)",
    "first_year": "2027",
    "last_year": "2028",
}


@pytest.fixture
def agreement(db):
    return AgreementFactory(university__name="Marburg")


def add_line(agreement, **values):
    return Mobility.objects.create(agreement=agreement, **values)


def change_url(agreement):
    return f"{LIST}{agreement.pk}/change/"


def typed(index=0, **values):
    return {f"mobilities-{index}-{name}": value for name, value in values.items()}


def save(client, agreement, **values):
    """Submit the agreement's page as it was opened, with these values."""
    page = client.get(change_url(agreement))
    return client.post(change_url(agreement), form_data(page, "#agreement_form") | values, follow=True)


def stored(*names):
    return list(Mobility.objects.values_list(*names))


def test_line_is_saved_with_all_its_fields(coordinator_client, agreement):
    save(coordinator_client, agreement, **typed(**TYPED))

    assert list(Mobility.objects.values(*FULL)) == [FULL]
    assert [record.history_change_reason for record in Mobility.history.all()] == ["added"]


def test_saved_line_is_displayed_as_it_is_entered(coordinator_client, agreement):
    add_line(agreement, **FULL)

    form = form_data(coordinator_client.get(change_url(agreement)), "#agreement_form")

    names = [name for name in TYPED if name != "fields_of_study"]
    expected = {name: TYPED[name] for name in names} | {"languages": "English B2, German B1"}
    assert {name: form[f"mobilities-0-{name}"] for name in names} == expected | {"duration": "20.50"}
    assert form["mobilities-0-fields_of_study"] == ["042", "0715"]
    assert form["mobilities-TOTAL_FORMS"] == "1"


def test_empty_line_is_for_students_who_go_out_and_is_not_saved(coordinator_client, agreement):
    form = form_data(coordinator_client.get(change_url(agreement)), "#agreement_form")

    save(coordinator_client, agreement, notes="Changed")

    assert (form["mobilities-0-direction"], form["mobilities-0-kind"]) == ("out", "student_studies")
    assert (stored("pk"), Agreement.objects.get().notes) == ([], "Changed")


def test_new_agreement_is_saved_with_its_lines(coordinator_client, bilateral):
    university = UniversityFactory(name="Marburg")
    page = coordinator_client.get(f"{LIST}add/")
    values = {"university": university.pk, "agreement_type": bilateral.pk, "status": AgreementStatus.IN_PROCESS}

    coordinator_client.post(f"{LIST}add/", form_data(page, "#agreement_form") | values | typed(places="4"))

    assert stored("agreement__university", "direction", "places") == [(university.pk, "out", 4)]


def test_unchanged_line_is_not_saved_again(coordinator_client, agreement):
    add_line(agreement, **FULL)

    save(coordinator_client, agreement, notes="Changed")

    assert (list(Mobility.objects.values(*FULL)), Mobility.history.count()) == ([FULL], 1)


def test_line_is_deleted(coordinator_client, agreement):
    add_line(agreement, places=4)

    save(coordinator_client, agreement, **typed(DELETE="on"))

    assert stored("pk") == []


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("languages", "Klingon B2", "“Klingon B2” is not a language with a level. Write it like English B2."),
        (
            "fields_of_study",
            ["all", "0715"],
            "“All fields” has the others in it. Leave it out, or leave out the others.",
        ),
        ("fields_of_study", "1234", "Select a valid choice. 1234 is not one of the available choices."),
        ("fields_note", "=1+1", "“=1+1” begins with “=”, as a spreadsheet formula does. Begin with another character."),
        ("last_year", "1949", "Ensure this value is greater than or equal to 1950."),
    ],
)
def test_invalid_value_is_an_error_at_its_field(coordinator_client, agreement, field, value, message):
    page = save(coordinator_client, agreement, **typed(places="4", **{field: value}))

    assert errors(page) == {f"mobilities-0-{field}": message}
    assert stored("pk") == []


def test_invalid_languages_stay_as_typed(coordinator_client, agreement):
    page = save(coordinator_client, agreement, **typed(languages="Klingon B2"))

    assert attributes(page, "[name=mobilities-0-languages]", "value") == ["Klingon B2"]


def test_page_has_the_chosen_fields_of_study_only(coordinator_client, agreement):
    add_line(agreement, fields_of_study="042 0715")

    page = coordinator_client.get(change_url(agreement))

    options = element_texts(page, "[name=mobilities-0-fields_of_study] option")
    assert options == ["042 Law", "0715 Mechanics and metal trades"]
    assert element_texts(page, "[name=mobilities-__prefix__-fields_of_study] option") == []


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("0715", ["0715 Mechanics and metal trades"]),
        ("trades mech", ["0715 Mechanics and metal trades"]),
        ("all", ["all fields"]),
        ("klingon", []),
    ],
)
def test_search_finds_a_field_of_study(coordinator_client, term, found):
    answer = coordinator_client.get(SEARCH, {"term": term}).json()

    assert [result["text"] for result in answer["results"]] == found


def test_search_without_a_term_offers_all_fields_and_the_broad_ones(coordinator_client):
    answer = coordinator_client.get(SEARCH).json()

    assert answer["results"][:2] == [
        {"id": "all", "text": "all fields"},
        {"id": "00", "text": "00 Generic programmes and qualifications"},
    ]
    assert (len(answer["results"]), answer["pagination"]) == (13, {"more": False})


def test_search_is_paginated(coordinator_client):
    pages = [coordinator_client.get(SEARCH, {"term": "0", "page": page}).json() for page in (1, 2)]

    assert (len(pages[0]["results"]), pages[0]["pagination"]) == (20, {"more": True})
    assert pages[0]["results"][-1]["id"] < pages[1]["results"][0]["id"]


def test_search_needs_the_right_to_view_agreements(client, db):
    client.force_login(create_staff("trainee"))

    assert client.get(SEARCH).status_code == 403


def test_assistant_sees_lines_in_words_without_form_fields(client, assistant, agreement):
    add_line(agreement, places=4, study_levels="bachelor,master", languages="en B2,de", fields_of_study="0421 0715")
    client.force_login(assistant)

    page = client.get(change_url(agreement))

    assert element_texts(page, "#mobilities-0 .readonly")[:7] == [
        *["out", "student studies", "4", "-"],
        *["bachelor, master", "English B2, German", "0421 Law, 0715 Mechanics and metal trades"],
    ]
    assert elements(page, "#mobilities-group input:not([type=hidden]), #mobilities-group select") == []


def test_list_summarizes_what_an_agreement_offers(coordinator_client, agreement):
    for direction in ("out", "in"):
        add_line(agreement, direction=direction, places=4, study_levels="bachelor,master", languages="en B2")
    add_line(agreement, places=2, study_levels="doctoral")
    add_line(agreement, kind="staff_teaching")
    AgreementFactory(university__name="Nothing recorded")

    page = coordinator_client.get(LIST)

    offers = [text or "-" for text in element_texts(page, "td.field-offers")]
    assert offers == ["4 + 2 out, 4 in; ? out · staff teaching", "-"]


def add_agreements_with_lines(count):
    agreements = [AgreementFactory() for _ in range(count)]
    Mobility.objects.bulk_create(Mobility(agreement=agreement, places=4) for agreement in agreements for _ in range(2))


def test_list_query_count_is_constant(coordinator_client):
    add_agreements_with_lines(3)
    with_3 = count_queries(coordinator_client, LIST)

    add_agreements_with_lines(297)

    assert count_queries(coordinator_client, LIST) == with_3
    assert cells(coordinator_client.get(LIST), "#result_list tbody tr")[99][-1] == "4 + 4 out"


@pytest.mark.parametrize("is_on_university", [False, True])
def test_page_query_count_is_constant(coordinator_client, agreement, is_on_university):
    url = change_url(agreement)
    if is_on_university:
        url = f"/admin/partners/university/{agreement.university_id}/change/"
    Mobility.objects.bulk_create(Mobility(agreement=agreement, places=4) for _ in range(3))
    with_3 = count_queries(coordinator_client, url)

    Mobility.objects.bulk_create(Mobility(agreement=agreement, places=4) for _ in range(57))

    assert count_queries(coordinator_client, url) == with_3
