from shutil import copy

import pytest

from partners.models import Document
from tests.helpers.factories import DocumentFactory
from tests.helpers.files import PDF
from tests.helpers.processes import report
from tests.helpers.s3 import BUCKET, create_bucket, run_s3_server
from tests.helpers.sites import Site

pytestmark = pytest.mark.slow


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
def site(server, migrated_file, tmp_path, documents):
    """A site with an empty database that stores documents in the bucket."""
    site = Site(f"sqlite:///{copy(migrated_file, tmp_path)}", documents)
    site.environment |= {
        "DOCUMENTS_S3_BUCKET": BUCKET,
        "DOCUMENTS_S3_ACCESS_KEY": "key",
        "DOCUMENTS_S3_SECRET_KEY": "secret",
        "DOCUMENTS_S3_ENDPOINT": server,
        "DOCUMENTS_S3_REGION": "eu-central-1",
    }
    return site


def add_document():
    """Add a document, and report its name and whether its content is read back."""
    document = Document.objects.get(pk=DocumentFactory().pk)
    report(f"{document.file.name} {document.file.open().read() == PDF}")


def delete_document():
    Document.objects.get().delete()


def test_documents_are_stored_privately_in_the_bucket(site, bucket, documents):
    name, is_read_back = site.call(add_document)[0].split()
    _output, errors = site.run("delete_orphaned_documents")

    stored = bucket.get_object(Bucket=BUCKET, Key=name)
    grants = bucket.get_object_acl(Bucket=BUCKET, Key=name)["Grants"]
    assert (stored["Body"].read(), is_read_back, errors) == (PDF, "True", "")
    assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"]
    assert not documents.exists()

    assert site.call(delete_document) == ("", "")
    assert bucket.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
