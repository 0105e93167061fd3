"""Makes on moto what the translated template declares.

Every type of resource, and every property of those that are made, stands in a table here: made, read by
another part of the local run, or not needed on this machine, with the reason. What stands in none is an
error, so a change of the template can't pass the local run by unseen.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from local.aws import Clients
from local.template import REGION, Json, Resource, Template, TemplateError

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.type_defs import DistributionConfigTypeDef
    from mypy_boto3_dynamodb.type_defs import CreateTableInputTypeDef
    from mypy_boto3_s3.type_defs import QueueConfigurationTypeDef

# Types that another part of the local run takes from the template.
READ_ELSEWHERE = {
    "AWS::Lambda::LayerVersion": "local/lambdas.py",
    "AWS::Lambda::EventSourceMapping": "local/pump.py",
    "AWS::ApiGatewayV2::Api": "local/gateway.py",
    "AWS::ApiGatewayV2::Stage": "local/gateway.py",
    "AWS::CloudFront::Function": "local/edge.py",
    "AWS::CloudFront::CachePolicy": "local/edge.py",
    "AWS::CloudFront::OriginRequestPolicy": "local/edge.py",
    "AWS::CloudFront::ResponseHeadersPolicy": "local/edge.py",
}
_NO_PERMISSIONS = "nothing here checks permissions: the deployed system does, and tests read them in the template"
# Types that this machine does without, and why.
NOT_NEEDED = {
    "AWS::IAM::Role": _NO_PERMISSIONS,
    "AWS::Lambda::Permission": _NO_PERMISSIONS,
    "AWS::S3::BucketPolicy": _NO_PERMISSIONS,
    "AWS::SQS::QueuePolicy": _NO_PERMISSIONS,
    "AWS::CloudFront::OriginAccessControl": "the local edge reads the site bucket as its owner",
    "AWS::CloudWatch::Alarm": "nothing here collects metrics: they stay lines of the functions' log",
    "AWS::CloudWatch::Dashboard": "nothing here collects metrics: they stay lines of the functions' log",
    "AWS::Logs::LogGroup": "the functions' log is a file",
}

_ACCESS = "nobody but this process reaches the buckets"
_NOT_LOOKED_AT = "nobody looks at it here"
# Properties that are applied (here, or by the module that runs the type), and those that need no counterpart on
# this machine, with the reason.
_PROPERTIES: dict[str, tuple[set[str], dict[str, str]]] = {
    "AWS::S3::Bucket": (
        {
            "BucketName",
            "VersioningConfiguration",
            "BucketEncryption",
            "CorsConfiguration",
            "NotificationConfiguration",
        },
        {
            "PublicAccessBlockConfiguration": _ACCESS,
            "OwnershipControls": _ACCESS,
            "LifecycleConfiguration": "moto runs no lifecycle rules",
            "Tags": _NOT_LOOKED_AT,
        },
    ),
    "AWS::DynamoDB::Table": (
        {
            "TableName",
            "AttributeDefinitions",
            "KeySchema",
            "BillingMode",
            "GlobalSecondaryIndexes",
            "StreamSpecification",
            "PointInTimeRecoverySpecification",
            "DeletionProtectionEnabled",
            "SSESpecification",
        },
        {"Tags": _NOT_LOOKED_AT},
    ),
    "AWS::SQS::Queue": (
        {
            "QueueName",
            "DelaySeconds",
            "KmsMasterKeyId",
            "MaximumMessageSize",
            "MessageRetentionPeriod",
            "RedriveAllowPolicy",
            "RedrivePolicy",
            "SqsManagedSseEnabled",
            "VisibilityTimeout",
        },
        {
            "ReceiveMessageWaitTimeSeconds": "the pump never waits in a call",
            "Tags": _NOT_LOOKED_AT,
        },
    ),
    "AWS::CloudFront::Distribution": ({"DistributionConfig"}, {"Tags": _NOT_LOOKED_AT}),
    "AWS::Lambda::Function": (
        {
            "Code",
            "Environment",
            "FunctionName",
            "Handler",
            "Layers",
            "LoggingConfig",
            "MemorySize",
            "Runtime",
            "Timeout",
        },
        {
            "Architectures": "this machine's own is used",
            "Description": _NOT_LOOKED_AT,
            "Role": _NO_PERMISSIONS,
            "Tags": _NOT_LOOKED_AT,
            "TracingConfig": "nothing here collects traces",
        },
    ),
    "AWS::Lambda::EventInvokeConfig": (
        {"DestinationConfig", "FunctionName", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"},
        {"Qualifier": "there is one version of each function"},
    ),
    "AWS::Events::Rule": ({"Name", "ScheduleExpression", "Targets"}, {"Description": _NOT_LOOKED_AT}),
}


def create(template: Template, clients: Clients) -> None:
    """Make every resource of the template that has a counterpart here, and tell the template what each got.

    Raises `TemplateError` for a type or a property that is in none of the tables above.
    """
    for resource in template.resources():
        _check(resource)
    for queue in _dead_letters_first(template):
        _create_queue(template, clients, queue)
    for table in template.resources("AWS::DynamoDB::Table"):
        _create_table(template, clients, table)
    for bucket in template.resources("AWS::S3::Bucket"):
        _create_bucket(template, clients, bucket)
    for distribution in template.resources("AWS::CloudFront::Distribution"):
        _create_distribution(template, clients, distribution)


def _check(resource: Resource) -> None:
    if resource.type in _PROPERTIES:
        applied, ignored = _PROPERTIES[resource.type]
        unknown = resource.properties.keys() - applied - ignored.keys()
        if unknown:
            raise TemplateError(
                f"{resource.logical_id} ({resource.type}) declares {', '.join(sorted(unknown))}, which "
                "local/resources.py neither applies nor names as not needed here"
            )
    elif resource.type not in READ_ELSEWHERE and resource.type not in NOT_NEEDED:
        raise TemplateError(
            f"{resource.logical_id} is an {resource.type}, which local/resources.py neither makes "
            "nor names as not needed here"
        )


def _dead_letters_first(template: Template) -> list[Resource]:
    """Return the queues so that a redrive policy never names one that is not made yet."""
    waiting = {each.logical_id: each for each in template.resources("AWS::SQS::Queue")}
    arns = {template.attribute(logical_id, "Arn"): logical_id for logical_id in waiting}
    ordered: list[Resource] = []

    def take(logical_id: str) -> None:
        queue = waiting.pop(logical_id, None)
        if queue is not None:
            redrive = template.resolve(queue.properties.get("RedrivePolicy", {}))
            if redrive:
                take(arns[redrive["deadLetterTargetArn"]])
            ordered.append(queue)

    for logical_id in arns.values():
        take(logical_id)
    return ordered


def _create_queue(template: Template, clients: Clients, queue: Resource) -> None:
    applied, _ = _PROPERTIES[queue.type]
    attributes = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in template.properties(queue.logical_id).items()
        if name in applied and name != "QueueName"
    }
    name = template.attribute(queue.logical_id, "QueueName")
    url = clients.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]
    template.assign(queue.logical_id, ref=url)


def _create_table(template: Template, clients: Clients, table: Resource) -> None:
    properties = template.properties(table.logical_id)
    name = template.ref(table.logical_id)
    request: CreateTableInputTypeDef = {
        "TableName": name,
        "AttributeDefinitions": properties["AttributeDefinitions"],
        "KeySchema": properties["KeySchema"],
        "BillingMode": properties.get("BillingMode", "PROVISIONED"),
        "DeletionProtectionEnabled": properties.get("DeletionProtectionEnabled", False),
    }
    if "GlobalSecondaryIndexes" in properties:
        request["GlobalSecondaryIndexes"] = properties["GlobalSecondaryIndexes"]
    if "StreamSpecification" in properties:
        view = properties["StreamSpecification"]["StreamViewType"]
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    if "SSESpecification" in properties:
        encryption = properties["SSESpecification"]
        request["SSESpecification"] = {"Enabled": encryption["SSEEnabled"]}
    description = clients.dynamodb.create_table(**request)["TableDescription"]
    if "StreamSpecification" in properties:
        template.assign(table.logical_id, StreamArn=description["LatestStreamArn"])
    if "PointInTimeRecoverySpecification" in properties:
        clients.dynamodb.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification=properties["PointInTimeRecoverySpecification"],
        )


def _create_bucket(template: Template, clients: Clients, bucket: Resource) -> None:
    properties = template.properties(bucket.logical_id)
    name = template.ref(bucket.logical_id)
    s3 = clients.s3
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    if "VersioningConfiguration" in properties:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"])
    if "BucketEncryption" in properties:
        s3.put_bucket_encryption(
            Bucket=name,
            ServerSideEncryptionConfiguration={
                "Rules": [
                    _renamed(rule, ServerSideEncryptionByDefault="ApplyServerSideEncryptionByDefault")
                    for rule in properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
                ]
            },
        )
    if "CorsConfiguration" in properties:
        s3.put_bucket_cors(
            Bucket=name,
            CORSConfiguration={
                "CORSRules": [
                    _renamed(rule, Id="ID", ExposedHeaders="ExposeHeaders", MaxAge="MaxAgeSeconds")
                    for rule in properties["CorsConfiguration"]["CorsRules"]
                ]
            },
        )
    if "NotificationConfiguration" in properties:
        s3.put_bucket_notification_configuration(
            Bucket=name,
            NotificationConfiguration={
                "QueueConfigurations": _notifications(bucket, properties["NotificationConfiguration"])
            },
        )


def _notifications(bucket: Resource, declared: dict[str, Json]) -> "list[QueueConfigurationTypeDef]":
    if declared.keys() != {"QueueConfigurations"}:
        raise TemplateError(f"{bucket.logical_id} notifies something else than queues: not known here")
    return [
        {
            "QueueArn": each["Queue"],
            "Events": [each["Event"]],
            "Filter": {
                "Key": {
                    "FilterRules": [
                        {"Name": rule["Name"].lower(), "Value": rule["Value"]}
                        for rule in each.get("Filter", {}).get("S3Key", {}).get("Rules", [])
                    ]
                }
            },
        }
        for each in declared["QueueConfigurations"]
    ]


def _create_distribution(template: Template, clients: Clients, distribution: Resource) -> None:
    """Make a distribution that takes invalidations; how it answers is local/edge.py's part."""
    declared = distribution.properties["DistributionConfig"]
    origins = template.resolve([{"Id": each["Id"], "DomainName": each["DomainName"]} for each in declared["Origins"]])
    configuration: DistributionConfigTypeDef = {
        "CallerReference": distribution.logical_id,
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": len(origins), "Items": origins},
        "DefaultCacheBehavior": {
            "TargetOriginId": template.resolve(declared["DefaultCacheBehavior"]["TargetOriginId"]),
            "ViewerProtocolPolicy": template.resolve(declared["DefaultCacheBehavior"]["ViewerProtocolPolicy"]),
        },
    }
    made = clients.cloudfront.create_distribution(DistributionConfig=configuration)["Distribution"]
    template.assign(distribution.logical_id, ref=made["Id"], Id=made["Id"], DomainName=made["DomainName"])


def _renamed(rule: Mapping[str, Json], **names: str) -> Json:
    return {names.get(key, key): value for key, value in rule.items()}
