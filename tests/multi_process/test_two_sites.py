"""Two instances behind nginx with a shared PostgreSQL, Redis and S3 bucket, which visitors see as one site."""

import shutil
from contextlib import ExitStack

import pytest
import requests

from bench.consistency_check import run_check
from tests.helpers.files import PDF
from tests.helpers.html import attributes, form_data, messages, text
from tests.helpers.nginx import SERVER_NAME, create_certificate, run_nginx
from tests.helpers.paths import OFFICE_LIST_PATH
from tests.helpers.programs import requires_program
from tests.helpers.s3 import BUCKET, create_bucket, run_s3_server
from tests.helpers.serving import copy_site, prepare_site, run_redis, serve_site, site_environment

pytestmark = [
    pytest.mark.slow,
    requires_program("nginx", "REQUIRE_NGINX"),
    requires_program("redis-server", "REQUIRE_REDIS"),
    pytest.mark.postgresql,
]
IMPORT, CONFIRM = "/admin/partners/university/import/", "/admin/partners/university/process_import/"


class Visitor:
    """A browser session that chooses the instance of each request and checks which one answered."""

    def __init__(self, port, trust, sites):
        self.base_url, self.sites = f"https://127.0.0.1:{port}", sites
        self.session = requests.Session()
        self.session.trust_env, self.session.verify = False, str(trust)
        self.session.headers.update({"Host": SERVER_NAME, "Referer": f"https://{SERVER_NAME}/"})

    def request(self, site, path, form=None, **options):
        options["headers"] = {"X-To": str(site)} | options.get("headers", {})
        method = "GET" if form is None else "POST"
        page = self.session.request(method, self.base_url + path, data=form, **options)
        assert page.headers["X-From"] == f"127.0.0.1:{site}"
        return page

    def log_in(self, site, account):
        form = form_data(self.request(site, "/admin/login/"), "#login-form")
        credentials = {"username": account["name"], "password": account["password"]}
        return self.request(site, "/admin/login/?next=/admin/", form | credentials)


@pytest.fixture(scope="module")
def server():
    """The URL of a local S3 server."""
    with run_s3_server() as url:
        yield url


@pytest.fixture(scope="module")
def bucket(server):
    with create_bucket(server) as client:
        yield client


@pytest.fixture(scope="module")
def shared_environment(databases, templates, server):
    _name, url = databases.create("postgresql", templates("postgresql"))
    with run_redis() as cache:
        yield site_environment(
            DATABASE_URL=url,
            CACHE_URL=cache,
            ALLOWED_HOSTS=SERVER_NAME,
            HTTPS="on",
            BEHIND_PROXY="on",
            DOCUMENTS_S3_BUCKET=BUCKET,
            DOCUMENTS_S3_ACCESS_KEY="key",
            DOCUMENTS_S3_SECRET_KEY="secret",
            DOCUMENTS_S3_ENDPOINT=server,
            DOCUMENTS_S3_REGION="eu-central-1",
        )


@pytest.fixture(scope="module")
def folders(shared_environment, tmp_path_factory):
    folders = [tmp_path_factory.mktemp("sites") / name for name in ("one", "other")]
    folders[0].mkdir()
    prepare_site(copy_site(folders[0]), shared_environment)
    shutil.copytree(*folders)
    return folders


@pytest.fixture(scope="module")
def visitor(shared_environment, folders, bucket, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx")
    trust = create_certificate(folder)
    with ExitStack() as stack:
        sites = [stack.enter_context(serve_site(folder, shared_environment)) for folder in folders]
        _plain, secure = stack.enter_context(run_nginx(folder, *sites))
        yield Visitor(secure, trust, sites)


@pytest.fixture(scope="module")
def account(shared_environment):
    return run_check(shared_environment, "coordinators", "1")[0]


@pytest.fixture
def office(visitor, account):
    """A visitor logged in as coordinator at the first instance."""
    visitor.session.cookies.clear()
    visitor.log_in(visitor.sites[0], account)
    return visitor


def files(folder):
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def test_requests_alternate_between_instances(visitor):
    pages = [visitor.session.get(f"{visitor.base_url}/healthz") for _ in range(4)]

    one, other = [f"127.0.0.1:{site}" for site in visitor.sites]
    assert [page.headers["X-From"] for page in pages] in ([one, other] * 2, [other, one] * 2)
    assert [set(page.json().values()) for page in pages] == [{"ok"}] * 4


def test_login_at_one_instance_is_valid_at_the_other(office, account):
    _one, other = office.sites

    page = office.request(other, "/admin/")

    assert f"Welcome, {account['name']}" in text(page)


def test_import_previewed_by_one_instance_is_confirmed_by_the_other(office):
    one, other = office.sites
    edited = OFFICE_LIST_PATH.read_bytes().replace(
        b"Czech Technical University\tin process", b"Czech Technical University\tGE3"
    )
    form = form_data(office.request(one, IMPORT), "#content form")

    preview = office.request(one, IMPORT, form | {"format": "0"}, files={"import_file": ("partners.tsv", edited)})
    confirmed = office.request(other, CONFIRM, form_data(preview, f'form[action="{CONFIRM}"]'))

    assert "The agreement of unknown type, in process, becomes GE3 and signed." in text(preview)
    assert messages(confirmed) == ["Imported partners.tsv: 0 new, 1 changed, 107 unchanged, 0 errors."]


def test_edit_at_one_instance_is_visible_at_the_other_at_once(office, account):
    one, other = office.sites
    change = f"/admin/partners/university/{account['university']}/change/"
    before = [office.request(site, account["page"]) for site in (one, other)]

    office.request(one, change, form_data(office.request(one, change), "#university_form") | {"city": "Marburg"})
    after = [
        office.request(site, account["page"], headers={"If-None-Match": before[0].headers["ETag"]})
        for site in (other, one)
    ]

    assert ["Marburg" in text(page) for page in [*before, *after]] == [False, False, True, True]


def test_etag_is_the_same_at_both_instances(visitor):
    one, other = visitor.sites
    tag = visitor.request(one, "/").headers["ETag"]

    again = visitor.request(other, "/", headers={"If-None-Match": tag})

    assert (again.status_code, again.headers["ETag"]) == (304, tag)


def test_document_uploaded_to_one_instance_is_downloaded_from_the_other(office, account, folders):
    one, other = office.sites
    before = [files(folder) for folder in folders]
    page = f"/admin/partners/agreement/{account['agreement']}/change/"

    form = form_data(office.request(one, page), "#agreement_form")
    office.request(one, page, form, files={"documents-added": ("agreement.pdf", PDF)})
    [link] = attributes(office.request(other, page), 'a[href^="/admin/partners/document/"][href$="/file/"]', "href")

    assert office.request(other, link).content == PDF
    assert [files(folder) for folder in folders] == before
