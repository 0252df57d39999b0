"""The command `check_links` with servers on the loopback interface, and its findings on the worklist."""

import socket
import ssl
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.core.management import CommandError, call_command

from partners.models import University, WebsiteCheck
from partners.website_checks import checks, public_sessions
from tests.helpers.changelists import names
from tests.helpers.factories import AgreementFactory, UniversityFactory, partners
from tests.helpers.html import count_queries, element_texts, elements, links, rows, text
from tests.helpers.loopback_server import answer, loopback_server
from tests.helpers.nginx import create_certificate
from tests.helpers.serving import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(monkeypatch):
    """A server whose loopback address counts as public."""
    monkeypatch.setattr(public_sessions, "is_public", {"127.0.0.1"}.__contains__)
    with loopback_server() as server:
        server.answers["/works"] = answer()
        yield server


def check(capsys):
    """Run the command. Return the lines that it prints."""
    call_command("check_links")
    return capsys.readouterr().out.splitlines()


def problem_of(url):
    """Check a university with the website beside one that works. Return the stored problem, None if there is none."""
    UniversityFactory(website=url)
    call_command("check_links")
    found = WebsiteCheck.objects.values_list("problem", "moved_to").first()
    return found and tuple(filter(None, found))


@pytest.fixture
def works(server):
    return UniversityFactory(name="Works", website=f"{server.url}/works")


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        (answer(404), ("gone",)),
        (answer(410), ("gone",)),
        (answer(403), None),
        (answer(429), None),
        (answer(503), None),
        (answer(301, Location="/works"), None),
        (answer(302, Location="/works"), None),
        (answer(302, Location="/gone"), ("gone",)),
        (answer(302, Location="/loop"), ("unreachable",)),
        (answer(302, Location="http://[evil"), ("unreachable",)),
        (answer(302, Location="ftp://127.0.0.1/"), ("unreachable",)),
        (answer(302, Location="http://10.0.0.1/"), ("not-public",)),
    ],
)
def test_answer_of_a_website_is_judged(server, works, response, problem):
    server.answers |= {"/": response, "/loop": answer(302, Location="/loop")}

    assert problem_of(f"{server.url}/") == problem


@pytest.mark.parametrize(
    ("statuses", "problem"),
    [((301,), "moved"), ((308, 302), "moved"), ((302, 301), None)],
    ids=["permanently", "permanently and then temporarily", "temporarily"],
)
def test_permanent_move_to_another_host_is_found(server, works, statuses, problem):
    other = server.url.replace("127.0.0.1", "localhost")
    server.answers["/"] = answer(statuses[0], Location=f"{other}/new")
    server.answers["/new"] = answer(statuses[1], Location="/works") if statuses[1:] else answer()

    assert problem_of(f"{server.url}/") == (problem and (problem, f"{other}/new"))


def test_website_that_refuses_head_is_requested_with_get(server, works):
    server.answers["/"] = lambda handler: answer(405 if handler.command == "HEAD" else 200, b"x" * 10)(handler)

    assert problem_of(f"{server.url}/") is None
    requests = [(method, path) for method, path, _headers in server.received]
    assert sorted(requests) == [("GET", "/"), ("HEAD", "/"), ("HEAD", "/works")]


def test_requests_name_the_site_and_nothing_else(server, works):
    call_command("check_links")

    [(_method, _path, headers)] = server.received
    assert headers == {
        "Host": server.url.removeprefix("http://"),
        "User-Agent": "exchange-partners (+https://partners.example.edu)",
        "Accept": "text/html,*/*;q=0.5",
        "Accept-Encoding": "identity",
    }


def test_unknown_host_is_a_problem(works):
    assert problem_of("https://university.invalid/") == ("unknown-host",)


def test_host_that_refuses_connections_is_a_problem(works):
    assert problem_of(f"http://127.0.0.1:{free_port()}/") == ("unreachable",)


def test_certificate_that_nobody_vouches_for_is_a_problem(server, works, tmp_path):
    with loopback_server() as secure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(create_certificate(tmp_path), tmp_path / "privkey.pem")
        secure.socket = context.wrap_socket(secure.socket, server_side=True)

        assert problem_of(f"https://127.0.0.1:{secure.server_port}/") == ("certificate",)


def test_website_that_does_not_answer_is_a_problem(server, works, monkeypatch):
    monkeypatch.setattr(checks, "TIMEOUT", 0.1)
    server.answers["/"] = lambda handler: handler.rfile.read(1)

    assert problem_of(f"{server.url}/") == ("timeout",)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "[::1]",
        "[fd00::1]",
        "2130706433",
    ],
)
def test_private_address_is_not_requested(monkeypatch, host):
    connections = []
    monkeypatch.setattr(public_sessions.socket, "create_connection", lambda *arguments: connections.append(arguments))
    session = public_sessions.public_session("tests")

    assert checks.check_website(session, f"http://{host}/") == ("not-public", "")
    assert connections == []


def test_address_is_connected_to_as_it_was_judged(server, works, monkeypatch):
    resolve, resolved = socket.getaddrinfo, []

    def resolve_to_another_address_each_time(host, *arguments, **options):
        resolved.append(host)
        address = {0: "127.0.0.1", 1: "10.0.0.1"}[resolved.count("university.example") - 1]
        return resolve(address if host == "university.example" else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_to_another_address_each_time)
    url = server.url.replace("127.0.0.1", "university.example")

    assert checks.check_website(public_sessions.public_session("tests"), f"{url}/works") == (None, "")
    assert resolved == ["university.example", "127.0.0.1"]


def test_host_gets_one_request_at_a_time(server):
    barrier, simultaneous = Barrier(2), []

    def wait_for_another(handler):
        with suppress(BrokenBarrierError):
            barrier.wait(timeout=0.3)
            simultaneous.append(handler.path)
        answer()(handler)

    for path in ("/1", "/2"):
        server.answers[path] = wait_for_another
        UniversityFactory(website=f"{server.url}{path}")

    call_command("check_links")

    assert (len(server.received), simultaneous) == (2, [])


def test_closing_line_has_the_numbers_and_the_others_what_was_found(server, works, capsys):
    UniversityFactory(name="Gone", website=f"{server.url}/gone")
    UniversityFactory(name="None")

    expected = f"Gone: {server.url}/gone: The page does not exist any more."
    assert check(capsys) == [expected, "2 checked, 1 work, 1 do not; 0 reported on the front page"]
    assert check(capsys) == [expected, "2 checked, 1 work, 1 do not; 1 reported on the front page"]


def test_nothing_is_recorded_if_no_website_works(server):
    for number in range(2):
        UniversityFactory(website=f"http://127.0.0.1:{free_port()}/{number}")

    with pytest.raises(CommandError, match=r"No website works\. Is this machine connected to the internet\?"):
        call_command("check_links")
    assert WebsiteCheck.objects.count() == 0


def worklist_rows(client, query=""):
    section = [s for s in elements(client.get(f"/admin/{query}"), "section") if "Websites" in element_texts(s, "h2")[0]]
    return [element_texts(section[0], "h2")[0], *rows(section[0])] if section else []


def test_worklist_has_what_failed_twice(coordinator_client, server, works):
    gone = UniversityFactory(name="Gone", website=f"{server.url}/gone")
    call_command("check_links")
    assert worklist_rows(coordinator_client) == []

    call_command("check_links")
    assert worklist_rows(coordinator_client) == [
        "Websites to check (1)",
        f"Gone {server.url}/gone The page does not exist any more.",
    ]
    assert worklist_rows(coordinator_client, "?who=me") == []
    url = next(url for label, url in links(coordinator_client.get("/admin/")) if label.endswith(": Websites to check"))
    page = coordinator_client.get(url)
    assert names(page) == ["Gone"]
    assert "to check (1)" in text(page)
    assert names(coordinator_client.get("/admin/partners/university/?website=x")) == []

    University.objects.filter(pk=gone.pk).update(website=f"{server.url}/other")
    assert worklist_rows(coordinator_client) == []


def test_worklist_of_one_person_has_the_websites_of_their_partners(coordinator_client, coordinator):
    agreement = AgreementFactory(university__website="https://a.example/", responsible=coordinator)
    UniversityFactory(website="https://b.example/")
    for university in University.objects.all():
        WebsiteCheck.objects.create(university=university, website=university.website, problem="gone", failures=2)

    assert worklist_rows(coordinator_client, "?who=me") == [
        "Websites to check (1)",
        f"{agreement.university.name} https://a.example/ The page does not exist any more.",
    ]


def test_website_that_works_again_is_reported_no_more(server, works, capsys):
    WebsiteCheck.objects.create(university=works, website=works.website, problem="gone", failures=5)

    assert check(capsys) == ["1 checked, 1 work, 0 do not; 0 reported on the front page"]
    assert WebsiteCheck.objects.count() == 0


def test_another_website_is_counted_anew(server, works):
    gone = UniversityFactory(website=f"{server.url}/gone")
    WebsiteCheck.objects.create(university=gone, website="https://before.example", problem="gone", failures=5)

    call_command("check_links")

    assert WebsiteCheck.objects.get().failures == 1


def test_worklist_takes_as_many_queries_for_300_websites_as_for_3(coordinator_client):
    url = "https://a.example/"
    failing = [WebsiteCheck(university=u, website=url, problem="gone", failures=2) for u in partners(300)]
    University.objects.update(website=url)
    WebsiteCheck.objects.bulk_create(failing[:3])
    with_3 = count_queries(coordinator_client, "/admin/")

    WebsiteCheck.objects.bulk_create(failing[3:])

    assert count_queries(coordinator_client, "/admin/") == with_3
