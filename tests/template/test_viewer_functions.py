import re
from pathlib import Path
from typing import Any

import dukpy  # type: ignore[import-untyped]
import pytest

EDGE = Path(__file__).parents[2] / "edge"
QUOTA_BYTES = 10 * 1024  # of one function (Quotas on CloudFront Functions)
# What ECMAScript 5.1 has not: the local edge's engine would take it, CloudFront's runtime takes only some of it.
NEWER_SYNTAX = re.compile(r"\b(?:let|const|class|import|export|async|await)\b|\bof\b|=>|`|\.\.\.|\?\.|\?\?|\*\*")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("/", "/index.html"),
        ("/tin-tuc/", "/tin-tuc/index.html"),
        ("/tin-tuc/lu-lut-a1.html", "/tin-tuc/lu-lut-a1.html"),
        ("/robots.txt", "/robots.txt"),
        ("/v1.2/", "/v1.2/index.html"),
    ],
)
def test_an_address_becomes_the_key_of_its_page(address: str, key: str) -> None:
    assert viewer_request(address)["uri"] == key


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("/tin-tuc", "/tin-tuc/"),
        ("/v1.2/tin-tuc", "/v1.2/tin-tuc/"),
        ("//example", "/example/"),
        ("///example/a", "/example/a/"),
        ("/\\example", "/example/"),
    ],
)
def test_a_directory_without_its_slash_is_sent_to_itself_and_nowhere_else(address: str, location: str) -> None:
    answer = viewer_request(address)
    assert answer["statusCode"] == 301
    assert answer["headers"]["location"] == {"value": location}


@pytest.mark.parametrize(
    ("address", "day", "location"),
    [
        ("/", "2026-11-20", "/2026/11/#d20"),
        ("/tin-tuc/", "2026-01-02", "/tin-tuc/2026/01/#d02"),
        ("//example/", "2026-11-20", "/example/2026/11/#d20"),
    ],
)
def test_a_day_that_is_asked_of_a_list_is_found_in_its_month(address: str, day: str, location: str) -> None:
    answer = viewer_request(address, day=day)
    assert answer["statusCode"] == 302
    assert answer["headers"]["location"] == {"value": location}


@pytest.mark.parametrize("day", ["", "2026", "2026-11-20/../x", "x2026-11-20", "2026-11-20\n", "//example"])
def test_what_is_no_day_changes_nothing(day: str) -> None:
    assert viewer_request("/tin-tuc/", day=day)["uri"] == "/tin-tuc/index.html"


def test_a_page_that_is_gone_says_410() -> None:
    assert viewer_response({"x-amz-meta-status": "410"})["statusCode"] == 410


def test_a_page_that_has_moved_says_301_and_where_to() -> None:
    answer = viewer_response({"x-amz-meta-status": "301", "x-amz-meta-location": "/tin-tuc/moi-a1.html"})
    assert answer["statusCode"] == 301
    assert answer["headers"]["location"] == {"value": "/tin-tuc/moi-a1.html"}


@pytest.mark.parametrize("metadata", [{"x-amz-meta-status": "301"}, {"x-amz-meta-status": "500"}, {}])
def test_any_other_page_keeps_its_status(metadata: dict[str, str]) -> None:
    answer = viewer_response(metadata)
    assert answer["statusCode"] == 200
    assert "location" not in answer["headers"]


def test_a_reader_who_has_the_page_already_is_told_so() -> None:
    assert viewer_response({"x-amz-meta-status": "410"}, status=304)["statusCode"] == 304


def test_what_s3_says_of_its_storage_stays_inside() -> None:
    answer = viewer_response(
        {
            "cache-control": "public, max-age=0, s-maxage=300",
            "etag": '"1"',
            "x-amz-meta-cache-tag": "article-a1",
            "x-amz-meta-status": "410",
            "x-amz-meta-version": "7",
            "x-amz-server-side-encryption": "AES256",
            "x-amz-version-id": "v",
        }
    )
    assert answer["headers"].keys() == {"cache-control", "etag"}


@pytest.mark.parametrize("name", ["viewer_request", "viewer_response"])
def test_cloudfront_would_take_the_function(name: str) -> None:
    code = (EDGE / f"{name}.js").read_text(encoding="utf-8")
    assert len(code.encode()) <= QUOTA_BYTES
    assert NEWER_SYNTAX.findall(re.sub(r"//.*", "", code)) == []


def viewer_request(uri: str, **query: str) -> dict[str, Any]:
    querystring = {name: {"value": value} for name, value in query.items()}
    return run("viewer_request", {"request": {"method": "GET", "uri": uri, "querystring": querystring, "headers": {}}})


def viewer_response(headers: dict[str, str], status: int = 200) -> dict[str, Any]:
    fields = {name: {"value": value} for name, value in headers.items()}
    return run("viewer_response", {"response": {"statusCode": status, "headers": fields}})


def run(name: str, event: dict[str, Any]) -> dict[str, Any]:
    code = (EDGE / f"{name}.js").read_text(encoding="utf-8")
    returned: dict[str, Any] = dukpy.evaljs([code, "handler(dukpy.event)"], event=event)
    return returned
