from collections.abc import Iterator
from typing import Any

# X-Ray knows no resources for these (Service Authorization Reference, AWS X-Ray).
WITHOUT_RESOURCES = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
FUNCTIONS = {f"{name}Function" for name in ("Desk", "Preview", "Intake", "Render", "Purge", "Tick")}


def test_every_function_has_a_role_of_its_own(resources: dict[str, Any]) -> None:
    roles = {
        name: resource["Properties"]["Role"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function"
    }
    assert roles == {name: {"Fn::GetAtt": [f"{name}Role", "Arn"]} for name in FUNCTIONS}


def test_every_permission_names_its_actions(resources: dict[str, Any]) -> None:
    assert [
        action for _, each in role_statements(resources) for action in listed(each["Action"]) if "*" in action
    ] == []


def test_every_permission_names_its_resources(resources: dict[str, Any]) -> None:
    for role, statement in role_statements(resources):
        assert "NotResource" not in statement, role
        if set(listed(statement["Action"])) != WITHOUT_RESOURCES:
            assert [named for named in listed(statement["Resource"]) if not names_a_resource(named)] == [], role


def test_no_role_takes_a_managed_policy(resources: dict[str, Any]) -> None:
    assert [name for name, each in of_type(resources, "AWS::IAM::Role") if "ManagedPolicyArns" in each] == []


def test_nobody_may_delete_an_object(resources: dict[str, Any]) -> None:
    allowed = {
        action
        for _, statement in [*role_statements(resources), *bucket_statements(resources)]
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
    }
    assert {action for action in allowed if action.startswith("s3:")} == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    }


def test_nobody_may_delete_what_was_committed(resources: dict[str, Any]) -> None:
    deleting = {
        role: leading_keys(statement)
        for role, statement in role_statements(resources)
        if "dynamodb:DeleteItem" in listed(statement["Action"])
    }
    assert deleting == {
        "IntakeFunctionRole": {"mention#*", "page#*"},
        "TickFunctionRole": {"mention#*", "page#*", "awaited", "due"},
    }


def test_the_desk_writes_nothing_but_upload_numbers_and_what_is_awaited(resources: dict[str, Any]) -> None:
    writes = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
    writing = [
        (listed(statement["Action"]), leading_keys(statement))
        for role, statement in role_statements(resources)
        if role == "DeskFunctionRole" and writes & set(listed(statement["Action"]))
    ]
    assert writing == [(["dynamodb:UpdateItem"], {"article#*"}), (["dynamodb:PutItem"], {"awaited"})]


def test_only_the_distribution_reads_the_site_bucket(resources: dict[str, Any]) -> None:
    allowed = [
        statement
        for policy, statement in bucket_statements(resources)
        if statement["Effect"] == "Allow" and policy == "SiteBucketPolicy"
    ]
    assert [each["Action"] for each in allowed] == ["s3:GetObject", "s3:ListBucket"]
    for each in allowed:
        assert each["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        source = each["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"]
        assert source.endswith(":distribution/${Distribution}")
    assert {policy for policy, each in bucket_statements(resources) if each["Effect"] == "Allow"} == {
        "SiteBucketPolicy"
    }


def test_every_route_of_the_desk_asks_for_a_token_but_for_two(resources: dict[str, Any]) -> None:
    """Where to sign in is told to everybody, and a secret link is its own permission: tests/flow/test_identity.py."""
    body = resources["DeskApi"]["Properties"]["Body"]
    schemes = body["components"]["securitySchemes"]
    routes = {
        f"{method.upper()} {path}": operation["security"]
        for path, operations in body["paths"].items()
        for method, operation in operations.items()
    }
    is_open = {route for route, security in routes.items() if security != [{"Newsroom": []}]}
    assert is_open == {"GET /desk/api/sign-in", "GET /desk/preview/{id}/{secret}"}
    assert len(routes) > len(is_open)
    assert schemes["Newsroom"]["x-amazon-apigateway-authorizer"]["type"] == "jwt"


def of_type(resources: dict[str, Any], wanted: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, each["Properties"]) for name, each in resources.items() if each["Type"] == wanted)


def role_statements(resources: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, role in of_type(resources, "AWS::IAM::Role"):
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def bucket_statements(resources: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, policy in of_type(resources, "AWS::S3::BucketPolicy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            yield name, statement


def leading_keys(statement: dict[str, Any]) -> set[str]:
    return set(statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])


def listed(value: Any) -> list[Any]:  # noqa: ANN401 (a policy has one of a thing, or a list)
    return value if isinstance(value, list) else [value]


def names_a_resource(resource: Any) -> bool:  # noqa: ANN401 (text or an intrinsic)
    if isinstance(resource, str):
        return False
    # A `*` may stand for what is inside a resource of ours, never for the resource.
    text = resource.get("Fn::Sub", "")
    return "Fn::GetAtt" in resource or "*" not in text.partition("}/")[0]
