"""An S3 server on loopback with a bucket for documents."""

from contextlib import contextmanager

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "exchange-documents"
CREDENTIALS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "eu-central-1"}


@contextmanager
def run_s3_server():
    """Run an S3 server without buckets, and yield its URL."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@contextmanager
def create_bucket(server):
    """Create the bucket on a server, and yield a client of the server."""
    client = boto3.client("s3", endpoint_url=server, **CREDENTIALS)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield client
    client.close()
