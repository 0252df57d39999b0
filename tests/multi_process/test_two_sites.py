"""Two sites in folders of their own behind nginx, on one PostgreSQL, Redis and bucket: for visitors, they are one."""

import re
import shutil
from contextlib import ExitStack

import pytest
import requests
from django.db import connection

from bench.consistency_check import asked
from tests.conftest import OFFICES_LIST
from tests.files import PDF
from tests.forms import sent
from tests.html import messages, text
from tests.nginx import NAME, certificate, nginx
from tests.programs import needed
from tests.serving import copy_site, prepare, redis, served, surroundings
from tests.test_documents_in_s3 import BUCKET, bucket, server  # noqa: F401

pytestmark = [
    needed("nginx", "REQUIRE_NGINX"),
    needed("redis-server", "REQUIRE_REDIS"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="no PostgreSQL: name a server in TEST_DATABASE_URL"),
]
IMPORT, CONFIRM = "/admin/partners/university/import/", "/admin/partners/university/process_import/"


class Visitor:
    """A browser that has a page from the one site or from the other, and looks where it came from."""

    def __init__(self, port, trust, sites):
        self.address, self.sites = f"https://127.0.0.1:{port}", sites
        self.session = requests.Session()
        self.session.trust_env, self.session.verify = False, str(trust)
        self.session.headers.update({"Host": NAME, "Referer": f"https://{NAME}/"})

    def ask(self, site, address, form=None, **options):
        options["headers"] = {"X-To": str(site)} | options.get("headers", {})
        method = "GET" if form is None else "POST"
        page = self.session.request(method, self.address + address, data=form, **options)
        assert page.headers["X-From"] == f"127.0.0.1:{site}"
        return page

    def sign_in(self, site, account):
        form = sent(self.ask(site, "/admin/login/"), "login-form")
        names = {"username": account["name"], "password": account["password"]}
        return self.ask(site, "/admin/login/?next=/admin/", form | names)


@pytest.fixture(scope="module")
def surroundings_of_both(databases, templates, server):  # noqa: F811
    _name, address = databases.make("postgresql", templates("postgresql"))
    with redis() as cache:
        yield surroundings(
            DATABASE_URL=address,
            CACHE_URL=cache,
            ALLOWED_HOSTS=NAME,
            HTTPS="on",
            BEHIND_PROXY="on",
            DOCUMENTS_S3_BUCKET=BUCKET,
            DOCUMENTS_S3_ACCESS_KEY="key",
            DOCUMENTS_S3_SECRET_KEY="secret",
            DOCUMENTS_S3_ENDPOINT=server,
            DOCUMENTS_S3_REGION="eu-central-1",
        )


@pytest.fixture(scope="module")
def folders(surroundings_of_both, tmp_path_factory):
    folders = [tmp_path_factory.mktemp("sites") / name for name in ("one", "other")]
    folders[0].mkdir()
    prepare(copy_site(folders[0]), surroundings_of_both)
    shutil.copytree(*folders)
    return folders


@pytest.fixture(scope="module")
def visitor(surroundings_of_both, folders, bucket, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("nginx")
    trust = certificate(folder)
    with ExitStack() as stack:
        sites = [stack.enter_context(served(folder, surroundings_of_both)) for folder in folders]
        _plain, secure = stack.enter_context(nginx(folder, *sites))
        yield Visitor(secure, trust, sites)


@pytest.fixture(scope="module")
def account(surroundings_of_both):
    return asked(surroundings_of_both, "coordinators", "1")[0]


@pytest.fixture
def office(visitor, account):
    """Signed in at the one site."""
    visitor.session.cookies.clear()
    visitor.sign_in(visitor.sites[0], account)
    return visitor


def files(folder):
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def test_sites_take_turns(visitor):
    pages = [visitor.session.get(f"{visitor.address}/healthz") for _ in range(4)]

    one, other = [f"127.0.0.1:{site}" for site in visitor.sites]
    assert [page.headers["X-From"] for page in pages] in ([one, other] * 2, [other, one] * 2)
    assert [set(page.json().values()) for page in pages] == [{"ok"}] * 4


def test_who_signs_in_at_one_site_is_signed_in_at_the_other(office, account):
    _one, other = office.sites

    page = office.ask(other, "/admin/")

    assert f"Welcome, {account['name']}" in text(page)


def test_import_is_previewed_by_one_site_and_confirmed_by_the_other(office):
    one, other = office.sites
    edited = OFFICES_LIST.read_bytes().replace(
        b"Czech Technical University\tin process", b"Czech Technical University\tGE3"
    )
    form = sent(office.ask(one, IMPORT), None)

    preview = office.ask(one, IMPORT, form | {"format": "0"}, files={"import_file": ("partners.tsv", edited)})
    confirmed = office.ask(other, CONFIRM, sent(preview, None))

    assert "Czech Technical University: in process becomes signed GE3" in text(preview)
    assert messages(confirmed) == ["Imported partners.tsv: 0 new, 1 changed, 107 unchanged, 0 errors."]


def test_edit_at_one_site_is_read_at_the_other_at_once(office, account):
    one, other = office.sites
    change = f"/admin/partners/university/{account['university']}/change/"
    before = [office.ask(site, account["page"]) for site in (one, other)]

    office.ask(one, change, sent(office.ask(one, change), "university_form") | {"city": "Marburg"})
    after = [
        office.ask(site, account["page"], headers={"If-None-Match": before[0].headers["ETag"]}) for site in (other, one)
    ]

    assert ["Marburg" in text(page) for page in [*before, *after]] == [False, False, True, True]


def test_page_is_the_same_from_either_site_to_whoever_has_it(visitor):
    one, other = visitor.sites
    tag = visitor.ask(one, "/").headers["ETag"]

    again = visitor.ask(other, "/", headers={"If-None-Match": tag})

    assert (again.status_code, again.headers["ETag"]) == (304, tag)


def test_document_is_given_to_one_site_and_had_from_the_other(office, account, folders):
    one, other = office.sites
    before = [files(folder) for folder in folders]
    page = f"/admin/partners/agreement/{account['agreement']}/change/"

    form = sent(office.ask(one, page), "agreement_form")
    office.ask(one, page, form, files={"documents-added": ("agreement.pdf", PDF)})
    link = re.search(r'href="(/admin/partners/document/\d+/file/)"', office.ask(other, page).text)[1]

    assert office.ask(other, link).content == PDF
    assert [files(folder) for folder in folders] == before
