import gc
import gzip
import os
import re
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from bench.consistency_check import run_check
from bench.coordinators import Coordinator
from bench.student_load import Reader
from exchange import gunicorn_conf
from tests.helpers.html import attributes, text
from tests.helpers.serving import TcpProxy, copy_site, http_get, prepare_site, serve_site, site_environment, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site_dir(tmp_path_factory):
    return copy_site(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def site_env(site_dir):
    environment = site_environment(DATABASE_URL=f"sqlite:///{site_dir}/db.sqlite3")
    prepare_site(site_dir, environment)
    return environment


@pytest.fixture(scope="module")
def port(site_dir, site_env):
    with serve_site(site_dir, site_env | {"WEB_CONCURRENCY": "4"}) as port:
        yield port


def test_static_files_are_served_hashed_and_compressed(port):
    status, _headers, page = http_get(port, "/")
    [stylesheet] = attributes(page.decode(), 'link[href^="/static/partners/public."]', "href")

    style_status, headers, compressed = http_get(port, stylesheet, Accept_Encoding="gzip")

    assert (status, style_status) == (200, 200)
    assert re.fullmatch(r"/static/partners/public\.[0-9a-f]{12}\.css", stylesheet)
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert gzip.decompress(compressed) == http_get(port, stylesheet)[2]


def test_static_files_collected_with_debug_on_are_served_with_it_off(tmp_path):
    site_dir = copy_site(tmp_path)
    environment = site_environment(DATABASE_URL=f"sqlite:///{site_dir}/db.sqlite3")
    prepare_site(site_dir, environment | {"DEBUG": "on"})

    with serve_site(site_dir, environment) as port:
        statuses = [http_get(port, url)[0] for url in ("/", "/admin/login/", "/healthz")]

    assert statuses == [200, 200, 200]


def test_reload_takes_new_settings(tmp_path):
    site_dir = copy_site(tmp_path)
    environment = site_environment(DATABASE_URL=f"sqlite:///{site_dir}/db.sqlite3")
    prepare_site(site_dir, environment)

    with serve_site(site_dir, environment) as port:
        before = text(http_get(port, "/")[2].decode())
        (site_dir / ".env").write_text("OFFICE_NAME=Office after the reload\n")
        arbiter_pid = re.search(r"Listening at: \S+ \((\d+)\)", (site_dir / "log").read_text())[1]
        os.kill(int(arbiter_pid), signal.SIGHUP)
        wait_until(lambda: "Office after the reload" in text(http_get(port, "/")[2].decode()))

    assert "Exchange Office" in before


def test_worker_freezes_loaded_objects_for_garbage_collection():
    try:
        gunicorn_conf.post_worker_init(worker=None)
        frozen_count = gc.get_freeze_count()
    finally:
        gc.unfreeze()

    assert frozen_count > len(gc.get_objects()) / 2


def test_error_page_does_not_reveal_internals(port):
    status, _headers, page = http_get(port, "/nowhere")

    assert status == 404
    assert "Page not found" in text(page.decode())
    assert "urlpatterns" not in page.decode()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="tests the settings for SQLite")
def test_ten_concurrent_writers_and_fifty_readers_get_no_errors_on_sqlite(port, site_env):
    accounts = run_check(site_env, "coordinators", "10")
    readers = [Reader(seed, [account["page"] for account in accounts]) for seed in range(50)]

    with ThreadPoolExecutor(60) as threads:
        writers = [Coordinator(account, [port]) for account in accounts]
        list(threads.map(Coordinator.sign_in, writers))
        futures = [threads.submit(writer.edit_university, 1) for writer in writers]
        futures += [threads.submit(reader.request_page, port) for reader in readers]
        futures += [threads.submit(writer.edit_agreement, 1) for writer in writers]
        for future in futures:
            future.result()

    confirmed = [save for writer in writers for save in writer.confirmed_saves]
    assert (len(confirmed), run_check(site_env, "lost", stdin_data=confirmed)) == (20, [])
    assert [writer.stale_count for writer in writers] == [0] * 10


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_site_answers_503_while_the_database_is_unreachable_and_recovers(site_dir):
    database = connection.settings_dict
    proxy = TcpProxy(database["HOST"], int(database["PORT"]))
    url = f"postgres://{database['USER']}:{database['PASSWORD']}@127.0.0.1:{proxy.port}/{database['NAME']}"
    environment = site_environment(DATABASE_URL=url)
    prepare_site(site_dir, environment)
    with serve_site(site_dir, environment) as port:
        before = http_get(port, "/")[0]
        proxy.disconnect()
        responses = [http_get(port, url) for url in ("/", "/admin/login/", "/nowhere")]
        proxy.connect()
        after = http_get(port, "/")[0]
        proxy.disconnect()
        proxy.connect()
        restarted = http_get(port, "/")[0]
    proxy.disconnect()

    assert (before, after, restarted) == (200, 200, 200)
    assert [status for status, _headers, _page in responses] == [503, 200, 404]
    _status, headers, page = responses[0]
    assert (headers["Retry-After"], headers["Cache-Control"]) == ("30", "no-store")
    assert "The list cannot be reached right now. Nothing is lost." in text(page.decode())


@pytest.mark.parametrize("header", ["SCRIPT_NAME: /de", "PATH_INFO: /healthz", "X-Forwarded-Proto: https"])
def test_local_client_cannot_override_path_or_scheme(port, header):
    _status, _headers, page = http_get(port, "/de/")

    with socket.create_connection(("127.0.0.1", port)) as client:
        request_lines = ["GET /de/ HTTP/1.1", "Host: 127.0.0.1", header, "Connection: close", "", ""]
        client.sendall("\r\n".join(request_lines).encode())
        response = client.makefile("rb").read()

    assert response.partition(b"\r\n\r\n")[2] == page.replace(f"127.0.0.1:{port}".encode(), b"127.0.0.1")


def test_request_with_length_and_chunked_encoding_is_rejected(port):
    request_lines = [
        "POST /admin/login/ HTTP/1.1",
        "Host: localhost",
        "Content-Length: 4",
        "Transfer-Encoding: chunked",
    ]
    with socket.create_connection(("127.0.0.1", port)) as client:
        smuggled_lines = ["0", "", "GET /smuggled HTTP/1.1", "Host: localhost", "", ""]
        client.sendall("\r\n".join([*request_lines, "", *smuggled_lines]).encode())
        responses = client.makefile("rb").read()

    assert responses.startswith(b"HTTP/1.1 400 ")
    assert responses.count(b"HTTP/1.1 ") == 1
