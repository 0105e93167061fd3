"""Where the portal is: its resources' names, and clients of AWS's API that reach them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self
from urllib.error import URLError
from urllib.request import urlopen

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from portal.outcomes import ABSENT, error_code
from portal.table import Table

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef
    from mypy_boto3_sqs import SQSClient

_SECONDS = 10
_LOCAL_REGION = "ap-southeast-1"


class UnreachableError(Exception):
    """There's no portal where it was looked for; the message says what to do."""


@dataclass(frozen=True)
class Deployment:
    """One portal. `names` gives a resource's name by its logical id; `site_url` has no trailing slash."""

    names: Mapping[str, str]
    site_url: str
    table: Table
    s3: "S3Client"
    sqs: "SQSClient"
    streams: "DynamoDBStreamsClient"
    cloudfront: "CloudFrontClient"
    functions: Any = None  # the client of Lambda; none on this machine, where no code is replaced

    @classmethod
    def of_this_machine(cls, address: str) -> Self:
        """Find the portal that `make run` has started.

        Raises:
            UnreachableError: none answers at that address.
        """
        address = f"http://{address.removeprefix('http://').rstrip('/')}"
        try:
            with urlopen(f"{address}/local/resources", timeout=_SECONDS) as answer:  # noqa: S310 (http, see above)
                document = json.load(answer)
        except (URLError, ValueError, OSError) as error:
            message = f"No portal answers at {address}. Start it with `make run`, or name its address: --address URL"
            raise UnreachableError(message) from error
        # Addressed by path: this machine has no host for each bucket.
        config = Config(s3={"addressing_style": "path"})
        session = boto3.Session("local", "opens-nothing", region_name=_LOCAL_REGION)
        return cls._with(session, document["resources"], address, {"endpoint_url": address, "config": config})

    @classmethod
    def of_stack(cls, stack: str, session: boto3.Session) -> Self:
        """Find the portal that was deployed as a stack, in the session's account and region.

        Raises:
            UnreachableError: there's no such stack, it is none of a portal, or there's no way to ask.
        """
        try:
            client = session.client("cloudformation")
            pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
            names = {
                each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
                for page in pages
                for each in page["StackResourceSummaries"]
            }
            outputs = client.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
        except (ClientError, BotoCoreError) as error:
            message = (
                f"The stack {stack} can't be read: {error}. Check --stack, the region (AWS_REGION) and the credentials "
                "(AWS_PROFILE). For the portal of this machine, add --local"
            )
            raise UnreachableError(message) from error
        site_url = next((each["OutputValue"] for each in outputs if each["OutputKey"] == "SiteUrl"), None)
        if site_url is None or not names.get("Table"):
            raise UnreachableError(f"The stack {stack} is no portal, or not deployed yet. Check --stack")
        return replace(cls._with(session, names, site_url, {}), functions=session.client("lambda"))

    @classmethod
    def _with(cls, session: boto3.Session, names: Mapping[str, str], site_url: str, options: Mapping[str, Any]) -> Self:
        return cls(
            names=names,
            site_url=site_url.rstrip("/"),
            table=Table(session.client("dynamodb", **options), names["Table"]),
            s3=session.client("s3", **options),
            sqs=session.client("sqs", **options),
            streams=session.client("dynamodbstreams", **options),
            cloudfront=session.client("cloudfront", **options),
        )

    def head(self, bucket: str, key: str) -> "HeadObjectOutputTypeDef | None":
        """Tell what a bucket, by its logical id, knows of an object; None when there's none of that key."""
        try:
            return self.s3.head_object(Bucket=self.names[bucket], Key=key)
        except ClientError as error:
            if error_code(error) in ABSENT:
                return None
            raise

    def count(self, queue: str) -> int:
        """Count a queue's messages, by its logical id: visible, in flight and delayed."""
        answer = self.sqs.get_queue_attributes(QueueUrl=self.names[queue], AttributeNames=["All"])["Attributes"]
        return sum(int(number) for name, number in answer.items() if name.startswith("ApproximateNumberOf"))
