"""Ways by which moto and botocore come to the same answer sooner.

Most of the time of a test goes by in calls of AWS, and most of a call in what each one works out anew. What is
remembered here, or left out, changes no answer; tests/local/test_shortcuts.py holds each to that.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from functools import cache
from typing import Any
from unittest.mock import patch

from botocore import auth, useragent
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from moto import backend_index
from moto.core import responses
from moto.core.base_backend import BaseBackend
from moto.core.model import Shape
from moto.core.serialize import AttributePickerContext, ResponseSerializer, XFormedAttributePicker
from moto.core.utils import camelcase_to_underscores, method_names_from_class
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DDBType, DynamoType, Item
from moto.dynamodb.models.table import StreamRecord, Table

_SERVICES = {"cloudfront", "dynamodb", "dynamodbstreams", "s3", "sqs"}  # that the portal uses, as moto names them
_SCALARS = {DDBType.STRING, DDBType.NUMBER, DDBType.BINARY, DDBType.BOOLEAN, DDBType.NULL}


# How moto finds what answers a request


_urls_of_backend: Any = vars(BaseBackend)["urls"].fget


_known_urls: dict[str, dict[str, Callable[..., Any]]] = {}  # by the module of the service


def _remembered_urls(backend: BaseBackend) -> dict[str, Callable[..., Any]]:
    """Give the URLs that a service answers: moto puts them together for each request, and reloads the module of S3's.

    They may differ with the environment when moto begins; here it never says anything of them.
    """
    service = type(backend).__module__
    if service not in _known_urls:
        _known_urls[service] = _urls_of_backend(backend)
    return _known_urls[service]


def _patterns() -> list[tuple[str, Any]]:
    """Give moto's services in the order in which it looks for the one that is asked, the portal's first of all 200."""
    return sorted(backend_index.backend_url_patterns, key=lambda each: each[0] not in _SERVICES)


# How moto writes an answer


_serialize_member = ResponseSerializer._serialize_structure_member  # noqa: SLF001 (what is left out is inside of it)


def _serialize_what_is_there(
    serializer: ResponseSerializer, serialized: dict[str, Any], value: object, shape: Shape, key: str
) -> None:
    """Write a member of a structure, if it's there: moto looks for each by six names, as for ten types of a value."""
    picker = serializer._value_picker  # noqa: SLF001
    looks_by_name = type(picker) is XFormedAttributePicker and not picker.response_transformers
    if not (type(value) is dict and looks_by_name and value.keys().isdisjoint(_names(shape, key))):
        _serialize_member(serializer, serialized, value, shape, key)


@cache
def _names(shape: Shape, key: str) -> frozenset[str]:
    """Give the names by which a member may stand in a dictionary; what has a dot is a path, known by its first part."""
    of_any: Any = None  # what it is a member of does not matter to its names
    context = AttributePickerContext(
        obj={}, key=key, shape=shape, operation_model=of_any, service_model=of_any, key_path=""
    )
    return frozenset(name.split(".")[0] for name in XFormedAttributePicker().get_possible_keys(context))


# What moto keeps, copies and sorts


def _untracked(kind: type[Item], *_: object, **__: object) -> Item:
    """Make an item that goes when nobody holds it: moto keeps each ever made, and each copy, for its dashboard."""
    return object.__new__(kind)


_transact_of = DynamoDBBackend.transact_write_items


def _transact(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    """Copy a table once for a transaction: moto copies it for each action of it, before any is done."""
    copies: dict[int, Table] = {}

    def copied(table: Table, memo: dict[int, Any]) -> Table:
        if id(table) not in copies:
            memo[id(table)] = copies[id(table)] = object.__new__(type(table))
            copies[id(table)].__dict__ |= deepcopy(table.__dict__, memo)
        return copies[id(table)]

    with patch.object(Table, "__deepcopy__", copied, create=True):
        _transact_of(backend, transact_items)


def _itself(record: StreamRecord, _memo: object) -> StreamRecord:
    """Give a record of the stream in the place of its copy: it never changes.

    moto copies the table with its whole stream for each action of a transaction, which costs more than all the rest.
    """
    return record


_copy = DynamoType.__deepcopy__


def _copy_of_value(value: DynamoType, memo: dict[int, Any]) -> DynamoType:
    """Copy what can change: a set, a list or a map. moto puts another value in the place of any other one."""
    return value if value.type in _SCALARS else _copy(value, memo)


_all_items_of = Table.all_items


def _all_items(table: Table) -> list[Item]:
    """Give all items in the order of their keys: moto compares keys as values of any type, for each query."""
    if {table.hash_key_type, table.range_key_type} != {DDBType.STRING}:
        return _all_items_of(table)
    items = [item for partition in table.items.values() for item in partition.values()]
    return sorted(items, key=lambda item: (item.hash_key.value, item.range_key.value))


# What botocore sends


class _Unsigned(SigV4Auth):
    """Says who asks, for which region, and what for, and leaves the signature out: moto looks at none.

    What is presigned, for others than moto, is signed by another class of botocore's.
    """

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        """Sign no header."""
        del request
        return HTTPHeaders()

    def canonical_request(self, request: AWSRequest) -> str:
        """Give nothing that could be signed."""
        del request
        return ""

    def signature(self, string_to_sign: str, request: AWSRequest) -> str:
        """Sign nothing."""
        del string_to_sign, request
        return ""


class _UnsignedForS3(_Unsigned, S3SigV4Auth):
    """Tells, too, what S3 must know of the body."""


SHORTCUTS: tuple[tuple[Any, str, object], ...] = (
    (BaseBackend, "urls", property(_remembered_urls)),
    (backend_index, "backend_url_patterns", _patterns()),
    (responses, "camelcase_to_underscores", cache(camelcase_to_underscores)),
    (responses, "method_names_from_class", cache(method_names_from_class)),
    (ResponseSerializer, "_serialize_structure_member", _serialize_what_is_there),
    (Item, "__new__", _untracked),
    (StreamRecord, "__deepcopy__", _itself),
    (DynamoType, "__deepcopy__", _copy_of_value),
    (DynamoDBBackend, "transact_write_items", _transact),
    (Table, "all_items", _all_items),
    (auth, "AUTH_TYPE_MAPS", {**auth.AUTH_TYPE_MAPS, "v4": _Unsigned, "s3v4": _UnsignedForS3}),
    (useragent, "sanitize_user_agent_string_component", cache(useragent.sanitize_user_agent_string_component)),
)


@contextmanager
def taken() -> Iterator[None]:
    """Take every shortcut for as long as the context lasts."""
    with ExitStack() as stack:
        for where, name, shortcut in SHORTCUTS:
            stack.enter_context(patch.object(where, name, shortcut, create=name.startswith("__")))
        yield
