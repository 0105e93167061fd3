"""What is left out of moto and botocore changes no answer of theirs."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError
from moto import backend_index
from moto.dynamodb.models.dynamo_type import Item
from moto.moto_api._internal import mock_random

from local import aws, shortcuts
from local.template import REGION
from tests.reliability.world import NOON

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

Ask = Callable[..., Any]
KEY = {"pk": {"S": "a"}, "sk": {"S": "1"}}
# One value of each type; what is within a map or a set is changed in its place.
VALUES: dict[str, Any] = {
    "text": {"S": "Bản Lả"},
    "amount": {"N": "12.50"},
    "bytes": {"B": b"\x00\xff"},
    "yes": {"BOOL": True},
    "none": {"NULL": True},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1"]},
    "list": {"L": [{"S": "x"}, {"N": "1"}, {"L": []}]},
    "map": {"M": {"S": {"S": "named as a type"}, "title": {"S": "x"}, "in.side": {"M": {"n": {"N": "1"}}}}},
}


def ask_dynamodb(session: boto3.Session, ask: Ask) -> None:
    client = session.client("dynamodb")
    streams = session.client("dynamodbstreams")
    keys: list[Any] = [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    ask(
        client.create_table,
        TableName="items",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=keys,
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "turned",
                "KeySchema": [keys[0] | {"AttributeName": "sk"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    for pk, sk in (("b", "2"), ("a", "3"), ("á", "1"), ("a", "1"), ("a", "12"), ("b", "1"), ("a", "2")):
        ask(client.put_item, TableName="items", Item={"pk": {"S": pk}, "sk": {"S": sk}, **VALUES})
    ask(client.get_item, TableName="items", Key=KEY)
    ask(client.get_item, TableName="items", Key=KEY | {"sk": {"S": "none"}})
    for forward in (True, False):
        ask(
            client.query,
            TableName="items",
            KeyConditionExpression="pk = :pk AND sk > :sk",
            ExpressionAttributeValues={":pk": {"S": "a"}, ":sk": {"S": "1"}},
            ScanIndexForward=forward,
            Limit=2,
        )
    ask(
        client.query,
        TableName="items",
        IndexName="turned",
        KeyConditionExpression="sk = :sk",
        ExpressionAttributeValues={":sk": {"S": "1"}},
    )
    update: dict[str, Any] = {
        "TableName": "items",
        "Key": KEY,
        "UpdateExpression": "SET #map.title = :n, amount = amount + :n ADD texts :texts REMOVE #list[0]",
        "ExpressionAttributeNames": {"#map": "map", "#list": "list"},
        "ExpressionAttributeValues": {":n": {"N": "1"}, ":texts": {"SS": ["c"]}},
    }
    ask(client.update_item, **update, ReturnValues="ALL_OLD")
    ask(client.update_item, **update, ReturnValues="ALL_NEW")
    ask(client.update_item, **update, ConditionExpression="attribute_not_exists(pk)")
    other = {"pk": {"S": "c"}, "sk": {"S": "1"}}
    acts: list[TransactWriteItemTypeDef] = [
        {"Put": {"TableName": "items", "Item": {**other, **VALUES}}},
        {"Update": update},  # type: ignore[typeddict-item]
        {"Delete": {"TableName": "items", "Key": {"pk": {"S": "b"}, "sk": {"S": "2"}}}},
    ]
    fails: TransactWriteItemTypeDef = {
        "ConditionCheck": {"TableName": "items", "Key": KEY | {"sk": {"S": "3"}}, "ConditionExpression": "pk = sk"}
    }
    ask(client.transact_write_items, TransactItems=[*acts, fails])
    ask(client.scan, TableName="items")
    ask(client.transact_write_items, TransactItems=acts)
    ask(client.transact_write_items, TransactItems=acts)
    ask(client.scan, TableName="items", Limit=3)
    arn = ask(client.describe_table, TableName="items")["Table"]["LatestStreamArn"]
    shard = ask(streams.describe_stream, StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    begun = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    # Only the names of the iterators come from a chance that can't be repeated.
    ask(lambda: {"Records": streams.get_records(ShardIterator=begun["ShardIterator"])["Records"]})
    ask(client.get_item, TableName="none", Key=KEY)


def ask_s3(session: boto3.Session, ask: Ask) -> None:
    client = session.client("s3")
    ask(client.create_bucket, Bucket="pages", CreateBucketConfiguration={"LocationConstraint": REGION})
    ask(client.put_bucket_versioning, Bucket="pages", VersioningConfiguration={"Status": "Enabled"})
    page: dict[str, Any] = {"Bucket": "pages", "Key": "tin-tức/a b+c.html"}
    said = {"ContentType": "text/html; charset=utf-8", "CacheControl": "max-age=0", "Metadata": {"version": "1"}}
    put = ask(client.put_object, **page, **said, Body=b"<p>\x00\xff</p>", IfNoneMatch="*")
    ask(client.put_object, **page, **said, Body=b"", IfNoneMatch="*")
    ask(client.put_object, **page, **said, Body=b"", IfMatch=put["ETag"])
    ask(client.put_object, Bucket="pages", Key="index.html", Body=b"x" * 100_000)
    ask(client.get_object, **page)
    ask(client.head_object, **page)
    ask(client.head_object, Bucket="pages", Key="none")
    ask(client.get_object, Bucket="pages", Key="none")
    ask(client.list_objects_v2, Bucket="pages", Prefix="tin", MaxKeys=1)
    ask(client.list_object_versions, Bucket="pages")
    ask(client.delete_object, Bucket="pages", Key="index.html")
    ask(client.head_bucket, Bucket="none")
    ask(lambda: {"url": client.generate_presigned_url("put_object", Params=page)})


def ask_sqs(session: boto3.Session, ask: Ask) -> None:
    client = session.client("sqs")
    dead = ask(client.create_queue, QueueName="dead")["QueueUrl"]
    arn = ask(client.get_queue_attributes, QueueUrl=dead, AttributeNames=["All"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    url = ask(client.create_queue, QueueName="work", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    said: Any = {"of": {"DataType": "String", "StringValue": "á"}}
    ask(client.send_message, QueueUrl=url, MessageBody="<&>", MessageAttributes=said)
    ask(client.send_message_batch, QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "x", "DelaySeconds": 900}])
    every: Any = {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"]}
    got = ask(client.receive_message, QueueUrl=url, **every)["Messages"][0]
    ask(client.change_message_visibility, QueueUrl=url, ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=0)
    ask(client.receive_message, QueueUrl=url, **every)
    left = ask(client.receive_message, QueueUrl=dead, **every)["Messages"][0]
    ask(client.delete_message_batch, QueueUrl=dead, Entries=[{"Id": "1", "ReceiptHandle": left["ReceiptHandle"]}])
    ask(client.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])
    ask(client.receive_message, QueueUrl=f"{url}-none")


def ask_cloudfront(session: boto3.Session, ask: Ask) -> None:
    client = session.client("cloudfront")
    origins = {
        "Quantity": 1,
        "Items": [{"Id": "o", "DomainName": "pages.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}],
    }
    behaviour = {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all"}
    wanted: Any = {
        "CallerReference": "1",
        "Comment": "<&>",
        "Enabled": True,
        "Origins": origins,
        "DefaultCacheBehavior": behaviour,
    }
    made = ask(client.create_distribution, DistributionConfig=wanted)["Distribution"]["Id"]
    batch: Any = {"Paths": {"Quantity": 2, "Items": ["/*", "/a"]}, "CallerReference": "x"}
    ask(client.create_invalidation, DistributionId=made, InvalidationBatch=batch)
    ask(client.list_invalidations, DistributionId=made)
    ask(client.create_invalidation, DistributionId="NONE", InvalidationBatch=batch)


def answers(talk: Callable[[boto3.Session, Ask], None]) -> list[Any]:
    """Hold a talk with AWS as if by the same chance at the same moment; give all that it answers."""
    heard: list[Any] = []

    def ask(call: Callable[..., Any], **parameters: Any) -> Any:  # noqa: ANN401 (as the call gives it)
        try:
            answer = call(**parameters)
        except ClientError as error:
            answer = error.response
        if "Body" in answer:
            answer["Body"] = answer["Body"].read()
        heard.append(answer)
        clock.shift(1)
        return answer

    with time_machine.travel(NOON, tick=False) as clock, aws.simulated() as session:
        mock_random.seed(7)
        talk(session, ask)
    return heard


@pytest.mark.parametrize("talk", [ask_dynamodb, ask_s3, ask_sqs, ask_cloudfront])
def test_aws_answers_the_same_without_the_shortcuts(talk: Callable[[boto3.Session, Ask], None]) -> None:
    short = answers(talk)

    with patch.object(shortcuts, "SHORTCUTS", ()):
        assert short == answers(talk)


def test_moto_looks_at_each_service_of_the_portal_first_and_misses_none() -> None:
    services = [service for service, _ in backend_index.backend_url_patterns]
    with aws.simulated():
        first = [service for service, _ in backend_index.backend_url_patterns]

    assert set(first[:8]) == {"cloudfront", "dynamodb", "dynamodbstreams", "s3", "sqs"}
    assert sorted(first) == sorted(services)


def test_moto_keeps_no_item_that_nobody_holds() -> None:
    kept: list[object] = []

    def talk(session: boto3.Session, ask: Ask) -> None:
        ask_dynamodb(session, ask)
        tracked: Any = Item
        kept.extend(tracked.instances_tracked)

    answers(talk)

    assert kept == []
