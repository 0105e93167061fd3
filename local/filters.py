"""Lambda's event filtering: whether a record matches one of the patterns of an event source.

The syntax is that of "Filter rule syntax" in the Lambda guide, as far as the template uses it: exact values,
`prefix` and `exists`; the patterns of a source are alternatives.
"""

import json
from collections.abc import Sequence

from local.template import Json, TemplateError

_ABSENT = object()


def patterns(filter_criteria: dict[str, Json] | None) -> list[Json]:
    """Return the patterns of a `FilterCriteria` property, parsed; none at all lets everything through."""
    return [json.loads(each["Pattern"]) for each in (filter_criteria or {}).get("Filters", [])]


def matches(alternatives: Sequence[Json], record: Json) -> bool:
    """Tell whether the record matches one of the patterns; raises `TemplateError` for an unknown operator."""
    return not alternatives or any(_matches(pattern, record) for pattern in alternatives)


def _matches(pattern: Json, value: Json) -> bool:
    if isinstance(pattern, list):
        return any(_rule_holds(rule, value) for rule in pattern)
    below = value if isinstance(value, dict) else {}
    return all(_matches(each, below.get(key, _ABSENT)) for key, each in pattern.items())


def _rule_holds(rule: Json, value: Json) -> bool:
    if isinstance(rule, dict):
        match rule:
            case {"exists": bool(wanted)}:
                return (value is not _ABSENT) == wanted
            case {"prefix": str(prefix)}:
                return isinstance(value, str) and value.startswith(prefix)
            case _:
                raise TemplateError(f"the filter rule {json.dumps(rule)} is not known to local/filters.py")
    if isinstance(value, list):
        return any(_rule_holds(rule, each) for each in value)
    # JSON's true is not its 1.
    return type(value) is type(rule) and bool(value == rule)
