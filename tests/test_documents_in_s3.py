import os
import subprocess
import sys

import pytest

from tests.helpers.files import PDF
from tests.helpers.paths import ROOT
from tests.helpers.s3 import BUCKET, create_bucket, run_s3_server

ADD_DOCUMENT = """
from partners.models import Document
from tests.helpers.factories import AgreementFactory, DocumentFactory
from tests.helpers.files import PDF, upload

document = Document.objects.get(pk=DocumentFactory().pk)
print(document.file.name, document.file.open().read() == PDF)
"""
DELETE_DOCUMENTS = """
from partners.models import Document

Document.objects.get().delete()
"""


@pytest.fixture(scope="module")
def server():
    """The URL of a local S3 server."""
    with run_s3_server() as url:
        yield url


@pytest.fixture(scope="module")
def bucket(server):
    with create_bucket(server) as client:
        yield client


@pytest.fixture
def manage(server, tmp_path):
    """A function that runs a management command with a new database and the bucket, and returns its output."""
    environment = os.environ | {
        "TEST_DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DOCUMENTS_S3_BUCKET": BUCKET,
        "DOCUMENTS_S3_ACCESS_KEY": "key",
        "DOCUMENTS_S3_SECRET_KEY": "secret",
        "DOCUMENTS_S3_ENDPOINT": server,
        "DOCUMENTS_S3_REGION": "eu-central-1",
    }

    def run(*arguments):
        command = [sys.executable, ROOT / "manage.py", *arguments, "--verbosity", "0"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    run("migrate")
    return run


def test_documents_are_stored_privately_in_the_bucket(manage, bucket, documents):
    name, is_read_back = manage("shell", "--command", ADD_DOCUMENT).split()
    manage("delete_orphaned_documents")

    stored = bucket.get_object(Bucket=BUCKET, Key=name)
    grants = bucket.get_object_acl(Bucket=BUCKET, Key=name)["Grants"]
    assert (stored["Body"].read(), is_read_back) == (PDF, "True")
    assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"]
    assert not documents.exists()

    manage("shell", "--command", DELETE_DOCUMENTS)
    assert bucket.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
