import re
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils.timezone import localdate

from partners.enums import AgreementStatus
from partners.models import Agreement, Country, Document, Mobility
from partners.regions import REGION_LABELS
from tests.helpers.agreement_page import NO_ROWS
from tests.helpers.changelists import filter_choices, names
from tests.helpers.factories import AgreementFactory, UniversityFactory, partners
from tests.helpers.html import (
    attributes,
    count_queries,
    element_texts,
    elements,
    errors,
    form_data,
    links,
    messages,
    rows,
    text,
)

LIST, ADD = "/admin/partners/agreement/", "/admin/partners/agreement/add/"
PAST, FUTURE = date(2000, 1, 1), date(2999, 12, 31)


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


@pytest.fixture
def one_of_each_state(db, erasmus):
    """Create an agreement in each state, one of them in Brazil."""
    tecnologico = UniversityFactory(
        name="Tecnológico (TUM)", country=Country.objects.get(code="BR"), city="São Paulo", other_names="Escola"
    )
    offering = AgreementFactory(university=tecnologico, agreement_type=erasmus, valid_until=FUTURE, signed_on=PAST)
    Mobility.objects.create(agreement=offering, direction="out", places=3)
    Mobility.objects.create(agreement=offering, direction="in", places=0)
    AgreementFactory(university__name="Ended", status=AgreementStatus.ENDED)
    AgreementFactory(university__name="Expired", valid_until=PAST)
    AgreementFactory(university__name="Negotiated", agreement_type=None, status=AgreementStatus.IN_PROCESS)
    AgreementFactory(
        university__name="Upcoming",
        scope="Faculty of Law",
        reference_number="EX-47/b",
        valid_from=date(2990, 1, 1),
        is_open_ended=True,
    )


def test_list_displays_status_dates_and_what_is_offered(coordinator_client, one_of_each_state):
    page = coordinator_client.get(LIST)

    assert [re.sub(r"\(.*?\)|[\d,]+ days", "…", row) for row in rows(page)] == [
        "Ended Germany Bilateral ended - - ended -",
        "Expired Germany Bilateral expired - 1 Jan 2000 expired … ago -",
        "Negotiated Germany type unknown in process - - - -",
        "Tecnológico … Brazil Erasmus+ in force 1 Jan 2000 31 Dec 2999 ends in … 3 out, 0 in",
        "Upcoming Germany Bilateral, Faculty of Law upcoming from 1 Jan 2990 - - begins in … -",
    ]


@pytest.mark.parametrize(
    ("agreement", "label"),
    [
        ({}, "in force"),
        ({"valid_from": date(2026, 6, 15)}, "in force"),
        ({"valid_from": date(2026, 6, 16)}, "upcoming from 16 Jun 2026"),
        ({"valid_until": date(2026, 6, 14)}, "expired"),
        ({"status": AgreementStatus.IN_PROCESS}, "in process"),
        ({"status": AgreementStatus.ENDED}, "ended"),
        ({"status": AgreementStatus.ENDED, "end_reason": "merger"}, "ended: merger"),
        (
            {"status": AgreementStatus.ENDED, "end_reason": "merger", "ended_on": date(2026, 5, 3)},
            "ended on 3 May 2026: merger",
        ),
    ],
)
def test_list_displays_the_state(client, coordinator, marburg, agreement, label):
    AgreementFactory(university=marburg, **agreement)

    with time_machine.travel("2026-06-15 12:00"):
        client.force_login(coordinator)
        page = client.get(LIST)

    assert element_texts(page, "td.field-state") == [label]


@pytest.mark.parametrize(
    ("agreement", "label", "css_class"),
    [
        ({"valid_until": None}, "end not recorded", ""),
        ({"is_open_ended": True}, "open-ended", ""),
        ({"valid_from": date(2026, 7, 25), "valid_until": date(2026, 7, 31)}, "begins in 40 days", ""),
        ({"valid_from": date(2026, 6, 16)}, "begins in 1 day", ""),
        ({"valid_until": date(2026, 6, 15)}, "ends today", "soon"),
        ({"valid_until": date(2026, 6, 16)}, "ends in 1 day", "soon"),
        ({"valid_until": date(2026, 7, 15)}, "ends in 30 days", "soon"),
        ({"valid_until": date(2026, 7, 16)}, "ends in 31 days", "near"),
        ({"valid_until": date(2026, 9, 14)}, "ends in 91 days", ""),
        ({"valid_until": date(2026, 6, 14)}, "expired 1 day ago", "past"),
        ({"valid_until": date(2026, 6, 1), "status": AgreementStatus.IN_PROCESS}, "-", ""),
        ({"due_on": date(2027, 3, 1), "status": AgreementStatus.IN_PROCESS}, "due 1 Mar 2027", ""),
        ({"due_on": date(2026, 6, 15), "status": AgreementStatus.IN_PROCESS}, "due 15 Jun 2026", "soon"),
        (
            {"due_on": date(2026, 6, 14), "status": AgreementStatus.IN_PROCESS},
            "due 14 Jun 2026 (overdue)",
            "past",
        ),
        ({"status": AgreementStatus.ENDED}, "ended", ""),
        ({"status": AgreementStatus.ENDED, "ended_on": date(2026, 6, 15)}, "ended today", ""),
        ({"status": AgreementStatus.ENDED, "ended_on": date(2026, 6, 16)}, "ended", ""),
        ({"status": AgreementStatus.ENDED, "ended_on": date(2026, 6, 5)}, "ended 10 days ago", ""),
    ],
)
def test_list_displays_days_left(client, coordinator, marburg, agreement, label, css_class):
    AgreementFactory(university=marburg, **agreement)

    with time_machine.travel("2026-06-15 12:00"):
        client.force_login(coordinator)
        page = client.get(LIST)

    [deadline] = elements(page, "span.deadline")
    assert (deadline.get("class").removeprefix("deadline").strip(), text(deadline)) == (css_class, label)


@pytest.mark.parametrize("last_day", [date(2026, 5, 31), date(2026, 6, 20)])
def test_followed_agreement_is_not_urgent(client, coordinator, marburg, last_day):
    AgreementFactory(university=marburg, valid_until=last_day)
    AgreementFactory(university=marburg, valid_from=date(2026, 9, 1), is_open_ended=True)
    AgreementFactory(university=marburg, scope="Faculty of Law", valid_until=last_day)

    with time_machine.travel("2026-06-15 12:00"):
        client.force_login(coordinator)
        page = client.get(LIST)

    deadlines = {text(deadline): deadline.get("class") for deadline in elements(page, "span.deadline")}
    assert deadlines["renewed from 1 Sep 2026"] == "deadline "
    assert len(deadlines) == 3
    assert [css_class for css_class in deadlines.values() if css_class != "deadline "] == [
        "deadline past" if last_day.month == 5 else "deadline soon"
    ]


def test_list_is_sorted_by_days_left(coordinator_client, one_of_each_state):
    AgreementFactory(university__name="University of Sooner", valid_until=date(2999, 1, 1))
    page = coordinator_client.get(LIST, {"status": "in-force"})
    soonest_first = dict(links(page, "#result_list th a"))["Days left"]

    page = coordinator_client.get(f"{LIST}{soonest_first}")

    assert names(page) == ["University of Sooner", "Tecnológico (TUM)"]


@pytest.mark.parametrize("query", ["tecnologico", "(TUM)", "escola", "sao paulo", "brazil", "brazil escola tum"])
def test_search_finds_by_university_and_country(coordinator_client, one_of_each_state, query):
    page = coordinator_client.get(LIST, {"q": query})

    assert names(page) == ["Tecnológico (TUM)"]


@pytest.mark.parametrize("query", ["law", "FACULTY law", "ex-47", "EX-47/b", "upcoming law", "germany ex 47"])
def test_search_finds_by_scope_and_reference_number(coordinator_client, one_of_each_state, query):
    page = coordinator_client.get(LIST, {"q": query})

    assert names(page) == ["Upcoming"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=in-process", ["Negotiated"]),
        ("status=in-force", ["Tecnológico (TUM)"]),
        ("status=expired", ["Expired"]),
        ("status=ended", ["Ended"]),
        ("status=upcoming", ["Upcoming"]),
        ("status=current", ["Tecnológico (TUM)", "Upcoming"]),
        ("status=nonsense", []),
        ("type=erasmus", ["Tecnológico (TUM)"]),
        ("type=-", ["Negotiated"]),
        ("type=nonsense", []),
        ("country=BR", ["Tecnológico (TUM)"]),
        ("country=DE&type=bilateral", ["Ended", "Expired", "Upcoming"]),
        ("country=nonsense", []),
        ("ends=2999-12", ["Tecnológico (TUM)"]),
        ("ends=2000-01", ["Expired"]),
        ("ends=2000-13", []),
        ("ends=30", []),
        ("ends=31", []),
        ("ends=365", []),
        ("ends=academic-year", []),
        ("ends=open-ended", ["Upcoming"]),
        ("ends=not-recorded", []),
        ("renewed=no", ["Expired", "Tecnológico (TUM)", "Upcoming"]),
        ("renewed=yes", []),
        ("renewed=nonsense", []),
        ("signed=1999", ["Tecnológico (TUM)"]),
        ("signed=2000", []),
        ("signed=nonsense", []),
        ("who=-", ["Ended", "Expired", "Negotiated", "Tecnológico (TUM)", "Upcoming"]),
        ("who=me", []),
        ("who=nonsense", []),
        ("document=without", ["Ended", "Expired", "Negotiated", "Tecnológico (TUM)", "Upcoming"]),
        ("document=with", []),
        ("document=nonsense", []),
        ("status=expired&q=brazil", []),
    ],
)
def test_filters_narrow_the_list(coordinator_client, one_of_each_state, query, found):
    page = coordinator_client.get(f"{LIST}?{query}")

    assert names(page) == found


@pytest.fixture
def one_of_each_choice(one_of_each_state, coordinator, assistant):
    """Create agreements such that every filter choice matches at least one."""
    today = localdate()
    for days, person in [(0, coordinator), (30, coordinator), (31, assistant), (90, None), (91, None), (180, None)]:
        AgreementFactory(valid_until=today + timedelta(days=days), responsible=person)
    documented = AgreementFactory(university__name="Documented", signed_on=date(2020, 2, 29), valid_until=today)
    AgreementFactory(university=documented.university, valid_from=today + timedelta(days=1))
    Document.objects.create(agreement=documented, name="signed.pdf", size=1)


@pytest.mark.parametrize("query", ["", "q=germany", "status=in-force", "q=university&type=bilateral&country=DE"])
def test_facet_count_equals_the_number_of_filtered_agreements(coordinator_client, one_of_each_choice, query):
    page = coordinator_client.get(f"{LIST}?{query}")

    choices = [(url, label) for label, url in links(page, "#changelist-filter a") if label.endswith(")")]
    counts = {url: int(re.search(r"\((\d+)\)$", label)[1]) for url, label in choices}
    assert {url: len(names(coordinator_client.get(f"{LIST}{url}"))) for url in counts} == counts
    assert len(choices) == 25 + len(REGION_LABELS)


@pytest.mark.parametrize(("day", "found"), [("2026-08-31", ["Last", "First"]), ("2026-09-01", ["Next"])])
def test_academic_year_filter_has_its_first_and_last_day(client, coordinator, settings, day, found):
    settings.ACADEMIC_YEAR_START = (9, 1)
    ends = {"Before": "2025-08-31", "First": "2025-09-01", "Last": "2026-08-31", "Next": "2026-09-01"}
    for name, valid_until in ends.items():
        AgreementFactory(university__name=name, valid_until=valid_until)

    with time_machine.travel(f"{day} 12:00"):
        client.force_login(coordinator)
        page = client.get(LIST, {"ends": "academic-year", "o": "-1"})

    assert names(page) == found


def test_state_is_that_of_the_day_also_in_filters(client, coordinator, marburg):
    AgreementFactory(university=marburg, valid_from=date(2026, 9, 1), is_open_ended=True)
    found = {}

    for day in ("2026-08-31", "2026-09-01"):
        with time_machine.travel(f"{day} 12:00"):
            client.force_login(coordinator)
            found[day] = [names(client.get(LIST, {"status": state})) for state in ("upcoming", "in-force")]

    assert found == {"2026-08-31": [["Marburg"], []], "2026-09-01": [[], ["Marburg"]]}


def test_month_and_year_choices_are_displayed_only_while_selected(coordinator_client, one_of_each_state):
    page = coordinator_client.get(LIST, {"ends": "2999-12", "signed": "1999"})

    filters = filter_choices(page)
    assert filters["By its end"].endswith("open-ended (0) not recorded (0) December 2999 (1)")
    assert filters["By signed in"] == "By signed in All 1999/00 (1)"
    assert "By signed in" not in filter_choices(coordinator_client.get(LIST))


def test_facet_counts_of_the_office_s_list(coordinator_client, register):
    page = coordinator_client.get(LIST)

    filters = filter_choices(page)
    assert filters["By status"] == "By status All in process (1) upcoming (0) in force (127) expired (0) ended (0)"
    assert (
        filters["By agreement type"] == "By agreement type All Bilateral (96) Erasmus+ (21) GE3 (10) not known yet (1)"
    )
    assert filters["By its end"] == (
        "By its end All within 30 days (0) within 90 days (0) within 180 days (0) within a year (0) "
        "this academic year (0) open-ended (0) not recorded (127)"
    )
    assert filters["By renewal"] == "By renewal All not renewed (127) renewed (0)"
    assert filters["By coordinator responsible"] == "By coordinator responsible All me (0) nobody (128)"
    assert filters["By document"] == "By document All without (128) with (0)"
    assert len(re.findall(r"\(\d+\)", filters["By country or territory"])) == 30
    assert "128 agreements" in text(page)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=partner",
        "status=in-force",
        "status=in-force&type=bilateral",
        "q=partner&document=without",
        "ends=not-recorded&renewed=no",
        "status=current&document=without&renewed=no",
    ],
)
def test_list_makes_as_many_queries_with_300_universities_as_with_3(coordinator_client, query):
    partners(3)
    with_3 = count_queries(coordinator_client, f"{LIST}?{query}")

    partners(297, first=4)

    assert count_queries(coordinator_client, f"{LIST}?{query}") == with_3
    assert len(names(coordinator_client.get(f"{LIST}?{query}"))) == 100


def test_agreement_is_added(coordinator_client, marburg, bilateral):
    typed = {"university": marburg.pk, "agreement_type": bilateral.pk, "status": "signed", "valid_until": "2999-12-31"}

    page = coordinator_client.post(ADD, NO_ROWS | typed, follow=True)

    assert messages(page) == ["The agreement “Marburg: Bilateral (signed)” was added successfully."]
    assert [row.partition(" ends in")[0] for row in rows(page)] == ["Marburg Germany Bilateral in force - 31 Dec 2999"]


NEEDS_TYPE = "A signed agreement needs an agreement type."
OUT_OF_ORDER = "Valid until (1 Jan 2026) is before valid from (2 Jan 2026)."
NOT_BOTH = "An open-ended agreement has no last day. Empty it (1 Feb 2026), or say that it is not open-ended."
HAS_SIGNED = (
    "“Bilateral, end not recorded” is signed already. Choose dates that do not overlap, end that one, or renew it."
)
HAS_IN_PROCESS = "This university already has an agreement of this type and scope in process. Continue with it."
HAS_UNKNOWN = "This university already has an agreement of unknown type in process. Give that one its type first."


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"university": ""}, {"university": "This field is required."}),
        ({"status": "nonsense"}, {"status": "Select a valid choice. nonsense is not one of the available choices."}),
        ({"status": "signed", "agreement_type": ""}, {"agreement_type": NEEDS_TYPE}),
        ({"valid_from": "2026-01-02", "valid_until": "2026-01-01"}, {"valid_until": OUT_OF_ORDER}),
        (
            {"status": "signed", "agreement_type": "", "valid_from": "2026-01-02", "valid_until": "2026-01-01"},
            {"agreement_type": NEEDS_TYPE, "valid_until": OUT_OF_ORDER},
        ),
        ({"signed_on": "yesterday"}, {"signed_on": "“yesterday” is not a date. Write it like 1 Feb 2025."}),
        ({"valid_until": "2026-02-01", "is_open_ended": "on"}, {"valid_until": NOT_BOTH}),
    ],
    ids=["university", "status", "type", "dates", "type and dates", "day", "two ends"],
)
def test_form_displays_errors_at_the_field(coordinator_client, marburg, bilateral, typed, error):
    valid = {"university": marburg.pk, "agreement_type": bilateral.pk, "status": "in_process"}

    page = coordinator_client.post(ADD, NO_ROWS | valid | typed)

    assert errors(page) == error
    assert elements(page, ".errorlist.nonfield") == []
    assert Agreement.objects.count() == 0


@pytest.mark.parametrize(
    ("status", "type_is_known", "error"),
    [
        (AgreementStatus.SIGNED, True, HAS_SIGNED),
        (AgreementStatus.IN_PROCESS, True, HAS_IN_PROCESS),
        (AgreementStatus.IN_PROCESS, False, HAS_UNKNOWN),
    ],
    ids=["signed", "in process", "in process of unknown type"],
)
def test_form_rejects_a_second_open_agreement_of_a_type(
    coordinator_client, marburg, bilateral, status, type_is_known, error
):
    agreement_type = bilateral if type_is_known else None
    AgreementFactory(university=marburg, agreement_type=agreement_type, status=status)
    typed = {"university": marburg.pk, "agreement_type": agreement_type.pk if agreement_type else "", "status": status}

    page = coordinator_client.post(ADD, NO_ROWS | typed)

    assert element_texts(page, ".errorlist li") == [error]
    assert Agreement.objects.count() == 1


def test_form_adds_another_ended_agreement_of_a_type(coordinator_client, marburg, bilateral):
    AgreementFactory(university=marburg, status=AgreementStatus.ENDED)

    typed = {"university": marburg.pk, "agreement_type": bilateral.pk, "status": "ended"}
    coordinator_client.post(ADD, NO_ROWS | typed)

    assert list(Agreement.objects.values_list("university", "status")) == [(marburg.pk, "ended")] * 2


def test_signing_a_renewal_in_the_form_shortens_its_predecessor(coordinator_client, marburg, bilateral):
    old = AgreementFactory(university=marburg, is_open_ended=True)
    renewal = AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS)
    typed = {"university": marburg.pk, "agreement_type": bilateral.pk, "status": "signed", "valid_from": "2028-09-01"}
    url = f"{LIST}{renewal.pk}/change/"

    page = coordinator_client.post(url, NO_ROWS | typed)
    [box] = elements(page, ".confirm-date input")
    coordinator_client.post(url, NO_ROWS | typed | {box.name: box.get("value")})

    effect = "“Bilateral, open-ended” gets 31 Aug 2028 as its last day."
    assert errors(page) == {
        "valid_from": f"Another agreement changes: {effect} Correct the first day, or tick that this is right."
    }
    periods = Agreement.objects.order_by("pk").values_list("status", "valid_from", "valid_until", "renews")
    assert list(periods) == [
        ("signed", None, date(2028, 8, 31), None),
        ("signed", date(2028, 9, 1), None, old.pk),
    ]


def test_form_saves_all_details(coordinator_client, coordinator, marburg, bilateral):
    details = {
        "responsible": coordinator.pk,
        "next_step": "Send the draft",
        "contact": "Dr. Ada\nada@example.edu",
        "notes": "Slow in summer.",
        "scope": "Faculty of Law",
        "reference_number": "EO-2026/17",
        "due_on": date(2028, 9, 1),
        "is_open_ended": True,
        "public_note": "Send a portfolio.",
    }
    form = {"university": marburg.pk, "agreement_type": bilateral.pk, "status": "in_process"}

    coordinator_client.post(ADD, NO_ROWS | form | details)

    assert Agreement.objects.values(*details).get() == details


def test_form_suggests_the_scopes_of_the_register(coordinator_client, marburg):
    for count, scope in enumerate(["medicine", "Faculty of Law", "Medicine", "Medicine"]):
        AgreementFactory(university__name=f"Partner {count}", scope=scope)
    AgreementFactory(university=marburg)

    for path in (
        ADD,
        f"{LIST}{Agreement.objects.last().pk}/change/",
        f"/admin/partners/university/{marburg.pk}/change/",
    ):
        page = coordinator_client.get(path)
        [suggestions] = attributes(page, "input[name$=scope]:not([name*=__prefix__])", "list")
        options = attributes(page, f"datalist#{suggestions} option", "value")
        assert options == ["Faculty of Law", "Medicine", "medicine"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("faculty  of LAW", "Faculty of Law"),
        ("Faculty of Medicine", "Faculty of Medicine"),
        ("", ""),
    ],
)
def test_form_takes_over_the_most_used_spelling_of_a_scope(coordinator_client, marburg, bilateral, typed, stored):
    for count, scope in enumerate(["FACULTY OF LAW", "Faculty of Law", "Faculty of Law"]):
        AgreementFactory(university__name=f"Partner {count}", scope=scope)
    form = {"university": marburg.pk, "agreement_type": bilateral.pk, "status": "signed", "scope": typed}

    coordinator_client.post(ADD, NO_ROWS | form)

    assert marburg.agreements.get().scope == stored


def test_form_corrects_the_spelling_of_a_scope(coordinator_client, marburg):
    AgreementFactory(scope="faculty of law")
    agreement = AgreementFactory(university=marburg, scope="faculty of law")
    url = f"{LIST}{agreement.pk}/change/"

    page = coordinator_client.get(url)
    coordinator_client.post(url, form_data(page, "#agreement_form") | {"scope": "Faculty of Law"})

    agreement.refresh_from_db()
    assert agreement.scope == "Faculty of Law"


@pytest.mark.parametrize(
    ("values", "notice"),
    [
        ({"ended_on": date(2027, 5, 3), "end_reason": "merger"}, ["Ended on 3 May 2027: merger"]),
        ({}, ["Ended"]),
        ({"status": AgreementStatus.SIGNED}, []),
    ],
)
def test_change_form_displays_on_top_that_the_agreement_has_ended(client, assistant, marburg, values, notice):
    client.force_login(assistant)
    agreement = AgreementFactory(university=marburg, **{"status": AgreementStatus.ENDED} | values)

    page = client.get(f"{LIST}{agreement.pk}/change/")

    assert element_texts(page, ".notice p") == notice


def test_change_form_links_to_what_the_agreement_renews_and_what_renews_it(coordinator_client, marburg):
    ended = {"status": AgreementStatus.ENDED, "ended_on": date(2024, 8, 31), "end_reason": "merger"}
    first = AgreementFactory(university=marburg, **ended)
    second = AgreementFactory(university=marburg, valid_from=date(2024, 9, 1), is_open_ended=True, renews=first)
    third = AgreementFactory(university=marburg, status=AgreementStatus.IN_PROCESS, renews=second)

    page = coordinator_client.get(f"{LIST}{second.pk}/change/")

    assert element_texts(page, ".notice p") == [
        "Renews Bilateral, ended on 31 Aug 2024: merger",
        "Renewed by Bilateral, end not recorded (in process)",
    ]
    assert attributes(page, ".notice a", "href") == [f"{LIST}{other.pk}/change/" for other in (first, third)]
    assert elements(page, "[name=renews]") == []


def test_change_form_makes_as_many_queries_with_300_agreements_as_with_3(coordinator_client, bilateral):
    def queries(agreement):
        return count_queries(coordinator_client, f"{LIST}{agreement.pk}/change/")

    university = partners(3)[0]
    renewed = university.agreements.get()
    for _count in range(2):
        AgreementFactory(university=university, status=AgreementStatus.ENDED, renews=renewed)
    with_3 = queries(renewed)

    partners(297, first=4)
    for _count in range(20):
        AgreementFactory(university=university, status=AgreementStatus.ENDED, renews=renewed)

    assert queries(renewed) == with_3


def test_inline_clears_day_and_reason_of_the_end_with_the_status(coordinator_client, marburg):
    agreement = AgreementFactory(university=marburg, status=AgreementStatus.ENDED, ended_on=PAST, end_reason="Merger")
    inline = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 1, "0-id": agreement.pk, "0-university": marburg.pk}
    inline |= {"0-agreement_type": agreement.agreement_type_id, "0-status": "signed"}
    form = {"name": "Marburg", "country": marburg.country_id, "slug": marburg.slug, "is_listed": "on"}

    coordinator_client.post(
        f"/admin/partners/university/{marburg.pk}/change/",
        form | {f"agreements-{name}": value for name, value in inline.items()},
    )

    assert Agreement.objects.values_list("status", "ended_on", "end_reason").get() == ("signed", None, "")


@pytest.mark.parametrize(
    ("status", "actions"),
    [
        (AgreementStatus.IN_PROCESS, ["Mark as signed", "End"]),
        (AgreementStatus.SIGNED, ["Renew", "End"]),
        (AgreementStatus.ENDED, []),
    ],
)
def test_change_form_links_to_the_next_actions_of_the_status(coordinator_client, marburg, status, actions):
    agreement = AgreementFactory(university=marburg, status=status)

    page = coordinator_client.get(f"{LIST}{agreement.pk}/change/")

    tools = links(page, ".object-tools a")
    assert [label for label, url in tools if "?id=" in url] == actions
    assert dict(tools)["University"] == f"/admin/partners/university/{marburg.pk}/change/"


def test_next_action_leads_back_to_the_page_which_leads_back_to_the_list(coordinator_client, marburg):
    agreement = AgreementFactory(university=marburg, status=AgreementStatus.SIGNED)
    page_url = f"{LIST}{agreement.pk}/change/?next=/admin/"

    page = coordinator_client.get(page_url)

    renew_url = dict(links(page, ".object-tools a"))["Renew"]
    assert parse_qs(urlsplit(renew_url).query)["next"] == [page_url]


def test_change_form_has_no_actions_for_an_assistant(client, assistant, marburg):
    client.force_login(assistant)
    agreement = AgreementFactory(university=marburg)

    page = client.get(f"{LIST}{agreement.pk}/change/")

    assert "View as a student" in text(page)
    assert elements(page, '[href*="?id="]') == []


def test_responsible_choices_are_active_staff_and_the_current_user(coordinator_client, coordinator, marburg):
    former = User.objects.create_user("gone", is_staff=True, is_active=False)
    User.objects.create_user("left", is_staff=True, is_active=False)
    User.objects.create_user("student")
    agreement = AgreementFactory(university=marburg, responsible=former)

    page = coordinator_client.get(f"{LIST}{agreement.pk}/change/")

    assert element_texts(page, "select[name=responsible] option") == ["---------", "coordinator", "gone"]
