import re

import pytest

from partners.enums import AgreementStatus
from partners.models import Country
from tests.helpers.factories import AgreementFactory, UniversityFactory, partners
from tests.helpers.html import attributes, element_texts, elements, links, rows, text, title


@pytest.fixture
def universities(db, erasmus):
    brazil = Country.objects.get(code="BR")
    AgreementFactory(university__name="Marburg")
    AgreementFactory(university__name="Jena", agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)
    both = UniversityFactory(name="Tecnológico (ITB)", country=brazil, city="São Paulo", other_names="Instituto\nTech")
    AgreementFactory(university=both)
    AgreementFactory(university=both, agreement_type=erasmus)


def names(page):
    return element_texts(page, "th[scope=row] a")


def checked(page):
    return [(box.name, box.get("value")) for box in elements(page, "input[checked]")]


@pytest.mark.parametrize(
    "query",
    [
        "tecnologico",
        "TECNOLÓGICO",
        "itb",
        "(ITB)",
        "tech",
        "instituto",
        "sao paulo",
        "brazil",
        "itb brazil paulo",
        "  paulo   ITB ",
    ],
)
def test_search_finds_in_names_city_and_country(client, universities, query):
    page = client.get("/", {"q": query})

    assert names(page) == ["Tecnológico (ITB)"]


@pytest.mark.parametrize("query", ["tecnologico germany", "itb marburg", "%", "_", "tecnol_gico", "cnolog"])
def test_search_requires_every_word(client, universities, query):
    page = client.get("/", {"q": query})

    assert names(page) == []
    assert element_texts(page, "h2") == ["No university matches"]


@pytest.mark.parametrize("query", ["", "   ", "\u00a0"])
def test_blank_search_finds_all(client, universities, query):
    page = client.get("/", {"q": query})

    assert names(page) == ["Tecnológico (ITB)", "Jena", "Marburg"]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("/?country=DE", ["Jena", "Marburg"]),
        ("/?country=BR", ["Tecnológico (ITB)"]),
        ("/?country=BR&country=DE", ["Tecnológico (ITB)", "Jena", "Marburg"]),
        ("/?country=FR", []),
        ("/?type=bilateral", ["Tecnológico (ITB)", "Marburg"]),
        ("/?type=erasmus", ["Tecnológico (ITB)", "Jena"]),
        ("/?type=bilateral&type=erasmus", ["Tecnológico (ITB)", "Jena", "Marburg"]),
        ("/?type=ge3", []),
        ("/?status=in-force", ["Tecnológico (ITB)", "Marburg"]),
        ("/?status=in-process", ["Jena"]),
        ("/?status=in-force&status=in-process", ["Tecnológico (ITB)", "Jena", "Marburg"]),
        ("/?type=erasmus&status=in-process", ["Jena"]),
        ("/?q=j&country=DE&type=erasmus&status=in-process", ["Jena"]),
        ("/?q=marburg&country=DE&type=erasmus", []),
    ],
)
def test_filters_are_combined_with_and(client, universities, url, found):
    page = client.get(url)

    assert names(page) == found


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("/?type=bilateral&status=in-force", ["Marburg"]),
        ("/?type=erasmus&status=in-process", ["Marburg"]),
        ("/?type=erasmus&status=in-force", []),
        ("/?type=bilateral&status=in-process", []),
    ],
)
def test_type_and_status_apply_to_the_same_agreement(client, erasmus, url, found):
    university = UniversityFactory(name="Marburg")
    AgreementFactory(university=university)
    AgreementFactory(university=university, agreement_type=erasmus, status=AgreementStatus.IN_PROCESS)

    page = client.get(url)

    assert names(page) == found


@pytest.mark.parametrize("status", ["expired", "ended"])
def test_past_status_finds_nothing(client, universities, status):
    AgreementFactory(university__name="Ended", status=AgreementStatus.ENDED)
    AgreementFactory(university__name="Expired", valid_until="2000-01-01")

    page = client.get("/", {"status": status})

    assert names(page) == []


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("country", ["Tecnológico (ITB)", "Jena", "Marburg"]),
        ("-country", ["Jena", "Marburg", "Tecnológico (ITB)"]),
        ("name", ["Jena", "Marburg", "Tecnológico (ITB)"]),
        ("-name", ["Tecnológico (ITB)", "Marburg", "Jena"]),
        ("", ["Tecnológico (ITB)", "Jena", "Marburg"]),
        ("nonsense", ["Tecnológico (ITB)", "Jena", "Marburg"]),
    ],
)
def test_sort_orders_the_list(client, universities, sort, found):
    page = client.get("/", {"sort": sort})

    assert names(page) == found


@pytest.mark.parametrize(
    ("sort", "listed"),
    [
        ("-country", ["Germany", "Jena Erasmus+ · in process", "Marburg Bilateral", "Brazil"]),
        ("name", ["Jena Germany Erasmus+ · in process", "Marburg Germany Bilateral"]),
    ],
)
def test_country_is_a_heading_when_sorted_by_it_and_a_column_otherwise(client, universities, sort, listed):
    page = client.get("/", {"sort": sort})

    assert rows(page)[: len(listed)] == listed


@pytest.mark.parametrize(
    "url",
    ["/?country=XX", "/?country=%F0%9F%8E%93", "/?type=nonsense", "/?status=nonsense", "/?type=%27"],
)
def test_unknown_value_finds_nothing(client, universities, url):
    page = client.get(url)

    assert names(page) == []
    assert element_texts(page, "h2") == ["No university matches"]


def test_country_code_is_case_insensitive(client, universities):
    page = client.get("/?country=de")

    assert names(page) == names(client.get("/?country=DE")) != []
    assert checked(page) == [("country", "DE")]


def test_null_character_in_a_parameter_is_a_space(client, universities):
    params = {"q": "mar\0burg", "country": "\0D\0E", "type": "\0", "status": "\0in-force", "sort": "\0", "page": "\0"}

    page = client.get("/", params)

    assert element_texts(page, "h2") == ["No university matches"]
    assert [label for _url, label in chips(page)][:3] == [
        "Take away: mar burg ×",
        "Take away: In force ×",
        "Take away: D E ×",
    ]


@pytest.mark.parametrize(
    "query",
    ["x" * 4_000, "a " * 2_000, "é" * 1_000, "x" * 60_000, "( " * 2_000],
    ids=["long word", "many words", "accents", "very long word", "punctuation"],
)
def test_very_long_query_is_answered_with_a_page(client, universities, query):
    page = client.get("/", {"q": query})

    assert page.status_code == 200
    assert element_texts(page, "h1") == ["Partner universities"]


@pytest.mark.parametrize("name", ["country", "type", "status"])
def test_very_many_values_are_answered_with_a_page(client, universities, name):
    page = client.get("/", {name: ["DE", "bilateral", "in-force", *map(str, range(297))]})

    assert page.status_code == 200
    assert "Marburg" in names(page)


@pytest.mark.parametrize("name", ["country", "type", "status", "q", "sort", "pick", "page", "term"])
def test_more_than_300_values_are_rejected(client, universities, name):
    page = client.get("/", {name: ["DE"] * 301})

    assert (page.status_code, element_texts(page, "h1")) == (400, ["Not understood"])
    sentence = f"The address has 301 values for “{name}”. At most 300 are allowed: leave some out."
    assert sentence in text(page)


@pytest.mark.parametrize(
    "unknown",
    [
        {"type": [f"nowhere-{number}" for number in range(300)]},
        {"status": [f"nowhere-{number}" for number in range(300)]},
        {"country": [f"nowhere-{number}" for number in range(300)]},
        {"type": ["bilateral", *[f"nowhere-{number}" for number in range(299)]]},
        {"sort": "nowhere"},
        {"page": "nowhere"},
        {"term": "nowhere"},
    ],
    ids=lambda unknown: " ".join(unknown),
)
def test_page_repeats_unknown_values_rarely(client, db, unknown):
    partners(50)
    plain, page = client.get("/"), client.get("/", unknown)

    assert len(re.findall("nowhere", page.content.decode(), re.IGNORECASE)) < 30
    assert len(page.content) < 1.2 * len(plain.content)


def test_links_repeat_at_most_ten_picks(client, db):
    partners(50)

    page = client.get("/", {"sort": "name", "pick": [f"nowhere-{number:03}" for number in range(300)]})

    assert max(url.count("nowhere") for url in attributes(page, "[href]", "href")) == 10


def test_form_shows_the_selection(client, universities):
    page = client.get("/?q=%22x%22+w&country=DE&type=erasmus&type=bilateral&status=in-force&sort=-name")

    assert attributes(page, "input[type=search]", "value") == ['"x" w']
    assert sorted(checked(page)) == [
        ("country", "DE"),
        ("status", "in-force"),
        ("type", "bilateral"),
        ("type", "erasmus"),
    ]
    assert [select.value for select in elements(page, "select[name=sort]")] == ["-name"]
    assert "Filters (4)" in text(page)


def test_form_offers_the_countries_with_a_university_on_the_list(client, universities):
    AgreementFactory(university__country=Country.objects.get(code="FR"), status=AgreementStatus.ENDED)

    page = client.get("/")

    assert attributes(page, "input[name=country]", "value") == ["DE", "BR"]


def test_form_keeps_a_selected_country_without_universities(client, universities):
    page = client.get("/", {"country": "FR"})

    assert checked(page) == [("country", "FR")]


def test_form_offers_the_types_in_their_order(client, universities):
    page = client.get("/")

    assert attributes(page, "input[name=type]", "value") == ["bilateral", "erasmus", "ge3"]


@pytest.mark.parametrize(("url", "offered"), [("/", 0), ("/?sort=name", 0), ("/?q=jena", 1), ("/?country=DE", 1)])
def test_form_offers_show_all_when_filters_are_active(client, universities, url, offered):
    page = client.get(url)

    assert text(page).count("Show all") == offered


def facet_counts(page):
    """Return counts by parameter and value, None for disabled options."""
    options = [(label, *elements(label, "input")) for label in elements(page, "label.facet-option")]
    return {
        (box.name, box.get("value")): None if "disabled" in box.attrib else int(text(label).rpartition("(")[2][:-1])
        for label, box in options
    }


@pytest.mark.parametrize(
    "url",
    ["/", "/?q=itb", "/?type=erasmus", "/?status=in-force", "/?country=DE", "/?country=DE&status=in-force&q=marburg"],
)
def test_facet_count_is_the_number_of_results(client, universities, url):
    page = client.get(url)
    selected = {name for name, _value in checked(page)}
    if "country" in selected:
        selected.add("region")

    counts = {key: count for key, count in facet_counts(page).items() if key[0] not in selected}

    assert len(counts) >= 2
    for (name, value), count in counts.items():
        found = client.get(f"{url}{'&' if '?' in url else '?'}{name}={value}")
        assert len(names(found)) == (count or 0)


def test_facet_count_ignores_the_selection_in_its_own_facet(client, universities):
    counts = facet_counts(client.get("/?country=DE&type=erasmus"))

    assert counts == {
        ("type", "bilateral"): 1,
        ("type", "erasmus"): 1,
        ("type", "ge3"): None,
        ("status", "in-force"): None,
        ("status", "upcoming"): None,
        ("status", "in-process"): 1,
        ("region", "eu"): 1,
        ("region", "programme"): 1,
        ("region", "europe"): 1,
        ("country", "DE"): 1,
        ("region", "latin-america"): 1,
        ("country", "BR"): 1,
    }


def test_selected_value_without_results_is_not_disabled(client, universities):
    page = client.get("/?type=ge3")

    assert checked(page) == [("type", "ge3")]
    assert facet_counts(page)["type", "ge3"] == 0


def chips(page):
    """Return the URL and the label of each link that takes a choice away."""
    return [(url, label) for label, url in links(page, "main ul:not(.view-switch) > li > a")]


def test_every_active_filter_has_a_remove_link(client, universities):
    page = client.get("/?q=tech&country=DE&country=BR&type=erasmus&type=bilateral&sort=name&page=3")

    assert chips(page)[:5] == [
        ("?type=bilateral&type=erasmus&country=BR&country=DE&sort=name", "Take away: tech ×"),
        ("?q=tech&type=erasmus&country=BR&country=DE&sort=name", "Take away: Bilateral ×"),
        ("?q=tech&type=bilateral&country=BR&country=DE&sort=name", "Take away: Erasmus+ ×"),
        ("?q=tech&type=bilateral&type=erasmus&country=DE&sort=name", "Take away: Brazil ×"),
        ("?q=tech&type=bilateral&type=erasmus&country=BR&sort=name", "Take away: Germany ×"),
    ]


def test_unknown_value_beside_a_known_one_is_dropped(client, universities):
    page = client.get("/?type=nonsense&type=erasmus&country=XX&country=DE&country=FR&sort=name&page=junk")

    assert chips(page)[:3] == [
        ("?country=DE&country=FR&sort=name", "Take away: Erasmus+ ×"),
        ("?type=erasmus&country=FR&sort=name", "Take away: Germany ×"),
        ("?type=erasmus&country=DE&sort=name", "Take away: France ×"),
    ]


def test_unknown_value_alone_has_a_remove_link(client, universities):
    page = client.get("/?type=nonsense&type=rubbish&sort=name")

    assert chips(page)[0] == ("?sort=name", "Take away: nonsense ×")
    assert names(page) == []


def test_empty_result_suggests_removing_a_filter(client, universities):
    page = client.get("/?q=marburg&country=BR&type=bilateral")

    assert chips(page)[-2:] == [
        ("?type=bilateral&country=BR", "Without “marburg”: 1 university"),
        ("?q=marburg&type=bilateral", "Without “Brazil”: 1 university"),
    ]


def test_empty_result_without_a_suggestion_says_so(client, universities):
    page = client.get("/?q=nowhere&country=FR")

    assert "Try fewer words, or take away several of the choices." in text(page)


def test_suggestions_make_a_bounded_number_of_queries(client, universities, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        client.get("/", {"q": "nowhere", "type": [f"type-{n}" for n in range(500)]})


def test_title_has_the_filter_and_the_count(client, universities):
    page = client.get("/?country=DE")

    assert title(page) == "Germany: 2 partner universities – Exchange Office"


def test_heading_has_the_count_of_a_filtered_list(client, universities):
    page = client.get("/", {"country": "DE"})

    assert element_texts(page, "h2") == ["2 universities in 1 country"]
