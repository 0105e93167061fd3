"""AWS on this machine: moto within this process, with credentials that open nothing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from unittest.mock import patch

import boto3
import botocore.loaders
import botocore.session
from moto import mock_aws  # must be imported before the first session, to be among its handlers

from local import shortcuts
from local.template import REGION

if TYPE_CHECKING:
    from moto.core.config import DefaultConfig
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# What boto3 reads from the environment, here and in the functions; the host's own configuration is hidden.
ENVIRONMENT = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "ASIALOCALLOCALLOCAL1",
    "AWS_SECRET_ACCESS_KEY": "this-key-opens-nothing",
    "AWS_SESSION_TOKEN": "this-token-opens-nothing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # moto's streams know no account-based endpoints
}


@dataclass(frozen=True)
class Clients:
    """One client for each service that the portal uses."""

    s3: "S3Client"
    dynamodb: "DynamoDBClient"
    streams: "DynamoDBStreamsClient"
    sqs: "SQSClient"
    cloudfront: "CloudFrontClient"


@contextmanager
def simulated() -> Iterator[boto3.Session]:
    """Replace AWS by moto, empty, for as long as the context lasts, and give a session for its clients.

    moto keeps its state in this process and takes no locks: drive it from one thread at a time.
    """
    hidden = [name for name in os.environ if name.startswith("AWS_")]
    configuration: DefaultConfig = {"core": {"mock_credentials": False, "reset_boto3_session": False}}
    with patch.dict(os.environ):
        for name in hidden:
            del os.environ[name]
        os.environ.update(ENVIRONMENT)
        with mock_aws(config=configuration), shortcuts.taken():
            core = botocore.session.Session()
            # The service models are megabytes of JSON, the same for every session: read them once.
            core.register_component("data_loader", _loader())
            yield boto3.Session(botocore_session=core)


def clients(session: boto3.Session) -> Clients:
    """Make the clients of the local run itself; the functions make their own."""
    return Clients(
        s3=session.client("s3"),
        dynamodb=session.client("dynamodb"),
        streams=session.client("dynamodbstreams"),
        sqs=session.client("sqs"),
        cloudfront=session.client("cloudfront"),
    )


@cache
def _loader() -> botocore.loaders.Loader:
    return botocore.loaders.create_loader()
