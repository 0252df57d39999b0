import gzip
import re
import struct
from datetime import date
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.contrib.staticfiles import finders

from partners.enums import AgreementStatus
from partners.models import Agreement, Country
from partners.name_normalization import normalize_name
from tests.helpers.factories import AgreementFactory, UniversityFactory, partners
from tests.helpers.html import attributes, count_queries, element_texts, elements, rows, text

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
INLINE_CODE_RE = re.compile(r"\sstyle\s*=|<style\b|<script\b(?![^>]*\ssrc=)|\son[a-z]+\s*=|javascript:", re.IGNORECASE)
HOST_RE = re.compile(r"(?:https?:)?//[\w.-]+")
PAST, FUTURE = date(2000, 1, 1), date(2999, 12, 31)


def university_names(page):
    return element_texts(page, "th[scope=row]")


IN_PROCESS_NOTE = "in process means that we are still negotiating"


@pytest.mark.parametrize("url", ["/", "/?embed=1"])
def test_list_explains_in_process_only_if_an_agreement_is(client, db, url):
    AgreementFactory(university__name="Marburg")
    before = client.get(url)
    AgreementFactory(university__name="Jena", status=AgreementStatus.IN_PROCESS)

    assert [IN_PROCESS_NOTE in text(page) for page in (before, client.get(url))] == [False, True]
    assert IN_PROCESS_NOTE not in text(client.get(f"{url}?q=marburg" if url == "/" else f"{url}&q=marburg"))


def test_heading_has_the_counts_of_the_office_list(client, register):
    page = client.get("/")

    assert element_texts(page, "h1") == ["Partner universities"]
    assert element_texts(page, "h2") == ["108 universities in 30 countries"]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("", "Partner universities"),
        ("?country=IT&type=erasmus", "Erasmus+ in Italy: 3 partner universities"),
        ("?country=IT", "Italy: 6 partner universities"),
        ("?type=ge3&q=poli", "poli, GE3: 1 partner university"),
        ("?region=eu&type=erasmus&status=in-force", "Erasmus+, In force in European Union: 20 partner universities"),
        ("?level=master&field=06&country=IT", "Master, Information and Communication Technologies (ICTs) in Italy"),
        ("?q=nowhere", "nowhere: 0 partner universities"),
    ],
)
def test_title_and_description_name_the_filter(client, register, query, title):
    page = client.get(f"/{query}")

    [page_title], [description] = element_texts(page, "title"), attributes(page, "meta[name=description]", "content")
    assert page_title.startswith(title)
    assert description.startswith(title if query else "Universities abroad")


def test_heading_has_the_counts_in_the_singular(client, db):
    AgreementFactory()

    page = client.get("/")

    assert element_texts(page, "h2") == ["1 university in 1 country"]


def test_universities_are_sorted_by_country_and_name_ignoring_accents(client, germany):
    brazil = Country.objects.get(code="BR")
    for country, name in [(germany, "Zwickau"), (germany, "Övelgönne"), (germany, "Osnabrück"), (brazil, "Água")]:
        AgreementFactory(university__country=country, university__name=name)

    page = client.get("/")

    assert rows(page) == [
        "Brazil",
        "Água Bilateral",
        "Germany",
        "Osnabrück Bilateral",
        "Övelgönne Bilateral",
        "Zwickau Bilateral",
    ]


def test_agreements_are_in_the_order_of_their_types(client, register):
    page = client.get("/", {"q": "politecnico milano"})

    assert rows(page) == ["Politecnico di Milano Italy Bilateral Erasmus+ GE3"]


@pytest.mark.parametrize("query", ["munich tu", "tu munich", "GERMANY  Munich", "tum ger"])
def test_search_matches_words_in_any_order_and_column(client, register, query):
    page = client.get("/", {"q": query})

    [row, *_others] = rows(page)
    assert row.startswith("Technical University of Munich (TUM) Germany ") or row == "Germany"


def test_list_links_to_the_university_page(client, db):
    AgreementFactory(university__name="Universität Łódź")

    [url] = attributes(client.get("/"), "th[scope=row] a", "href")

    assert element_texts(client.get(url), "h1") == ["Universität Łódź"]


@pytest.mark.parametrize(
    ("agreement", "badge"),
    [
        ({"status": AgreementStatus.SIGNED}, "Bilateral"),
        ({"status": AgreementStatus.SIGNED, "valid_until": FUTURE}, "Bilateral"),
        ({"status": AgreementStatus.SIGNED, "valid_from": FUTURE}, "Bilateral · signed, from 31 Dec 2999"),
        ({"status": AgreementStatus.IN_PROCESS}, "Bilateral · in process"),
        ({"status": AgreementStatus.IN_PROCESS, "agreement_type": None}, "in process"),
        ({"status": AgreementStatus.IN_PROCESS, "valid_until": PAST}, "Bilateral · in process"),
    ],
    ids=[
        "open-ended",
        "in force",
        "upcoming",
        "in process",
        "in process of unknown type",
        "in process with a past end",
    ],
)
def test_list_shows_what_is_in_force_upcoming_or_in_process(client, db, agreement, badge):
    AgreementFactory(university__name="Marburg", **agreement)

    page = client.get("/")

    assert rows(page) == ["Germany", f"Marburg {badge}"]


LAW, ARTS = {"scope": "Faculty of Law"}, {"scope": "Faculty of Arts"}
UPCOMING, IN_PROCESS = {"valid_from": FUTURE}, {"status": AgreementStatus.IN_PROCESS}


@pytest.mark.parametrize(
    ("agreements", "badges"),
    [
        ([LAW, ARTS], "Bilateral"),
        ([LAW, ARTS | UPCOMING], "Bilateral"),
        ([ARTS | IN_PROCESS, LAW | UPCOMING, {}], "Bilateral"),
        ([ARTS | IN_PROCESS, LAW | UPCOMING], "Bilateral · signed, from 31 Dec 2999"),
        ([ARTS | UPCOMING, LAW | {"valid_from": date(2998, 9, 1)}], "Bilateral · signed, from 1 Sep 2998"),
        ([ARTS | IN_PROCESS, LAW | IN_PROCESS], "Bilateral · in process"),
        ([{"valid_until": date(2999, 12, 30)}, UPCOMING, IN_PROCESS], "Bilateral"),
        ([UPCOMING, IN_PROCESS], "Bilateral · signed, from 31 Dec 2999"),
    ],
)
def test_list_has_one_badge_for_a_type_in_the_first_of_its_states(client, db, agreements, badges):
    university = UniversityFactory(name="Marburg")
    for agreement in agreements:
        AgreementFactory(university=university, **agreement)

    assert rows(client.get("/")) == ["Germany", f"Marburg {badges}"]


@pytest.mark.parametrize(
    ("query", "badges"),
    [
        ("?status=upcoming", "Bilateral Bilateral · signed, from 31 Dec 2999"),
        ("?status=in-process", "Bilateral Bilateral · in process"),
        ("?status=in-force", "Bilateral"),
    ],
)
def test_list_of_a_status_has_badges_of_it_too(client, db, query, badges):
    university = UniversityFactory(name="Marburg")
    for agreement in ({"valid_until": date(2999, 12, 30)}, UPCOMING, IN_PROCESS):
        AgreementFactory(university=university, **agreement)

    assert rows(client.get(f"/{query}")) == ["Germany", f"Marburg {badges}"]


@pytest.mark.parametrize(
    ("university", "agreement"),
    [
        ({"is_listed": False}, {"status": AgreementStatus.SIGNED}),
        ({"is_listed": False}, {"status": AgreementStatus.IN_PROCESS}),
        ({}, {"status": AgreementStatus.SIGNED, "valid_until": PAST}),
        ({}, {"status": AgreementStatus.ENDED}),
        ({}, {"status": AgreementStatus.ENDED, "valid_until": FUTURE}),
    ],
    ids=["unlisted", "unlisted and in process", "expired", "ended", "ended before its time"],
)
def test_list_does_not_show_a_university_that_is_not_public(client, db, university, agreement):
    AgreementFactory(university__name="Shown")
    AgreementFactory(university=UniversityFactory(name="Not shown", **university), **agreement)

    page = client.get("/")

    assert rows(page) == ["Germany", "Shown Bilateral"]
    assert element_texts(page, "h2") == ["1 university in 1 country"]


def test_list_does_not_show_a_university_without_any_agreement(client, db):
    AgreementFactory(university__name="Shown")
    UniversityFactory(name="Not shown")

    page = client.get("/")

    assert rows(page) == ["Germany", "Shown Bilateral"]


@pytest.mark.parametrize("past", [{"status": AgreementStatus.ENDED}, {"valid_until": PAST}], ids=["ended", "expired"])
def test_list_does_not_show_past_agreements_beside_current_ones(client, erasmus, past):
    university = UniversityFactory(name="Marburg")
    AgreementFactory(university=university, agreement_type=erasmus)
    AgreementFactory(university=university, **past)

    page = client.get("/")

    assert rows(page) == ["Germany", "Marburg Erasmus+"]


@pytest.mark.parametrize(
    ("moment", "listed"),
    [
        ("2026-06-29 12:00", ["Germany", "Marburg Bilateral"]),
        ("2026-06-30 00:00", ["Germany", "Marburg Bilateral"]),
        ("2026-06-30 23:59", ["Germany", "Marburg Bilateral"]),
        ("2026-07-01 00:00", []),
    ],
)
def test_list_shows_an_agreement_to_the_end_of_its_last_day(client, db, moment, listed):
    AgreementFactory(university__name="Marburg", valid_until=date(2026, 6, 30))

    with time_machine.travel(moment, tick=False):
        page = client.get("/")

    assert rows(page) == listed


def test_list_uses_the_date_in_the_configured_time_zone(client, db, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    AgreementFactory(university__name="Marburg", valid_until=date(2026, 6, 30))

    with time_machine.travel("2026-06-30T20:00:00+00:00", tick=False):
        page = client.get("/")

    assert element_texts(page, "h2") == ["There are no partner universities yet"]


def test_list_explains_in_process(client, db):
    AgreementFactory(status=AgreementStatus.IN_PROCESS)

    page = client.get("/")

    assert "in process means that we are still negotiating: you can't apply for it yet." in text(page)


@pytest.mark.parametrize(
    ("number", "found", "pages"),
    [(250, 250, ""), (251, 50, "Page 1 of 6 Next page")],
    ids=["250 on one page", "251 on pages of 50"],
)
def test_list_is_one_page_up_to_250_universities(client, db, number, found, pages):
    partners(number)

    page = client.get("/")

    assert len(university_names(page)) == found
    assert element_texts(page, "h2") == [f"{number} universities in 1 country"]
    assert " ".join(element_texts(page, "nav")) == pages


@pytest.mark.parametrize(
    ("number", "first", "last", "links"),
    [
        ("1", "Partner 0001", "Partner 0050", "Page 1 of 6 Next page"),
        ("2", "Partner 0051", "Partner 0100", "Previous page Page 2 of 6 Next page"),
        ("6", "Partner 0251", "Partner 0251", "Previous page Page 6 of 6"),
        ("99", "Partner 0251", "Partner 0251", "Previous page Page 6 of 6"),
        ("zwei", "Partner 0001", "Partner 0050", "Page 1 of 6 Next page"),
    ],
)
def test_page_parameter_selects_a_page(client, db, number, first, last, links):
    partners(251)

    page = client.get("/", {"page": number})

    names = university_names(page)
    assert (names[0], names[-1]) == (first, last)
    assert element_texts(page, "nav") == [links]


def test_pagination_links_keep_the_query_string(client, db):
    partners(251)

    page = client.get("/?q=partner&country=DE&country=FR&type=bilateral&status=in-force&sort=-name&page=2")

    query = "?q=partner&type=bilateral&status=in-force&country=DE&country=FR&sort=-name&page="
    assert attributes(page, "a[rel=prev]", "href") == [f"{query}1"]
    assert attributes(page, "a[rel=next]", "href") == [f"{query}3"]


def test_empty_list_says_that_nothing_is_published(client, db):
    page = client.get("/")

    assert element_texts(page, "h2") == ["There are no partner universities yet"]
    assert rows(page) == []


def test_empty_result_says_so_and_suggests_removing_a_filter(client, db):
    AgreementFactory(university__name="Marburg")

    page = client.get("/", {"q": "Heidelberg", "type": "bilateral"})

    assert element_texts(page, "h2") == ["No university matches"]
    assert "There would be some without one of the choices: Without “Heidelberg”: 1 university" in text(page)
    assert rows(page) == []


def test_empty_result_of_a_search_alone_does_not_suggest_to_remove_it(client, db):
    AgreementFactory(university__name="Marburg")

    page = client.get("/", {"q": "Heidelberg"})

    assert element_texts(page, ".empty > p") == ["Try fewer words, or take away several of the choices."]


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ settings.SECRET_KEY }} {% debug %}",
        "Universität & Söhne 'Tor' \"Vergata\"",
        "W" * 200,
        "Emoji 🎓 University",
        "right\u202eto left",
        "جامعة القاهرة",
    ],
    ids=["script", "attribute", "template", "quotes", "long word", "emoji", "bidi override", "Arabic"],
)
def test_list_and_page_show_a_hostile_name_as_text(client, db, name):
    university = AgreementFactory(university__name=name).university

    listed, page = client.get("/"), client.get(university.get_absolute_url())

    assert university_names(listed) == element_texts(page, "h1") == [normalize_name(name)]
    assert element_texts(page, "h1 bdi") == [normalize_name(name)]
    assert elements(listed, "script:not([src]), img") == elements(page, "script:not([src]), img") == []


@pytest.mark.parametrize("url", ["/", "/?q=tecnologico&type=bilateral", "/?q=nothing-like-this"])
def test_list_refers_to_no_other_host(client, register, url):
    page = client.get(url)

    assert set(HOST_RE.findall(page.content.decode())) == {"http://testserver"}


def test_touch_icon_is_a_square_without_transparency():
    png = Path(finders.find("partners/touch-icon.png")).read_bytes()

    width, height, _depth, colour_type = struct.unpack(">IIBB", png[16:26])

    assert (png[:8], width, height, colour_type) == (b"\x89PNG\r\n\x1a\n", 180, 180, 2)


def test_style_sheet_and_icon_load_nothing_else():
    files = [finders.find("partners/public.css"), finders.find("partners/favicon.svg")]

    loaded = [re.findall(r"@import\b.*|url\([^)]*\)|href=\S+", Path(file).read_text()) for file in files]

    assert loaded == [[], []]


def test_every_public_page_has_security_headers(client, db):
    university = AgreementFactory().university

    responses = [client.get(url) for url in ("/", university.get_absolute_url(), "/universities/none/")]

    policies = [dict(part.split(" ", 1) for part in a["Content-Security-Policy"].split("; ")) for a in responses]
    assert [policy["default-src"] for policy in policies] == ["'self'"] * 3
    assert "unsafe" not in " ".join(response["Content-Security-Policy"] for response in responses)
    assert [response["X-Frame-Options"] for response in responses] == ["DENY"] * 3
    assert [response["Referrer-Policy"] for response in responses] == ["same-origin"] * 3
    assert [response["X-Content-Type-Options"] for response in responses] == ["nosniff"] * 3


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_template_has_no_inline_code(template):
    assert INLINE_CODE_RE.findall(template.read_text()) == []


@pytest.mark.parametrize(
    "source",
    ['<p style="color: red">', "<style>", "<script>", '<script type="module">', '<a onclick="x()">', "javascript:x()"],
)
def test_inline_code_is_detected(source):
    assert INLINE_CODE_RE.search(source)


@pytest.mark.parametrize(
    "url",
    [
        "/",
        "/?q=partner",
        "/?country=DE&type=bilateral&status=in-force",
        "/?sort=-name",
        "/?q=nothing",
        "/?sort=name&pick=partner-0001",
    ],
)
def test_list_makes_as_many_queries_with_300_universities_as_with_3(client, db, url):
    partners(3)
    with_3 = count_queries(client, url)

    partners(297, first=4)

    assert count_queries(client, url) == with_3


@pytest.mark.parametrize("url", ["/", "/?status=upcoming"])
def test_list_makes_as_many_queries_with_300_renewals_and_scopes_as_with_3(client, db, erasmus, url):
    def add(count, first):
        Agreement.objects.bulk_create(
            Agreement(university=university, agreement_type=erasmus, **values)
            for university in partners(count, first)
            for values in (
                {"status": AgreementStatus.SIGNED, "valid_until": date(2999, 12, 30)},
                {"status": AgreementStatus.SIGNED, "valid_from": FUTURE},
                {"status": AgreementStatus.SIGNED, "valid_from": FUTURE, "scope": "Law", "scope_key": "law"},
            )
        )

    add(3, first=1)
    with_3 = count_queries(client, url)
    add(297, first=4)

    assert count_queries(client, url) == with_3


def test_list_makes_at_most_10_queries_for_the_office_s_register(client, register):
    assert count_queries(client, "/") <= 10


def test_list_and_its_files_are_at_most_48_kb(client, register):
    page = client.get("/", headers={"accept-encoding": "gzip"})

    source = gzip.decompress(page.content).decode()
    loading = elements(source, "link[href^='/static/'], script[src], img[src], use[href]")
    urls = [element.get("href") or element.get("src") for element in loading]
    loaded = list(dict.fromkeys(url.removeprefix("/static/").partition("#")[0] for url in urls))
    files = [gzip.compress(Path(finders.find(name)).read_bytes()) for name in loaded]
    assert loaded == [
        "partners/favicon.svg",
        "partners/touch-icon.png",
        "partners/public.css",
        "django_htmx/htmx-2.min.js",
        "partners/shortlist.js",
        "partners/list.js",
    ]
    assert len(page.content) + sum(map(len, files)) <= 48 * 1024
    assert sum(len(file) for name, file in zip(loaded, files, strict=True) if name.endswith(".js")) <= 20 * 1024


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("/", ["http://testserver/"]),
        ("/?page=1", ["http://testserver/"]),
        ("/?page=2", ["http://testserver/?page=2"]),
        ("/?country=de&unknown=1", ["http://testserver/?country=DE"]),
        ("/fr/?country=DE", ["http://testserver/fr/?country=DE"]),
    ],
)
def test_unfiltered_list_and_that_of_a_country_have_a_canonical_link(client, db, url, canonical):
    partners(251)

    page = client.get(url)

    assert attributes(page, "link[rel=canonical]", "href") == canonical
    assert elements(page, "meta[name=robots]") == []


@pytest.mark.parametrize(
    "url",
    [
        *["/?q=x", "/?type=bilateral", "/?status=in-force", "/?sort=name", "/?page=all", "/?country=DE&page=2"],
        *["/?country=DE&country=FR", "/?country=DE&type=erasmus", "/?country=BT", "/?country=XX", "/?region=europe"],
    ],
)
def test_list_filtered_otherwise_or_sorted_is_not_indexed(client, register, url):
    page = client.get(url)

    assert attributes(page, "meta[name=robots]", "content") == ["noindex, follow"]
    assert elements(page, "link[rel=canonical]") == []


@pytest.mark.parametrize(("count", "offered", "displayed"), [(251, 1, 251), (1_000, 1, 1_000), (1_001, 0, 50)])
def test_list_can_be_printed_on_one_page_up_to_1000_universities(client, db, count, offered, displayed):
    partners(count)

    assert text(client.get("/")).count("All on one page, for printing") == offered
    assert len(university_names(client.get("/?page=all"))) == displayed


def test_printed_list_names_its_filters_and_date(client, register):
    with time_machine.travel("2026-03-01 12:00", tick=False):
        page = client.get("/?q=rome&type=erasmus&country=IT")

    [line] = element_texts(page, "p.print-only")
    url = "http://testserver/?q=rome&type=erasmus&country=IT"
    assert line == f"As of 1 Mar 2026 · rome · Erasmus+ · Italy · {url}"
