"""`template.yaml` as CloudFormation would see it: the SAM transform applied, its intrinsics resolved.

Nothing here is a second description of the system. Every name, event source, filter and environment
variable that the local run uses is read from the template, so that the two can't drift apart.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias
from unittest.mock import patch

from samtranslator.translator.transform import transform  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent
PATH = ROOT / "template.yaml"
REGION: Final = "ap-southeast-1"
ACCOUNT = "123456789012"  # moto's own
STACK = "portal-local"

Json: TypeAlias = Any  # a value as JSON or YAML gives it, of whatever shape

_CODE_BUCKET = "on-this-machine"
_CODE_PROPERTIES = ("CodeUri", "ContentUri")
_PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": STACK,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/5f0c1ab0-0000-4000-8000-0123456789ab",
}
_NO_VALUE = object()
_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")


class TemplateError(Exception):
    """The template says something that the local run does not understand; the message names the place."""


@dataclass(frozen=True)
class Resource:
    """One resource of the translated template; its properties still hold their intrinsics."""

    logical_id: str
    type: str
    properties: dict[str, Json]


class Template:
    """The translated template, with values for its parameters and the physical names of its resources.

    Names are made from the stack's name and the logical id, where the template gives none. What exists only
    once a resource has been made (a stream's ARN, a distribution's id) is added by `assign`.
    """

    def __init__(self, parameters: Mapping[str, str] | None = None, *, path: Path = PATH) -> None:
        """Translate the template at `path`.

        Raises `TemplateError` for a parameter that it does not know, or that has neither value nor default.
        """
        given = dict(parameters or {})
        self.root = path.parent
        self._document = _translated(path, path.stat().st_mtime_ns, frozenset(given.items()))
        declared = self._document.get("Parameters", {})
        unknown = given.keys() - declared.keys()
        if unknown:
            raise TemplateError(f"{path.name} has no parameter {', '.join(sorted(unknown))}")
        self._parameters = {name: given.get(name, declaration.get("Default")) for name, declaration in declared.items()}
        missing = sorted(name for name, value in self._parameters.items() if value is None)
        if missing:
            raise TemplateError(f"no value for the parameters {', '.join(missing)}")
        self._resources = {
            logical_id: Resource(logical_id, body["Type"], body.get("Properties", {}))
            for logical_id, body in self._document["Resources"].items()
            if "Condition" not in body or self._condition(body["Condition"])
        }
        self._assigned: dict[str, dict[str, str]] = {}

    def resources(self, resource_type: str | None = None) -> list[Resource]:
        """Return the resources whose condition holds, of one CloudFormation type or of all, by logical id."""
        return sorted(
            (each for each in self._resources.values() if resource_type in (None, each.type)),
            key=lambda each: each.logical_id,
        )

    def resource(self, logical_id: str) -> Resource:
        """Return one resource; raises `TemplateError` if there is none of this logical id."""
        try:
            return self._resources[logical_id]
        except KeyError:
            raise TemplateError(f"the template has no resource {logical_id}") from None

    def properties(self, logical_id: str) -> dict[str, Json]:
        """Return a resource's properties with every intrinsic resolved."""
        properties: dict[str, Json] = self.resolve(self.resource(logical_id).properties)
        return properties

    def assign(self, logical_id: str, *, ref: str | None = None, **attributes: str) -> None:
        """Note what a resource got only when it was made: its `Ref` or its attributes."""
        self.resource(logical_id)
        values = self._assigned.setdefault(logical_id, {})
        if ref is not None:
            values["Ref"] = ref
        values.update(attributes)

    def ref(self, logical_id: str) -> str:
        """Return what `!Ref` gives: the name of a bucket, table or function, the URL of a queue."""
        return self._known(self.resource(logical_id))["Ref"]

    def attribute(self, logical_id: str, name: str) -> str:
        """Return what `!GetAtt` gives; raises `TemplateError` for an attribute not known, or not yet."""
        resource = self.resource(logical_id)
        known = self._known(resource)
        if name not in known:
            raise TemplateError(f"{logical_id} ({resource.type}) has no attribute {name} here, or not yet")
        return known[name]

    def logical_id(self, ref: str) -> str:
        """Return the logical id of the resource whose `Ref` or `Arn` is this value."""
        for resource in self._resources.values():
            known = self._known(resource)
            if ref in (known["Ref"], known.get("Arn")):
                return resource.logical_id
        raise TemplateError(f"no resource of the template is {ref}")

    def outputs(self) -> dict[str, Json]:
        """Return the template's outputs by name, resolved."""
        return {
            name: self.resolve(output["Value"])
            for name, output in self._document.get("Outputs", {}).items()
            if "Condition" not in output or self._condition(output["Condition"])
        }

    def resolve(self, value: Json) -> Json:
        """Return the value with its intrinsic functions replaced by what they give.

        `AWS::NoValue` removes the key or list item that holds it. Raises `TemplateError` for an intrinsic, a
        reference or an attribute that is not known.
        """
        if isinstance(value, list):
            return [each for each in map(self.resolve, value) if each is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name in ("Ref", "Condition") or name.startswith("Fn::"):
                return self._intrinsic(name, argument)
        resolved = {key: self.resolve(each) for key, each in value.items()}
        return {key: each for key, each in resolved.items() if each is not _NO_VALUE}

    def _intrinsic(self, name: str, argument: Json) -> Json:
        functions: dict[str, Callable[[Json], Json]] = {
            "Ref": self._ref,
            "Condition": self._condition_in_place,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::If": self._if,
            "Fn::Join": self._join,
            "Fn::Split": self._split,
            "Fn::Select": self._select,
            "Fn::Equals": lambda pair: self.resolve(pair[0]) == self.resolve(pair[1]),
            "Fn::Not": lambda one: not self.resolve(one[0]),
            "Fn::And": lambda several: all(self.resolve(each) for each in several),
            "Fn::Or": lambda several: any(self.resolve(each) for each in several),
        }
        if name not in functions:
            raise TemplateError(f"the intrinsic {name} is not known here: teach local/template.py")
        return functions[name](argument)

    def _ref(self, name: Json) -> Json:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in _PSEUDO_PARAMETERS:
            return _PSEUDO_PARAMETERS[name]
        if name in self._parameters:
            return self._parameters[name]
        return self.ref(name)

    def _get_att(self, argument: Json) -> str:
        logical_id, name = argument if isinstance(argument, list) else argument.split(".", 1)
        return self.attribute(logical_id, name)

    def _sub(self, argument: Json) -> str:
        text, variables = argument if isinstance(argument, list) else (argument, {})

        def value(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in variables:
                return str(self.resolve(variables[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _VARIABLE.sub(value, text)

    def _if(self, argument: Json) -> Json:
        condition, then, otherwise = argument
        return self.resolve(then if self._condition(condition) else otherwise)

    def _join(self, argument: Json) -> str:
        separator, parts = argument
        return str(separator).join(map(str, self.resolve(parts)))

    def _split(self, argument: Json) -> list[str]:
        separator, text = argument
        return str(self.resolve(text)).split(separator)

    def _select(self, argument: Json) -> Json:
        index, values = argument
        return self.resolve(values)[int(index)]

    def _condition(self, name: str) -> bool:
        try:
            return bool(self.resolve(self._document.get("Conditions", {})[name]))
        except KeyError:
            raise TemplateError(f"the template has no condition {name}") from None

    def _condition_in_place(self, argument: Json) -> Json:
        # The same key also stands in IAM statements, where its value is a mapping of operators.
        if isinstance(argument, str):
            return self._condition(argument)
        return {"Condition": self.resolve(argument)}

    def _known(self, resource: Resource) -> dict[str, str]:
        patterns = _ATTRIBUTES.get(resource.type, _OTHERS)
        name = self._name(resource)
        made = {attribute: pattern.format(name=name) for attribute, pattern in patterns.items()}
        return made | self._assigned.get(resource.logical_id, {})

    def _name(self, resource: Resource) -> str:
        given = resource.properties.get(_NAME_PROPERTIES.get(resource.type, ""))
        if given is not None:
            return str(self.resolve(given))
        name = f"{STACK}-{resource.logical_id}"
        return name.lower() if resource.type == "AWS::S3::Bucket" else name


def code_folder(template: Template, code: Mapping[str, Json]) -> Path:
    """Return the folder of this machine that a translated `Code` or `Content` property stands for."""
    return template.root / str(code["S3Key"])


def queue_url(arn: str) -> str:
    """Return the URL of the queue of this ARN."""
    _, _, _, region, account, name = arn.split(":")
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


_NAME_PROPERTIES = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::CloudFront::Function": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Cognito::UserPoolDomain": "Domain",
}
_HERE = f"{REGION}:{ACCOUNT}"
# `Ref` and those attributes that follow from the name alone.
_ATTRIBUTES = {
    "AWS::S3::Bucket": {
        "Ref": "{name}",
        "Arn": "arn:aws:s3:::{name}",
        "DomainName": "{name}.s3.amazonaws.com",
        "RegionalDomainName": f"{{name}}.s3.{REGION}.amazonaws.com",
    },
    "AWS::DynamoDB::Table": {"Ref": "{name}", "Arn": f"arn:aws:dynamodb:{_HERE}:table/{{name}}"},
    "AWS::SQS::Queue": {
        "Ref": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{{name}}",
        "Arn": f"arn:aws:sqs:{_HERE}:{{name}}",
        "QueueName": "{name}",
    },
    "AWS::Lambda::Function": {"Ref": "{name}", "Arn": f"arn:aws:lambda:{_HERE}:function:{{name}}"},
    "AWS::Lambda::LayerVersion": {"Ref": f"arn:aws:lambda:{_HERE}:layer:{{name}}:1"},
    "AWS::CloudFront::Function": {
        "Ref": f"arn:aws:cloudfront::{ACCOUNT}:function/{{name}}",
        "FunctionARN": f"arn:aws:cloudfront::{ACCOUNT}:function/{{name}}",
    },
    "AWS::ApiGatewayV2::Api": {
        "Ref": "{name}",
        "ApiId": "{name}",
        "ApiEndpoint": f"https://{{name}}.execute-api.{REGION}.amazonaws.com",
    },
    "AWS::Events::Rule": {"Ref": "{name}", "Arn": f"arn:aws:events:{_HERE}:rule/{{name}}"},
    "AWS::IAM::Role": {"Ref": "{name}", "Arn": f"arn:aws:iam::{ACCOUNT}:role/{{name}}"},
    "AWS::Logs::LogGroup": {"Ref": "{name}", "Arn": f"arn:aws:logs:{_HERE}:log-group:{{name}}:*"},
}
_OTHERS = {"Ref": "{name}", "Id": "{name}"}


class _NoManagedPolicies:
    """The translator asks for AWS's managed policies by name; their ARNs decide nothing here."""

    def load(self) -> dict[str, str]:
        return {}


@cache
def _translated(path: Path, _changed_at: int, parameters: frozenset[tuple[str, str]]) -> dict[str, Json]:
    return translated(path, dict(parameters))


def translated(path: Path, parameters: Mapping[str, str]) -> dict[str, Json]:
    """Give the template as CloudFormation gets it, after the SAM transform, with these parameters."""
    source = yaml_parse(path.read_text(encoding="utf-8"))
    globals_of_functions = source.get("Globals", {}).get("Function", {})
    resources = source["Resources"].values()
    for properties in [globals_of_functions, *(each.get("Properties", {}) for each in resources)]:
        for name in _CODE_PROPERTIES:
            if name in properties:
                # The translator wants code in S3; the key is the folder, so that it can be found again.
                properties[name] = f"s3://{_CODE_BUCKET}/{properties[name].strip('./')}"
    with patch.dict(os.environ, AWS_DEFAULT_REGION=REGION):
        document: dict[str, Json] = transform(source, dict(parameters), _NoManagedPolicies())
    return document
