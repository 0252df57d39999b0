import os
import subprocess
import sys

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.helpers.files import PDF
from tests.test_concurrent_imports import ROOT

BUCKET = "exchange-documents"
CREDENTIALS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "eu-central-1"}
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
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(scope="module")
def bucket(server):
    client = boto3.client("s3", endpoint_url=server, **CREDENTIALS)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield client
    client.close()


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
