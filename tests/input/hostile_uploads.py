"""Uploads as programs write them, and as they don't: bytes of all kinds, and what S3 keeps beside them."""

import gzip
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

from tests.input.hostile_html import soup
from tests.input.uploads import RIGHT, ROOT, as_bytes

# Names that mean something to the objects of some language.
_PROTOTYPES: Final = (
    "__proto__ constructor prototype toString valueOf hasOwnProperty __class__ __dict__ then $ref".split()
)
_SAMPLES: Final = [as_bytes(RIGHT), *(path.read_bytes() for path in sorted((ROOT / "samples").glob("*.json"))[:3])]

# JSON as programs write it, and as they don't: any value, any text, in places where others belong.
texts = st.text(max_size=30) | st.text(st.sampled_from("ab \ud83d\ude00\x00\u0301\u0338<>&ế\u200b"), max_size=12)
names = st.sampled_from(_PROTOTYPES) | texts
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
some_fields = st.dictionaries(
    st.sampled_from([*RIGHT, "tags", "related", "status", "expires_at", "titel"]) | names, values, max_size=6
)
articles = st.builds(lambda html, line: {**RIGHT, "body": f"<p>x{html}", "author": f"x{line}"}, soup, texts)
near_articles = st.builds(lambda changes, html: {**RIGHT, "body": html, **changes}, some_fields, soup | texts)


def _changed(content: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """Put other bytes in the place of some, here and there."""
    for where, length, instead in changes:
        at = where % (len(content) + 1)
        content = content[:at] + instead + content[at + length :]
    return content


_places = st.integers(0, 2_000)
_mutated = st.builds(
    _changed,
    st.sampled_from(_SAMPLES) | near_articles.map(as_bytes),
    st.lists(st.tuples(_places, st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=4),
)
_cut_short = st.builds(
    lambda content, at: content[:at], st.sampled_from(_SAMPLES) | near_articles.map(as_bytes), _places
)
_numbers = st.sampled_from(
    "NaN Infinity -Infinity 1e999 -1e999 1E400 -0 0123 1. .5 +1 0x10 1_000 --1 1e 1e+ ١".split()
) | st.integers(1, 6_000).map(lambda digits: "9" * digits)
_pieces = st.one_of(
    _numbers,
    st.sampled_from(
        '{ } [ ] , : true null "title" "\\u0074itle" "__proto__" "\\ud83d" "\\ude00" "\\u0000" "\\x" \' /**/'.split()
    ),
    values.map(lambda value: as_bytes(value).decode()),
)
# Made of the pieces of JSON, and mostly no JSON.
_heaps = st.lists(_pieces, max_size=12).map("".join)
_objects = st.lists(st.tuples(st.sampled_from([*RIGHT, *_PROTOTYPES, "tags"]), _pieces), max_size=8).map(
    lambda pairs: "{" + ",".join(f'"{name}":{value}' for name, value in pairs) + "}"
)
_nested = st.builds(
    lambda opening, levels, inner, closed: (
        opening * levels + inner + ("]" if opening == "[" else "}") * levels * closed
    ),
    st.sampled_from(("[", '{"a":', '{"__proto__":', '{"tags":')),
    st.sampled_from((1, 7, 8, 9, 1_000, 100_000)),
    _pieces,
    st.booleans(),
)
_wide = st.builds(
    lambda name, count: as_bytes({**RIGHT, **{f"{name}{number}": number for number in range(count)}}),
    names,
    st.integers(1, 300),
)
_encoded = st.builds(
    lambda value, encode: encode(json.dumps(value)),
    near_articles,
    st.sampled_from(
        [
            *(
                (lambda text, name=name: text.encode(name, "replace"))
                for name in ("utf-16", "utf-16-be", "utf-32", "utf-8-sig", "utf-7", "cp1252", "cp1258", "cp037")
            ),
            lambda text: gzip.compress(text.encode(), mtime=0),
            lambda text: zlib.compress(text.encode()),
            lambda text: b"\xef\xbb\xbf" * 2 + text.encode(),
            lambda text: text.encode() + b"\0",
        ]
    ),
)
json_uploads = st.one_of(
    values.map(as_bytes),
    articles.map(as_bytes),
    near_articles.map(as_bytes),
    st.one_of(_heaps, _objects, _nested).map(lambda text: text.encode("utf-8", "surrogatepass")),
    _wide,
)
uploads = st.one_of(st.binary(max_size=200), json_uploads, _mutated, _cut_short, _encoded)

# What an object's metadata may be: ASCII, no more than 2 KB with its names.
EDITORS: Final = (
    "",
    "%00",
    "%ED%A0%80",
    "%",
    "%zz",
    "%F0%9F%8E%89" * 100,
    "%250",
    "=?UTF-8?B?xJE=?=",
    "<script>",
    "x" * 1_900,
)
BASES: Final = (
    "",
    "0",
    "2",
    "-1",
    "+1",
    "1.0",
    "1e3",
    "0x1",
    "0" * 900,
    "9" * 1_900,
    "1_0",
    "NaN",
    "=?UTF-8?Q?=C2=B2?=",
)
METADATA: Final[tuple[Mapping[str, str], ...]] = (
    *({"editor": editor} for editor in EDITORS),
    *({"base": base} for base in BASES),
    {"editor": "ban.bien.tap", "base": "1", "version": "9", "status": "410", "location": "//host/"},
)
