"""The link of a university to its institution: on its page, when it is added, in lists, and for many at once."""

import pytest

from partners.models import Country, Institution, Run, University
from tests.helpers.changelists import filter_choices, names
from tests.helpers.factories import InstitutionFactory, UniversityFactory, partners
from tests.helpers.html import (
    attributes,
    buttons,
    count_queries,
    element_texts,
    errors,
    form_data,
    links,
    messages,
    text,
)

LIST = "/admin/partners/university/"
ADD, SEARCH, IDENTIFY = f"{LIST}add/", f"{LIST}institutions/", f"{LIST}identify/"
TUM, MILAN = "02kkvpp62", "01nffqt88"
DIRECTORY_NOTICE = ".directory"


@pytest.fixture
def tum(db):
    return InstitutionFactory()


@pytest.fixture
def milan(db):
    names = "Politecnico di Milano\nPolytechnic University of Milan"
    return InstitutionFactory(
        ror_id=MILAN,
        name="Politecnico di Milano",
        names=names,
        acronyms="",
        country_code="IT",
        city="Milan",
        website="https://polimi.it",
        domains="polimi.it",
    )


@pytest.fixture
def munich(germany):
    return UniversityFactory(name="Munich")


def change_url(university):
    return f"{LIST}{university.pk}/change/"


def save(client, university, **values):
    """Submit the university's page as it was opened, with these values."""
    page = client.get(change_url(university))
    return client.post(change_url(university), form_data(page, "#university_form") | values, follow=True)


def stored(university):
    university.refresh_from_db()
    return university.institution_id, university.city, university.website


def test_link_fills_city_and_website_in_the_same_history_entry(coordinator_client, munich, tum):
    save(coordinator_client, munich, institution=TUM)

    assert stored(munich) == (TUM, "Munich", "https://www.tum.de")
    assert [record.history_change_reason for record in munich.history.all()] == ["edited", None]


def test_link_keeps_what_the_office_wrote(coordinator_client, munich, tum):
    save(coordinator_client, munich, institution=TUM, city="Garching", website="https://tum.example")

    assert stored(munich) == (TUM, "Garching", "https://tum.example")


def test_filled_city_can_be_emptied(coordinator_client, munich, tum):
    save(coordinator_client, munich, institution=TUM)

    save(coordinator_client, munich, city="")

    assert stored(munich) == (TUM, "", "https://www.tum.de")


def test_link_is_taken_away(coordinator_client, munich, tum):
    save(coordinator_client, munich, institution=TUM)

    save(coordinator_client, munich, institution="")

    assert stored(munich) == (None, "Munich", "https://www.tum.de")


@pytest.mark.parametrize(
    ("institution", "error"),
    [
        (TUM, "“Technical University of Munich” is linked to “TU Munich” already."),
        ("00000none", "Select a valid choice. That choice is not one of the available choices."),
    ],
)
def test_institution_that_cannot_be_linked_is_an_error(coordinator_client, munich, tum, institution, error):
    UniversityFactory(name="TU Munich", institution=tum)

    page = save(coordinator_client, munich, institution=institution)

    assert errors(page) == {"institution": error}
    assert stored(munich) == (None, "", "")


def search(client, **params):
    return [
        (result["id"], result["text"], result["disabled"]) for result in client.get(SEARCH, params).json()["results"]
    ]


def test_search_names_what_tells_an_institution_from_others(coordinator_client, tum):
    response = coordinator_client.get(SEARCH, {"term": "tu münchen"})

    germany = Country.objects.get(code="DE")
    values = {"name": tum.name, "country": germany.pk, "city": "Munich", "website": "https://www.tum.de"}
    label = "Technical University of Munich · Munich, DE · https://www.tum.de · 02kkvpp62"
    result = {"id": TUM, "text": label, "disabled": False, "values": values}
    assert response.json() == {"results": [result], "pagination": {"more": False}}


def test_search_disables_an_institution_that_is_linked_to_another_university(coordinator_client, munich, tum):
    holder = UniversityFactory(name="TU Munich", institution=tum)
    label = "Technical University of Munich · Munich, DE · https://www.tum.de · 02kkvpp62"

    found = {
        university: search(coordinator_client, term="tum", university=university.pk) for university in (munich, holder)
    }

    assert found == {
        munich: [(TUM, f"{label} · linked to “TU Munich”", True)],
        holder: [(TUM, label, False)],
    }


def test_search_marks_a_withdrawn_institution_with_its_successor(coordinator_client, tum):
    InstitutionFactory(ror_id="00000tumx", name="Polytechnic", website="", is_withdrawn=True, successor=TUM)

    found = search(coordinator_client, term="technische")

    assert found[1] == (
        "00000tumx",
        "Polytechnic · Munich, DE · 00000tumx · withdrawn · now “Technical University of Munich”",
        False,
    )


def test_search_of_a_university_has_its_country_first(coordinator_client, tum, milan):
    pontedera = UniversityFactory(country=Country.objects.get(code="IT"))

    found = search(coordinator_client, term="un", university=pontedera.pk)

    assert [ror_id for ror_id, *_ in found] == [MILAN, TUM]


def test_search_makes_as_many_queries_for_20_institutions_as_for_1(coordinator_client, tum):
    with_1 = count_queries(coordinator_client, f"{SEARCH}?term=tech")
    Institution.objects.bulk_create(InstitutionFactory.build(ror_id=f"{n:09}", successor=TUM) for n in range(30))

    assert count_queries(coordinator_client, f"{SEARCH}?term=tech") == with_1 + 1  # their successors
    assert len(search(coordinator_client, term="tech")) == 20


def test_page_has_the_linked_institution_only(coordinator_client, munich, tum, milan):
    save(coordinator_client, munich, institution=TUM)

    page = coordinator_client.get(change_url(munich))

    label = "Technical University of Munich · Munich, DE · https://www.tum.de · 02kkvpp62"
    assert element_texts(page, "#id_institution option") == ["", label]
    assert attributes(page, "#id_institution", "data-ajax--url") == [f"{SEARCH}?university={munich.pk}"]


def test_page_finds_institutions_without_script(coordinator_client, munich, tum, milan):
    page = coordinator_client.get(change_url(munich), {"find": "polimi"})

    label = "Politecnico di Milano · Milan, IT · https://polimi.it · 01nffqt88"
    assert element_texts(page, "#id_institution option") == ["", label]
    assert attributes(page, "#id_institution option[selected]", "value") == []


def test_differences_are_displayed_and_taken_one_by_one(coordinator_client, tum):
    university = UniversityFactory(institution=tum, city="München", website="https://tum.example")
    page = coordinator_client.get(change_url(university))
    form = form_data(page, "#take-value")

    taken = coordinator_client.post(f"{LIST}{university.pk}/directory/", form | {"field": "city"}, follow=True)

    assert element_texts(page, f"{DIRECTORY_NOTICE} li") == [
        "city Munich Take this city",
        "website https://www.tum.de Take this website",
    ]
    assert messages(taken) == ["Taken from the directory: city Munich"]
    assert stored(university) == (TUM, "Munich", "https://tum.example")
    assert university.history.latest().history_change_reason == "taken from the directory"
    assert element_texts(taken, f"{DIRECTORY_NOTICE} li") == ["website https://www.tum.de Take this website"]


def test_value_is_not_taken_over_a_change_of_a_colleague(coordinator_client, tum):
    university = UniversityFactory(institution=tum, city="München")
    form = form_data(coordinator_client.get(change_url(university)), "#take-value")
    university.city = "Garching"
    university.save()

    page = coordinator_client.post(f"{LIST}{university.pk}/directory/", form | {"field": "city"}, follow=True)

    assert messages(page) == ["A colleague has changed it in the meantime. Look at it again."]
    assert stored(university)[1] == "Garching"


@pytest.mark.parametrize("field", ["name", "slug", ""])
def test_no_other_field_is_taken(coordinator_client, tum, field):
    university = UniversityFactory(institution=tum, city="München")
    form = form_data(coordinator_client.get(change_url(university)), "#take-value")

    page = coordinator_client.post(f"{LIST}{university.pk}/directory/", form | {"field": field}, follow=True)

    assert (messages(page), university.history.count()) == ([], 1)


def test_nothing_is_taken_without_a_link_or_without_permission(coordinator_client, client, assistant, munich, tum):
    university = UniversityFactory(institution=tum)
    without_link = coordinator_client.post(f"{LIST}{munich.pk}/directory/", {"field": "city"})
    missing = coordinator_client.post(f"{LIST}0/directory/", {"field": "city"})
    client.force_login(assistant)

    response = client.post(f"{LIST}{university.pk}/directory/", {"field": "city"})

    assert (without_link.status_code, missing.status_code, response.status_code) == (404, 404, 403)
    assert stored(university) == (TUM, "", "")


def test_page_says_that_the_institution_was_withdrawn_and_its_successor(coordinator_client, milan):
    withdrawn = InstitutionFactory(is_withdrawn=True, successor=MILAN)
    university = UniversityFactory(institution=withdrawn, city="Munich", website="https://www.tum.de")

    page = coordinator_client.get(change_url(university))

    assert element_texts(page, DIRECTORY_NOTICE) == [
        "In the directory: Technical University of Munich · https://ror.org/02kkvpp62 "
        "The directory has withdrawn this institution. Its successor is Politecnico di Milano (01nffqt88)."
    ]


def test_assistant_sees_the_link_without_forms(client, assistant, tum):
    university = UniversityFactory(institution=tum, city="München", website="https://www.tum.de")
    client.force_login(assistant)

    page = client.get(change_url(university))

    assert element_texts(page, DIRECTORY_NOTICE) == [
        "In the directory: Technical University of Munich · https://ror.org/02kkvpp62 The directory has: city Munich"
    ]
    assert element_texts(page, ".field-institution .readonly") == ["Technical University of Munich"]
    assert "Take this city" not in buttons(page)


def test_institution_in_the_address_fills_the_form_of_a_new_university(coordinator_client, milan):
    form = form_data(coordinator_client.get(ADD, {"institution": MILAN, "city": "Milano"}), "#university_form")

    italy = Country.objects.get(code="IT")
    filled = {name: form[name] for name in ("institution", "name", "country", "city", "website")}
    assert filled == {
        "institution": MILAN,
        "name": "Politecnico di Milano",
        "country": str(italy.pk),
        "city": "Milano",
        "website": "https://polimi.it",
    }


@pytest.mark.parametrize("institution", ["00000none", "x" * 10_000])
def test_unknown_institution_in_the_address_fills_nothing(coordinator_client, milan, institution):
    form = form_data(coordinator_client.get(ADD, {"institution": institution}), "#university_form")

    assert (form["institution"], form["name"]) == ("", "")


def test_fill_in_without_script_keeps_what_was_typed(coordinator_client, milan):
    form = form_data(coordinator_client.get(ADD, {"find": "polimi"}), "#university_form")
    typed = form | {"institution": MILAN, "name": "Politecnico Milan", "_fill": "Fill in"}

    form = form_data(coordinator_client.post(ADD, typed, follow=True), "#university_form")

    assert (form["institution"], form["name"], form["city"]) == (MILAN, "Politecnico Milan", "Milan")
    assert University.objects.count() == 0


def test_added_university_is_linked_and_filled(coordinator_client, tum, germany):
    form = form_data(coordinator_client.get(ADD), "#university_form")

    coordinator_client.post(ADD, form | {"institution": TUM, "name": "TUM", "country": germany.pk})

    university = University.objects.get()
    assert stored(university) == (TUM, "Munich", "https://www.tum.de")
    assert [record.history_change_reason for record in university.history.all()] == ["added"]


def test_list_is_filtered_by_the_link(coordinator_client, munich, tum, milan):
    UniversityFactory(name="TUM", institution=tum)
    Institution.objects.filter(pk=MILAN).update(is_withdrawn=True)
    UniversityFactory(name="Milan", institution=milan)

    found = {
        choice: names(coordinator_client.get(LIST, {"directory": choice})) for choice in ("linked", "withdrawn", "-")
    }

    assert found == {"linked": ["TUM"], "withdrawn": ["Milan"], "-": ["Munich"]}
    title = "By link to the directory"
    choices = filter_choices(coordinator_client.get(LIST))[title]
    assert choices == f"{title} All linked (1) institution withdrawn (1) not linked (1)"


def directory_links(client):
    """Return the links of the front page to partners that are to be identified, or were withdrawn."""
    return [
        link for link in links(client.get("/admin/"), ".worklist a") if "directory" in link[1] or "ident" in link[1]
    ]


def test_front_page_has_partners_to_identify_and_withdrawn_institutions(coordinator_client, munich, tum, milan):
    UniversityFactory(name="TUM", institution=tum)
    Institution.objects.filter(pk=TUM).update(is_withdrawn=True)

    assert directory_links(coordinator_client) == [
        ("Partners not identified", IDENTIFY),
        ("Open the list: Withdrawn from the directory", f"{LIST}?directory=withdrawn"),
    ]


def test_front_page_of_an_assistant_links_to_the_list(client, assistant, munich, tum):
    client.force_login(assistant)

    assert directory_links(client) == [("Partners not identified", f"{LIST}?directory=-")]


def test_front_page_is_silent_about_an_empty_directory(coordinator_client, munich):
    assert directory_links(coordinator_client) == []


def choose(client, universities, page=IDENTIFY):
    """Confirm the page with these choices: ROR IDs by the pks of universities."""
    choices = {f"university-{pk}": ror_id for pk, ror_id in universities.items()}
    return client.post(page, choices, follow=True)


def test_identify_page_suggests_institutions_and_chooses_the_same_name(coordinator_client, tum, milan):
    UniversityFactory(name="Technical University of Munich")
    UniversityFactory(name="TUM", city="München")
    UniversityFactory(name="Milan Polytechnic", country=Country.objects.get(code="IT"))

    page = coordinator_client.get(IDENTIFY)

    assert element_texts(page, ".suggestions") == [
        "Technical University of Munich Germany · Find in the directory "
        "Technical University of Munich Munich · https://www.tum.de · 02kkvpp62 · same name None of these",
        "TUM München, Germany · Find in the directory "
        "Technical University of Munich Munich · https://www.tum.de · 02kkvpp62 · abbreviation: TUM None of these",
        "Milan Polytechnic Italy · Find in the directory "
        "Politecnico di Milano Milan · https://polimi.it · 01nffqt88 · same words None of these",
    ]
    assert attributes(page, ".suggestions input[checked]", "value") == [TUM, "", ""]
    assert "3 universities are not linked." in text(page)


def test_chosen_institutions_are_linked_as_a_run(coordinator_client, coordinator, munich, tum, milan):
    other = UniversityFactory(name="Milan")

    page = choose(coordinator_client, {munich.pk: TUM, other.pk: ""})

    run = Run.objects.get()
    assert (stored(munich), stored(other)) == ((TUM, "Munich", "https://www.tum.de"), (None, "", ""))
    assert (run.action, run.user, run.changed_count) == ("identify", coordinator, 1)
    assert messages(page) == ["1 university is linked. See or undo this run"]
    assert ("See or undo this run", f"/admin/partners/run/{run.pk}/change/") in links(page)
    assert element_texts(page, ".suggestions legend") == ["Milan"]


def test_what_a_colleague_linked_to_the_same_institution_is_not_reported(coordinator_client, munich, tum, milan):
    other = UniversityFactory(name="Milan")
    University.objects.filter(pk=munich.pk).update(institution=tum)

    page = choose(coordinator_client, {munich.pk: TUM, other.pk: MILAN})

    assert messages(page) == ["1 university is linked. See or undo this run"]


def test_page_of_the_run_names_the_institutions(coordinator_client, munich, tum):
    choose(coordinator_client, {munich.pk: TUM})

    page = coordinator_client.get(f"/admin/partners/run/{Run.objects.get().pk}/change/")

    assert element_texts(page, ".item-list > li")[0] == (
        "Munich City: – → Munich; website: – → https://www.tum.de; "
        "institution in the directory: – → Technical University of Munich."
    )


def test_what_a_colleague_linked_since_is_said_and_left(coordinator_client, munich, tum, milan):
    University.objects.filter(pk=munich.pk).update(institution=milan)

    page = choose(coordinator_client, {munich.pk: TUM})

    assert messages(page) == ["“Munich” has been linked in the meantime, and is left as it is."]
    assert (stored(munich)[0], Run.objects.count()) == (MILAN, 0)


def test_one_institution_for_two_universities_is_an_error_that_keeps_the_choices(coordinator_client, tum):
    first, second = UniversityFactory(name="TUM"), UniversityFactory(name="Technical University of Munich")

    page = choose(coordinator_client, {first.pk: TUM, second.pk: TUM})

    assert messages(page) == ["Nothing was linked. Two universities have the same institution."]
    assert attributes(page, ".suggestions input[checked]", "value") == [TUM, TUM]
    assert [
        line.endswith("chosen for two universities None of these") for line in element_texts(page, ".suggestions")
    ] == [
        True,
        True,
    ]
    assert Run.objects.count() == 0


@pytest.mark.parametrize("choices", [{}, {"university-x": TUM}, {"university-0": TUM}, {"university-": TUM}])
def test_nothing_chosen_links_nothing(coordinator_client, munich, tum, choices):
    page = coordinator_client.post(IDENTIFY, choices, follow=True)

    assert messages(page) == ["Nothing is linked: nothing was chosen, or a colleague has linked it already."]
    assert (stored(munich)[0], Run.objects.count()) == (None, 0)


def test_linked_institution_cannot_be_chosen(coordinator_client, tum):
    UniversityFactory(name="TU Munich", institution=tum)
    UniversityFactory(name="Technical University of Munich")

    page = coordinator_client.get(IDENTIFY)

    assert "· linked to “TU Munich”" in element_texts(page, ".suggestions")[0]
    assert attributes(page, ".suggestions input[disabled]", "value") == [TUM]
    assert attributes(page, ".suggestions input[checked]", "value") == [""]


def test_suggestion_names_the_name_that_is_not_displayed(coordinator_client, milan):
    UniversityFactory(name="Polytechnic University of Milan", country=Country.objects.get(code="IT"))

    page = coordinator_client.get(IDENTIFY)

    assert element_texts(page, ".suggestions em") == ["same name: Polytechnic University of Milan"]


def test_identify_page_is_filtered_by_country(coordinator_client, munich, tum):
    UniversityFactory(name="Milan", country=Country.objects.get(code="IT"))

    page = coordinator_client.get(IDENTIFY, {"country": "IT"})

    assert element_texts(page, ".suggestions legend") == ["Milan"]
    assert element_texts(page, "select[name=country] option") == ["all", "Germany (1)", "Italy (1)"]


def test_empty_directory_says_how_to_load_it(coordinator_client, munich):
    page = coordinator_client.get(IDENTIFY)

    assert element_texts(page, "#content code") == ["manage.py load_ror"]
    assert element_texts(page, ".suggestions") == []


def test_identify_page_makes_as_many_queries_with_300_universities_as_with_3(coordinator_client):
    names = [f"Partner {number:04}" for number in range(1, 301)]
    Institution.objects.bulk_create(
        InstitutionFactory.build(ror_id=f"{number:09}", name=name, names=name) for number, name in enumerate(names)
    )
    partners(3)
    with_3 = count_queries(coordinator_client, IDENTIFY)

    partners(297, first=4)

    assert count_queries(coordinator_client, IDENTIFY) == with_3
    page = coordinator_client.get(IDENTIFY, {"page": 2})
    assert element_texts(page, ".suggestions legend") == names[150:]
    assert len(attributes(page, ".suggestions input[checked]", "value")) == 150
