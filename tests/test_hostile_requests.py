"""Whatever is sent to whichever address, it is answered."""

from random import Random
from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from partners.models import ImportRun
from tests import hostile
from tests.factories import AgreementFactory, DocumentFactory
from tests.html import close, errors, messages, text, title

pytestmark = pytest.mark.django_db

ROUNDS = {"nobody": 2, "assistant": 1, "coordinator": 4, "superuser": 4}
FORM = "application/x-www-form-urlencoded"
BODIES = [
    (FORM, b"&".join(b"a%d=1" % number for number in range(2_000))),
    (f"{FORM}; charset=nope", b"a=1"),
    (f"{FORM}; charset=utf-16", b"a=1"),
    ("application/json", b'{"a": "\\ud800"}'),
    ("multipart/form-data", b"x"),
    (f"multipart/form-data; boundary={'x' * 300}", b"x"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"'),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="import_file"; filename="a\0b.tsv"\r\n\r\na\0b\r\n--x--\r\n',
    ),
]
REFUSAL = "There is a null character in what you sent. Remove it, and send it again."


@pytest.fixture
def browsers(assistant, coordinator):
    agreement = AgreementFactory(university__name="Marburg")
    DocumentFactory(agreement=agreement)
    ImportRun.of(b"x", file_name="a.tsv").save()
    users = {
        "assistant": assistant,
        "coordinator": coordinator,
        "superuser": User.objects.create_superuser("superuser"),
    }
    browsers = {"nobody": Client()}
    for role, user in users.items():
        browsers[role] = Client()
        browsers[role].force_login(user)
    return browsers


def ask(browser, *request):
    """Send it, and undo what it did. Returns what an error page would have been made of, or None."""
    method, path, *body = request
    cookies = browser.cookies.copy()
    try:
        with transaction.atomic():
            answer = browser.generic(method, path, **dict(zip(("content_type", "data"), body, strict=False)))
            close(answer)
            transaction.set_rollback(True)
    except Exception as error:  # noqa: BLE001
        return repr(error)
    finally:
        browser.cookies = cookies
    return f"status {answer.status_code}" if answer.status_code >= 500 else None


def requests(chance, route, page, rounds):
    """Some of the many with hostile values, the same at each run."""
    arguments = hostile.arguments(route)
    path = hostile.fill(route, **arguments)
    names, values = hostile.names_of(page)
    hostile_values = list(hostile.VALUES.values())
    for name in arguments:
        yield "GET", hostile.fill(route, **arguments | {name: chance.choice(hostile_values)})
    for number in range(rounds):
        pool = names if names and chance.random() < 0.6 else hostile.GENERAL
        sent = {chance.choice(pool): chance.choice(hostile_values) for _ in range(chance.choice([1, 1, 3, 8]))}
        if number % 2:
            yield "POST", path, FORM, urlencode(values | sent)
        else:
            yield "GET", f"{path}?{urlencode(sent, quote_via=quote)}"
    yield "POST", path, *chance.choice(BODIES)


@pytest.mark.parametrize("role", ROUNDS)
def test_every_address_answers_hostile_requests(browsers, role):
    faults = {}
    for route in hostile.routes():
        if "logout" in route or (role != "nobody" and not route.startswith("/admin/")):
            continue
        page = browsers[role].get(hostile.fill(route, **hostile.arguments(route)))
        close(page)
        chance = Random(f"{role} {route}")  # noqa: S311
        for request in requests(chance, route, page, ROUNDS[role]):
            if fault := ask(browsers[role], *request):
                faults[request] = fault

    assert faults == {}


@pytest.mark.parametrize(
    "address",
    [
        "/admin/partners/agreement/?country=%00",
        "/admin/partners/agreement/?type=a%00b",
        "/admin/partners/university/?q=%00",
        "/admin/partners/university/?%00=a",
        "/admin/partners/university/export/?country=%00",
        "/admin/partners/agreement/add/?university=%00",
        "/admin/partners/agreement/%00/change/",
        "/admin/autocomplete/?app_label=partners&model_name=agreement&field_name=university&term=%00",
        "/admin/changes/?who=%00",
        "/admin/partners/agreement/sign/?id=%00",
        "/universities/marburg/report/?%00",
    ],
)
def test_null_character_in_an_address_is_refused_in_a_sentence(browsers, address):
    page = browsers["coordinator"].get(address)

    assert (page.status_code, REFUSAL in text(page)) == (400, True)


@pytest.mark.parametrize("name", ["notes", "university", "next_step"])
def test_null_character_in_a_form_is_refused_in_a_sentence(browsers, name):
    page = browsers["coordinator"].post("/admin/partners/agreement/add/", {name: "a\0b"})

    assert (page.status_code, REFUSAL in text(page)) == (400, True)


@pytest.mark.parametrize("value", ["abc", "-1", "9" * 40, "1,2", "²"])
@pytest.mark.parametrize("name", ["university", "agreement_type", "responsible", "valid_from"])
def test_form_of_a_new_agreement_opens_whatever_its_address_names(browsers, name, value):
    page = browsers["coordinator"].get("/admin/partners/agreement/add/", {name: value})

    assert (page.status_code, title(page)) == (200, "Add agreement | Exchange Office")


@pytest.mark.parametrize("value", ["abc", "-1", "9" * 40, "²"])
def test_forged_university_of_an_agreement_is_an_error_at_the_field(browsers, value):
    page = browsers["coordinator"].post("/admin/partners/agreement/add/", {"university": value})

    assert errors(page)["university"] == "Select a valid choice. That choice is not one of the available choices."


@pytest.mark.parametrize("query", ["foo=bar", "id=abc", "is_listed__exact=perhaps"])
def test_export_with_an_unknown_filter_leads_back_to_the_list(browsers, query):
    page = browsers["coordinator"].get(f"/admin/partners/university/export/?{query}", follow=True)

    assert page.redirect_chain == [("/admin/partners/university/", 302)]
    assert messages(page) == ["The list cannot be filtered as the address says. Choose a filter here, then export."]


@pytest.mark.parametrize("resource", ["2", "-1", "-3", "abc", "9" * 40, "1"])
def test_confirmation_with_a_forged_resource_imports_nothing(browsers, resource):
    run = ImportRun.of(b"Country\tUniversity name\tAgreement type\nItaly\tPavia\tBilateral\n", file_name="list.tsv")
    run.save()
    sent = {
        "import_file_name": run.token,
        "original_file_name": "list.tsv",
        "format": "0",
        "resource": resource,
        "digest": "x",
    }

    page = browsers["coordinator"].post("/admin/partners/university/process_import/", sent, follow=True)

    assert messages(page) == ["The preview was incomplete. Choose the file again."]
    assert ImportRun.objects.get(pk=run.pk).accepted_at is None


@pytest.mark.parametrize(
    "address", ["²", "partners", "admin:index", "http://[::1", "//evil.example", "/\\evil.example"]
)
def test_address_to_go_on_to_that_is_none_leads_to_the_list(browsers, address):
    page = browsers["coordinator"].get("/admin/partners/agreement/sign/", {"next": address})

    assert (page.status_code, page["Location"]) == (302, "/admin/partners/agreement/")
