from typing import Any

BUCKETS = {"ArchiveBucket", "SiteBucket", "UploadsBucket"}


def test_every_bucket_is_private_encrypted_versioned_and_kept(resources: dict[str, Any]) -> None:
    buckets = {name: each for name, each in resources.items() if each["Type"] == "AWS::S3::Bucket"}
    assert buckets.keys() == BUCKETS
    for name, bucket in buckets.items():
        properties = bucket["Properties"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert len(properties["PublicAccessBlockConfiguration"]) == 4, name
        rules = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rules == [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}], name
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}, name
        assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}, name
        assert kept(bucket), name


def test_no_bucket_forgets_anything_by_itself(resources: dict[str, Any]) -> None:
    # After a deletion a page's versions would begin again, and a slow run could bring an old page back.
    assert [name for name in BUCKETS if "LifecycleConfiguration" in resources[name]["Properties"]] == []


def test_every_bucket_refuses_what_comes_without_tls(resources: dict[str, Any]) -> None:
    for name in BUCKETS:
        tls = statement(resources, f"{name}Policy", "TlsOnly")
        assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "s3:*")
        assert tls["Resource"] == [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]
        assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_no_object_is_written_over_unseen(resources: dict[str, Any]) -> None:
    once = {"s3:if-none-match": "true"}
    for policy, sid, unconditional in [
        ("UploadsBucketPolicy", "AnUploadNeverChanges", once),
        ("ArchiveBucketPolicy", "ARevisionNeverChanges", once),
        ("SiteBucketPolicy", "NoBlindDrawing", once | {"s3:if-match": "true"}),
    ]:
        denied = statement(resources, policy, sid)
        assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "s3:PutObject")
        assert denied["Condition"]["Null"] == unconditional


def test_the_table_can_be_restored_and_is_kept(resources: dict[str, Any]) -> None:
    table = resources["Table"]
    assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["Properties"]["DeletionProtectionEnabled"] is True
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert kept(table)


def test_every_log_is_kept_for_the_time_that_the_operator_says(resources: dict[str, Any]) -> None:
    groups = {
        name: each["Properties"].get("RetentionInDays")
        for name, each in resources.items()
        if each["Type"] == "AWS::Logs::LogGroup"
    }
    assert groups == {name: {"Ref": "LogRetentionDays"} for name in groups}
    written = {
        each["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
        for each in resources.values()
        if each["Type"] == "AWS::Lambda::Function"
    }
    assert written == groups.keys() - {"DeskApiLogs"}


def kept(resource: dict[str, Any]) -> bool:
    return bool(resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain")


def statement(resources: dict[str, Any], policy: str, sid: str) -> dict[str, Any]:
    statements: list[dict[str, Any]] = resources[policy]["Properties"]["PolicyDocument"]["Statement"]
    return next(each for each in statements if each["Sid"] == sid)
