"""The command `load_ror` without a file: the newest release from a server on the loopback interface."""

import hashlib
import json
from functools import partial

import pytest
from django.core.management import CommandError, call_command

from partners.institutions import download
from partners.models import Institution
from tests.helpers.loopback_server import answer, loopback_server
from tests.helpers.ror import ror_organization, write_release
from tests.helpers.serving import free_port

LISTING, FILE, NAME = "/api/records?q=&sort=newest", "/api/files/release.zip/content", "v2.9-ror-data.zip"
NO_LIST = "127.0.0.1 has not answered with a list of releases."
WEB_PAGE = "127.0.0.1 answers with a web page. Is there a page to sign in to the network?"
DAMAGED = f"{NAME} was damaged on its way, and has been deleted. Run the command again."
CLOSING_LINE = "1 new, 0 changed, 0 unchanged; the registry has withdrawn 0 of them\n"

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, settings):
    settings.ROR_CACHE_DIR = tmp_path / "cache" / "ror"
    return settings.ROR_CACHE_DIR


@pytest.fixture
def content(tmp_path):
    return write_release(tmp_path / "release.zip", ror_organization()).read_bytes()


@pytest.fixture
def server(settings, folder, content):
    """A server with a release as Zenodo has it, and an earlier one."""
    with loopback_server() as server:
        settings.ROR_RELEASES_URL = server.url + LISTING
        release = {
            "key": NAME,
            "size": len(content),
            "checksum": f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}",
            "links": {"self": server.url + FILE},
        }
        earlier = release | {"key": "v2.8-ror-data.zip", "links": {"self": f"{server.url}/earlier"}}
        server.release = release
        server.answers[LISTING] = partial(
            send_listing, {"hits": {"hits": [{"files": [release]}, {"files": [earlier]}]}}
        )
        server.answers[FILE] = partial(send_file, content)
        yield server


def send_listing(listing, handler):
    answer(body=json.dumps(listing).encode())(handler)


def send_file(content, handler):
    start = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
    answer(206 if start else 200, content[start:])(handler)


def download_error():
    """Run the command, which fails. Return its message without the way out."""
    with pytest.raises(CommandError) as error:
        call_command("load_ror")
    assert Institution.objects.count() == 0
    return str(error.value).removesuffix(f" {download.BY_HAND}").removeprefix("Nothing was loaded. ")


def test_newest_release_is_downloaded_and_loaded(server, folder, capsys):
    call_command("load_ror")

    assert Institution.objects.get().name == "Technical University of Munich"
    assert capsys.readouterr() == (CLOSING_LINE, "")
    assert list(folder.iterdir()) == []


def test_nothing_is_sent_but_two_requests(server, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))

    call_command("load_ror")

    assert [(method, path) for method, path, _headers in server.received] == [("GET", LISTING), ("GET", FILE)]
    host = server.url.removeprefix("http://")
    assert [headers for _method, _path, headers in server.received] == [
        {"Host": host, "User-Agent": "exchange-partners", "Accept-Encoding": "identity"}
    ] * 2


def test_download_goes_on_where_it_stopped(server, content, capsys, monkeypatch):
    monkeypatch.setattr(download, "CHUNK_SIZE", 100)
    server.answers[FILE] = answer(body=content[:300], declared_length=len(content))
    assert download_error() == f"127.0.0.1 has ended the connection early. {download.AGAIN}"

    server.answers[FILE] = partial(send_file, content)
    call_command("load_ror")

    assert server.received[-1][2]["Range"] == "bytes=300-"
    assert capsys.readouterr().out == CLOSING_LINE


def test_download_without_a_length_that_ends_early_can_go_on(server, folder, content):
    server.release["size"] += 1

    assert download_error() == (
        f"The connection ended after {len(content):,} of {len(content) + 1:,} bytes. {download.AGAIN}"
    )


def test_download_starts_again_if_the_server_sends_no_parts(server, folder, content, capsys):
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(content[:300])
    server.answers[FILE] = answer(body=content)

    call_command("load_ror")

    assert capsys.readouterr().out == CLOSING_LINE


def test_complete_file_is_not_downloaded_again(server, folder, content, capsys):
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(content)

    call_command("load_ror")

    assert [path for _method, path, _headers in server.received] == [LISTING]
    assert capsys.readouterr().out == CLOSING_LINE


def test_file_is_kept_while_it_cannot_be_loaded(server, folder, tmp_path):
    content = write_release(tmp_path / "bad.zip", ror_organization(names=[])).read_bytes()
    server.release |= {"size": len(content), "checksum": f"sha256:{hashlib.sha256(content).hexdigest()}"}
    server.answers[FILE] = answer(body=content)

    assert download_error().endswith("has no name.")
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_redirect_within_the_host_is_followed(server, content, capsys):
    server.answers[FILE] = answer(302, Location="/elsewhere")
    server.answers["/elsewhere"] = answer(body=content)

    call_command("load_ror")

    assert capsys.readouterr().out == CLOSING_LINE


@pytest.mark.parametrize(
    "target", ["http://localhost:1/", "https://127.0.0.1/", "//evil.example/", "file:///etc/passwd"]
)
def test_redirect_to_another_origin_is_not_followed(server, target):
    server.answers[LISTING] = answer(302, Location=target)

    url = f"http:{target}" if target.startswith("//") else target
    assert download_error() == download.OTHER_ORIGIN.format(url)


def test_file_on_another_origin_is_not_requested(server):
    server.release["links"]["self"] = "http://169.254.169.254/latest"

    assert download_error() == download.OTHER_ORIGIN.format("http://169.254.169.254/latest")


def test_endless_redirects_are_not_followed(server):
    server.answers[LISTING] = answer(302, Location=LISTING)

    assert download_error() == "127.0.0.1 redirects again and again."
    assert len(server.received) == 6


@pytest.mark.parametrize(
    ("path", "response", "message"),
    [
        (LISTING, answer(404), "127.0.0.1 answers 404 Not Found to {url}."),
        (LISTING, answer(503), "127.0.0.1 answers 503 Service Unavailable to {url}."),
        (FILE, answer(404), "127.0.0.1 answers 404 Not Found to {url}."),
        (FILE, answer(429), "127.0.0.1 has had too many requests. Try again in an hour."),
        (
            LISTING,
            answer(body=b"<p>", Content_Type="text/html"),
            WEB_PAGE,
        ),
        (LISTING, answer(body=b"<p>"), NO_LIST),
        (LISTING, answer(body=b'{"hits": {"hits": []}}'), NO_LIST),
        (LISTING, answer(body=b"[" * 100_000), NO_LIST),
        (LISTING, answer(body=b" " * 10_000_001), "The list of releases has more than 10,000,000 bytes."),
        (
            FILE,
            answer(body=b"x" * 10_000),
            DAMAGED,
        ),
    ],
)
def test_answer_that_is_no_release_is_explained(server, folder, path, response, message):
    server.answers[path] = response

    assert download_error() == message.format(url=server.url + path)
    assert list(folder.glob("*")) == []


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("size", 500_000_001, "The newest release has more than 500,000,000 bytes."),
        ("size", "large", NO_LIST),
        ("checksum", "md5:0123", DAMAGED),
        ("checksum", "none", f"The checksum of {NAME} is of an unknown kind."),
        ("key", "v2.9.tar", NO_LIST),
    ],
)
def test_release_that_cannot_be_downloaded_is_explained(server, field, value, message):
    server.release[field] = value

    assert download_error() == message


def test_file_stays_in_the_folder_whatever_its_name(server, folder, content):
    server.release |= {"key": "../../evil.zip", "checksum": "none"}

    download_error()

    assert [path.name for path in folder.iterdir()] == ["evil.zip"]


def test_server_that_cannot_be_reached_is_explained(settings, folder):
    settings.ROR_RELEASES_URL = f"http://127.0.0.1:{free_port()}/"

    assert download_error() == "127.0.0.1 cannot be reached. Is this machine connected to the internet?"


def test_server_that_does_not_answer_is_explained(server, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", 0.05)
    server.answers[LISTING] = lambda handler: handler.rfile.read(1)

    assert download_error() == f"127.0.0.1 does not answer in time. {download.AGAIN}"


def test_folder_that_cannot_be_written_is_explained(server, folder):
    folder.parent.write_text("a file")

    assert download_error() == f"{folder} cannot be used: Not a directory. Set ROR_CACHE_DIR to another."
