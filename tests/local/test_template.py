"""The template as the local run reads it, and what becomes of what it does not know."""

import json
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from local import aws, resources
from local.template import Json, Template, TemplateError, queue_url

PARAMETERS = {"TokenIssuer": "https://issuer.example", "TokenAudience": "desk"}
SMALL = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Mood: {Type: String, Default: good}
  Given: {Type: String}
Conditions:
  Good: !Equals [!Ref Mood, good]
  Bad: !Not [!Condition Good]
  Either: !Or [!Condition Good, !Condition Bad]
  Both: !And [!Condition Good, !Condition Bad]
Resources:
  Box: {Type: AWS::S3::Bucket}
  Named:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Sub "${AWS::StackName}-given"}
  Queue: {Type: AWS::SQS::Queue}
  OnlyIfBad: {Type: AWS::SQS::Queue, Condition: Bad}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: {StreamViewType: NEW_IMAGE}
Outputs:
  Mood: {Value: !Ref Mood}
  IfBad: {Condition: Bad, Value: bad}
"""


def small(folder: Path, text: str = SMALL, **parameters: str) -> Template:
    path = folder / "template.yaml"
    path.write_text(text)
    return Template({"Given": "it", **parameters}, path=path)


class TestIntrinsics:
    @pytest.mark.parametrize(
        ("value", "resolved"),
        [
            ("plain", "plain"),
            ({"Ref": "Mood"}, "good"),
            ({"Ref": "Box"}, "portal-local-box"),
            ({"Ref": "Named"}, "portal-local-given"),
            ({"Ref": "Queue"}, "https://sqs.ap-southeast-1.amazonaws.com/123456789012/portal-local-Queue"),
            ({"Ref": "AWS::Region"}, "ap-southeast-1"),
            ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:aws:sqs:ap-southeast-1:123456789012:portal-local-Queue"),
            ({"Fn::GetAtt": "Box.Arn"}, "arn:aws:s3:::portal-local-box"),
            ({"Fn::Sub": "${Mood}, ${Box.Arn}/*, ${!Mood}"}, "good, arn:aws:s3:::portal-local-box/*, ${Mood}"),
            ({"Fn::Sub": ["${a}${Mood}", {"a": {"Ref": "Given"}}]}, "itgood"),
            ({"Fn::Join": ["-", ["a", {"Ref": "Mood"}, {"Ref": "AWS::NoValue"}]]}, "a-good"),
            ({"Fn::Split": ["-", {"Fn::Sub": "a-${Mood}"}]}, ["a", "good"]),
            ({"Fn::Select": [1, {"Fn::Split": ["-", "a-b-c"]}]}, "b"),
            ({"Fn::If": ["Good", 1, {"Ref": "NoSuchThing"}]}, 1),
            ({"Fn::If": ["Both", 1, 2]}, 2),
            ({"Fn::If": ["Either", 1, 2]}, 1),
            ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
            # An IAM statement has a key of this name too.
            ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}},) * 2,
        ],
    )
    def test_an_intrinsic_gives_what_cloudformation_gives(self, tmp_path: Path, value: Json, resolved: Json) -> None:
        assert small(tmp_path).resolve(value) == resolved

    @pytest.mark.parametrize(
        ("value", "named"),
        [
            ({"Fn::Base64": "x"}, "Fn::Base64"),
            ({"Ref": "Nowhere"}, "Nowhere"),
            ({"Fn::GetAtt": ["Box", "WebsiteURL"]}, "WebsiteURL"),
            ({"Fn::GetAtt": ["Table", "StreamArn"]}, "not yet"),
            ({"Fn::If": ["Nowhere", 1, 2]}, "Nowhere"),
        ],
    )
    def test_what_is_not_known_is_an_error_that_names_it(self, tmp_path: Path, value: Json, named: str) -> None:
        with pytest.raises(TemplateError, match=named):
            small(tmp_path).resolve(value)


class TestParameters:
    def test_a_parameter_given_replaces_the_default(self, tmp_path: Path) -> None:
        template = small(tmp_path, Mood="bad")

        assert template.resolve({"Ref": "Mood"}) == "bad"
        assert template.resource("OnlyIfBad")
        assert template.outputs() == {"Mood": "bad", "IfBad": "bad"}

    def test_a_resource_whose_condition_does_not_hold_is_not_there(self, tmp_path: Path) -> None:
        template = small(tmp_path)

        with pytest.raises(TemplateError, match="OnlyIfBad"):
            template.resource("OnlyIfBad")
        assert template.outputs() == {"Mood": "good"}

    def test_a_parameter_without_default_must_be_given(self, tmp_path: Path) -> None:
        small(tmp_path)
        with pytest.raises(TemplateError, match="Given"):
            Template(path=tmp_path / "template.yaml")

    def test_an_unknown_parameter_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(TemplateError, match="Wood"):
            small(tmp_path, Wood="x")


class TestResources:
    def test_attributes_that_come_with_the_making_are_known_afterwards(self, tmp_path: Path) -> None:
        template = small(tmp_path)
        with aws.simulated() as session:
            resources.create(template, aws.clients(session))

        assert "/stream/" in template.attribute("Table", "StreamArn")

    def test_a_resource_is_found_by_its_name_and_by_its_arn(self, tmp_path: Path) -> None:
        template = small(tmp_path)

        assert template.logical_id("portal-local-box") == "Box"
        assert template.logical_id(template.attribute("Queue", "Arn")) == "Queue"
        assert queue_url(template.attribute("Queue", "Arn")) == template.ref("Queue")

    def test_an_unknown_type_is_refused_by_name(self, tmp_path: Path) -> None:
        template = small(tmp_path, SMALL.replace("Outputs:", "  News: {Type: AWS::SNS::Topic}\nOutputs:"))

        with aws.simulated() as session, pytest.raises(TemplateError, match="News is an AWS::SNS::Topic"):
            resources.create(template, aws.clients(session))

    def test_an_unknown_property_is_refused_by_name(self, tmp_path: Path) -> None:
        text = SMALL.replace(
            "Queue: {Type: AWS::SQS::Queue}",
            "Queue: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}",
        )

        with aws.simulated() as session, pytest.raises(TemplateError, match=r"Queue .* declares FifoQueue"):
            resources.create(small(tmp_path, text), aws.clients(session))


class TestTheRealTemplate:
    def test_every_resource_resolves_once_all_are_made(self) -> None:
        template = Template(PARAMETERS)
        with aws.simulated() as session:
            resources.create(template, aws.clients(session))

        for resource in template.resources():
            template.properties(resource.logical_id)

    def test_every_bucket_table_and_queue_is_made_as_declared(self) -> None:
        template = Template(PARAMETERS)
        with aws.simulated() as session:
            clients = aws.clients(session)
            resources.create(template, clients)
            buckets = {each["Name"] for each in clients.s3.list_buckets()["Buckets"]}
            versioning = {clients.s3.get_bucket_versioning(Bucket=each)["Status"] for each in buckets}
            encryption = [clients.s3.get_bucket_encryption(Bucket=each) for each in buckets]
            queues = set(clients.sqs.list_queues()["QueueUrls"])
            table = clients.dynamodb.describe_table(TableName=template.ref("Table"))["Table"]
            backups = clients.dynamodb.describe_continuous_backups(TableName=template.ref("Table"))
            intake = clients.sqs.get_queue_attributes(QueueUrl=template.ref("IntakeQueue"), AttributeNames=["All"])[
                "Attributes"
            ]

        assert buckets == {template.ref(name) for name in ("UploadsBucket", "ArchiveBucket", "SiteBucket")}
        assert versioning == {"Enabled"}
        assert len(encryption) == len(buckets)
        assert queues == {template.ref(each.logical_id) for each in template.resources("AWS::SQS::Queue")}
        declared = template.properties("IntakeQueue")
        assert intake["VisibilityTimeout"] == str(declared["VisibilityTimeout"])
        assert template.attribute("IntakeDeadLetters", "Arn") in intake["RedrivePolicy"]
        assert [each["IndexName"] for each in table["GlobalSecondaryIndexes"]] == ["shelves"]
        assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        assert table["DeletionProtectionEnabled"]
        recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"

    def test_an_upload_reaches_the_queue_and_other_objects_do_not(self) -> None:
        template = Template(PARAMETERS)
        with aws.simulated() as session:
            clients = aws.clients(session)
            resources.create(template, clients)
            bucket, queue = template.ref("UploadsBucket"), template.ref("IntakeQueue")
            for key in ("articles/a b/000001.json", "articles/x.txt", "other/000001.json"):
                clients.s3.put_object(Bucket=bucket, Key=key, Body=b"{}")
            messages = clients.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]

        bodies = sorted((json.loads(each["Body"]) for each in messages), key=lambda body: "Records" in body)
        test_event, upload = bodies
        assert test_event["Event"] == "s3:TestEvent"
        assert unquote_plus(upload["Records"][0]["s3"]["object"]["key"]) == "articles/a b/000001.json"
