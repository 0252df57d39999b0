"""No request to any URL causes a server error."""

from random import Random
from urllib.parse import quote, urlencode

import pytest
from django.db import transaction
from django.test import Client

from partners.admin.import_answers import digest_answers
from partners.imports.choices import NO_CHOICES
from partners.models import Run
from tests.helpers import hostile
from tests.helpers.factories import AgreementFactory, ApplicationRoundFactory, DocumentFactory, MobilityFactory
from tests.helpers.html import close_response, errors, messages, text, title
from tests.helpers.urls import fill_route, iter_routes, route_arguments

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

ROUNDS = {"nobody": 2, "assistant": 1, "coordinator": 2, "superuser": 2}
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
ERROR = "There is a null character in what you sent. Remove it, and send it again."


@pytest.fixture
def clients(users):
    agreement = AgreementFactory(university__name="Marburg")
    DocumentFactory(agreement=agreement)
    ApplicationRoundFactory()
    MobilityFactory(agreement=agreement)
    Run.from_upload(b"x", file_name="a.tsv").save()
    clients = {role: Client() for role in ROUNDS}
    for role in clients.keys() & users.keys():
        clients[role].force_login(users[role])
    return clients


def send(client, *request):
    """Send a request and roll back its changes. Return a description of a server error, or None."""
    method, path, *body = request
    cookies = client.cookies.copy()
    try:
        with transaction.atomic():
            response = client.generic(method, path, **dict(zip(("content_type", "data"), body, strict=False)))
            close_response(response)
            transaction.set_rollback(True)
    except Exception as error:  # noqa: BLE001
        return repr(error)
    finally:
        client.cookies = cookies
    return f"status {response.status_code}" if response.status_code >= 500 else None


def requests(random, route, page, rounds):
    """Yield pseudo-random requests with hostile values, as arguments of `send`."""
    arguments = route_arguments(route)
    path = fill_route(route, **arguments)
    names, values = hostile.form_and_link_names(page)
    hostile_values = list(hostile.HOSTILE_VALUES.values())
    for name in arguments:
        yield "GET", fill_route(route, **arguments | {name: random.choice(hostile_values)})
    for number in range(rounds):
        pool = names if names and random.random() < 0.6 else hostile.COMMON_PARAMS
        data = {random.choice(pool): random.choice(hostile_values) for _ in range(random.choice([1, 1, 3, 8]))}
        if number % 2:
            yield "POST", path, FORM, urlencode(values | data)
        else:
            yield "GET", f"{path}?{urlencode(data, quote_via=quote)}"
    yield "POST", path, *random.choice(BODIES)


@pytest.mark.parametrize("role", ROUNDS)
def test_every_url_answers_hostile_requests(clients, role):
    failures = {}
    for route in dict.fromkeys(route for route, _name in iter_routes()):
        if "logout" in route or (role != "nobody" and not route.startswith("/admin/")):
            continue
        page = clients[role].get(fill_route(route, **route_arguments(route)))
        close_response(page)
        random = Random(f"{role} {route}")  # noqa: S311
        for request in requests(random, route, page, ROUNDS[role]):
            if failure := send(clients[role], *request):
                failures[request] = failure

    assert failures == {}


@pytest.mark.parametrize(
    "url",
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
def test_null_character_in_a_url_is_rejected_with_a_message(clients, url):
    page = clients["coordinator"].get(url)

    assert (page.status_code, ERROR in text(page)) == (400, True)


@pytest.mark.parametrize("name", ["notes", "university", "next_step"])
def test_null_character_in_a_form_is_rejected_with_a_message(clients, name):
    page = clients["coordinator"].post("/admin/partners/agreement/add/", {name: "a\0b"})

    assert (page.status_code, ERROR in text(page)) == (400, True)


@pytest.mark.parametrize("value", ["abc", "-1", "9" * 40, "1,2", "²"])
@pytest.mark.parametrize("name", ["university", "agreement_type", "responsible", "valid_from"])
def test_agreement_form_opens_with_an_invalid_initial_value(clients, name, value):
    page = clients["coordinator"].get("/admin/partners/agreement/add/", {name: value})

    assert (page.status_code, title(page)) == (200, "Add agreement | Exchange Office")


@pytest.mark.parametrize("value", ["abc", "-1", "9" * 40, "²"])
def test_forged_university_of_an_agreement_is_a_field_error(clients, value):
    page = clients["coordinator"].post("/admin/partners/agreement/add/", {"university": value})

    assert errors(page)["university"] == "Select a valid choice. That choice is not one of the available choices."


@pytest.mark.parametrize("query", ["foo=bar", "id=abc", "is_listed__exact=perhaps"])
def test_export_with_an_unknown_filter_redirects_to_the_list(clients, query):
    page = clients["coordinator"].get(f"/admin/partners/university/export/?{query}", follow=True)

    assert page.redirect_chain == [("/admin/partners/university/", 302)]
    assert messages(page) == ["The list cannot be filtered as the address says. Choose a filter here, then export."]


INCOMPLETE = "The preview was incomplete. Choose the file again."
OUTDATED = "The register has changed since the preview: look at it again."


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        *[("import_file_name", value, INCOMPLETE) for value in ["", "2", "-1", "abc", "9" * 40]],
        *[("digest", value, OUTDATED) for value in ["x", "-1", "9" * 40]],
        ("digest", "", INCOMPLETE),
        ("answers", "", INCOMPLETE),
        ("answers", "x", "Other answers were given in another window: look at them again."),
    ],
)
def test_forged_confirmation_imports_nothing(clients, name, value, message):
    run = Run.from_upload(b"Country\tUniversity name\tAgreement type\nItaly\tPavia\tBilateral\n", file_name="list.tsv")
    run.save()
    data = {"import_file_name": run.token, "digest": "x", "answers": digest_answers(NO_CHOICES)} | {name: value}

    page = clients["coordinator"].post("/admin/partners/university/process_import/", data, follow=True)

    assert messages(page) == [message]
    assert Run.objects.get(pk=run.pk).accepted_at is None


@pytest.mark.parametrize("url", ["²", "partners", "admin:index", "http://[::1", "//evil.example", "/\\evil.example"])
def test_unsafe_next_url_redirects_to_the_list(clients, url):
    page = clients["coordinator"].get("/admin/partners/agreement/sign/", {"next": url})

    assert (page.status_code, page["Location"]) == (302, "/admin/partners/agreement/")
