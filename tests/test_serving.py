import gc
import gzip
import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from bench.consistency_check import asked
from bench.coordinators import Coordinator
from bench.student_load import Reader
from exchange import gunicorn_conf
from tests.html import text
from tests.serving import Line, copy_site, get, prepare, served, surroundings


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return copy_site(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def prepared(folder):
    variables = surroundings(DATABASE_URL=f"sqlite:///{folder}/db.sqlite3")
    prepare(folder, variables)
    return variables


@pytest.fixture(scope="module")
def site(folder, prepared):
    with served(folder, prepared | {"WEB_CONCURRENCY": "4"}) as port:
        yield port


def test_site_is_served_with_prepared_static_files(site):
    status, _headers, page = get(site, "/")
    style = re.search(r'href="(/static/partners/public\.[0-9a-f]{12}\.css)"', page.decode())[1]

    found, headers, packed = get(site, style, Accept_Encoding="gzip")

    assert (status, found) == (200, 200)
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert gzip.decompress(packed) == get(site, style)[2]


def test_static_files_collected_with_debug_on_are_served_with_it_off(tmp_path):
    folder = copy_site(tmp_path)
    variables = surroundings(DATABASE_URL=f"sqlite:///{folder}/db.sqlite3")
    prepare(folder, variables | {"DEBUG": "on"})

    with served(folder, variables) as port:
        answers = [get(port, url)[0] for url in ("/", "/admin/login/", "/healthz")]

    assert answers == [200, 200, 200]


def test_process_leaves_what_every_page_needs_out_of_its_looks_for_garbage():
    try:
        gunicorn_conf.post_worker_init(worker=None)
        left_out = gc.get_freeze_count()
    finally:
        gc.unfreeze()

    assert left_out > len(gc.get_objects()) / 2


def test_error_pages_are_served_without_a_word_on_the_inside(site):
    status, _headers, page = get(site, "/nowhere")

    assert status == 404
    assert "Page not found" in text(page.decode())
    assert "urlpatterns" not in page.decode()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL: what is tried here are the settings for SQLite")
def test_ten_who_write_and_fifty_who_read_at_once_meet_no_error_on_sqlite(site, prepared):
    accounts = asked(prepared, "coordinators", "10")
    readers = [Reader(seed, [account["page"] for account in accounts]) for seed in range(50)]

    with ThreadPoolExecutor(60) as threads:
        writers = [Coordinator(account, [site]) for account in accounts]
        list(threads.map(Coordinator.sign_in, writers))
        works = [threads.submit(writer.edit_university, 1) for writer in writers]
        works += [threads.submit(reader.ask, site) for reader in readers]
        works += [threads.submit(writer.edit_agreement, 1) for writer in writers]
        for work in works:
            work.result()

    confirmed = [each for writer in writers for each in writer.confirmed]
    assert (len(confirmed), asked(prepared, "lost", told=confirmed)) == (20, [])
    assert [writer.stale for writer in writers] == [0] * 10


@pytest.mark.skipif(connection.vendor != "postgresql", reason="no PostgreSQL: name a server in TEST_DATABASE_URL")
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_site_says_that_its_database_is_gone_and_comes_back_with_it(folder):
    name = connection.settings_dict
    line = Line(name["HOST"], int(name["PORT"]))
    url = f"postgres://{name['USER']}:{name['PASSWORD']}@127.0.0.1:{line.port}/{name['NAME']}"
    variables = surroundings(DATABASE_URL=url)
    prepare(folder, variables)
    with served(folder, variables) as port:
        before = get(port, "/")[0]
        line.cut()
        gone = [get(port, address) for address in ("/", "/admin/login/", "/nowhere")]
        line.mend()
        after = get(port, "/")[0]
        line.cut()
        line.mend()
        restarted = get(port, "/")[0]
    line.cut()

    assert (before, after, restarted) == (200, 200, 200)
    assert [status for status, _headers, _page in gone] == [503, 200, 404]
    _status, headers, page = gone[0]
    assert (headers["Retry-After"], headers["Cache-Control"]) == ("30", "no-store")
    assert "The list cannot be reached right now. Nothing is lost." in text(page.decode())


@pytest.mark.parametrize("header", ["SCRIPT_NAME: /de", "PATH_INFO: /healthz", "X-Forwarded-Proto: https"])
def test_header_of_a_program_on_this_machine_makes_no_other_page(site, header):
    _status, _headers, page = get(site, "/de/")

    with socket.create_connection(("127.0.0.1", site)) as line:
        heads = ["GET /de/ HTTP/1.1", "Host: 127.0.0.1", header, "Connection: close", "", ""]
        line.sendall("\r\n".join(heads).encode())
        answer = line.makefile("rb").read()

    assert answer.partition(b"\r\n\r\n")[2] == page.replace(f"127.0.0.1:{site}".encode(), b"127.0.0.1")


def test_request_of_two_lengths_is_refused(site):
    heads = ["POST /admin/login/ HTTP/1.1", "Host: localhost", "Content-Length: 4", "Transfer-Encoding: chunked"]
    with socket.create_connection(("127.0.0.1", site)) as line:
        line.sendall("\r\n".join([*heads, "", "0", "", "GET /smuggled HTTP/1.1", "Host: localhost", "", ""]).encode())
        answers = line.makefile("rb").read()

    assert answers.startswith(b"HTTP/1.1 400 ")
    assert answers.count(b"HTTP/1.1 ") == 1
