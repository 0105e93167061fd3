import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.datastructures import Headers

from local.edge import Edge
from local.edge_functions import MAXIMUM_SIZE, Context, EdgeFunction, ValidationError
from local.exchange import Request, Response
from local.template import Json
from tests.local.small_site import Site, config, get, site_behavior, small_site

CONTEXT = Context("EDFDVBD6EXAMPLE", "d111111abcdef8.cloudfront.net")
SOURCES = Path(__file__).resolve().parents[2] / "edge"
ECHO = "function handler(event) { return {statusCode: 200, body: JSON.stringify(event)}; }"


@pytest.fixture
def site() -> Iterator[Site]:
    with small_site() as made:
        yield made


def edge(site: Site, *, request: str | None = None, response: str | None = None, **behavior: Json) -> Edge:
    code = {"viewer-request": request, "viewer-response": response}
    given = {event: text for event, text in code.items() if text is not None}
    associations = [{"EventType": event, "FunctionARN": f"arn:{event}"} for event in given]
    changed = site_behavior(FunctionAssociations=associations, **behavior)
    return site.edge(
        config(DefaultCacheBehavior=changed),
        functions={f"arn:{event}": text for event, text in given.items()},
        response_headers_policies={
            "headers": {"CustomHeadersConfig": {"Items": [{"Header": "X-Policy", "Value": "set", "Override": True}]}}
        },
    )


def on_request(statements: str, request: Request) -> Request | Response:
    code = f"function handler(event) {{ var request = event.request; {statements} return request; }}"
    return EdgeFunction(code).on_request(request, CONTEXT)


def on_response(statements: str, response: Response) -> Response:
    code = f"function handler(event) {{ var response = event.response; {statements} return response; }}"
    return EdgeFunction(code).on_response(Request("GET", "/a.html"), response, CONTEXT)


# The event


def test_the_event_of_a_request_has_cloudfronts_structure() -> None:
    request = Request(
        "GET",
        "/%C3%A0/",
        "q=1&q=2&flag&e=%20",
        Headers([("Host", "x"), ("Accept", "a"), ("Accept", "b"), ("Cookie", "c=1; d=2"), ("X-Cache", "no")]),
        ip="10.0.0.1",
    )
    answer = EdgeFunction(ECHO).on_request(request, CONTEXT)
    assert isinstance(answer, Response)
    event = json.loads(answer.body)
    assert event["context"].pop("requestId")
    assert event == {
        "version": "1.0",
        "context": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "viewer-request",
        },
        "viewer": {"ip": "10.0.0.1"},
        "request": {
            "method": "GET",
            "uri": "/%C3%A0/",
            "querystring": {
                "q": {"value": "1", "multiValue": [{"value": "1"}, {"value": "2"}]},
                "flag": {"value": ""},
                "e": {"value": "%20"},
            },
            "headers": {
                "host": {"value": "x"},
                "accept": {"value": "a", "multiValue": [{"value": "a"}, {"value": "b"}]},
            },
            "cookies": {"c": {"value": "1"}, "d": {"value": "2"}},
        },
    }


def test_the_event_of_a_response_has_the_request_and_the_response() -> None:
    response = Response(
        200, Headers([("Content-Type", "text/html"), ("Set-Cookie", "a=1; Secure; Path=/"), ("X-Edge-Kind", "x")])
    )
    echo = "response.body = JSON.stringify(event);"
    event = json.loads(on_response(echo, response).body)
    assert event["context"]["eventType"] == "viewer-response"
    assert event["request"]["uri"] == "/a.html"
    assert event["response"] == {
        "statusCode": 200,
        "statusDescription": "OK",
        "headers": {"content-type": {"value": "text/html"}},
        "cookies": {"a": {"value": "1", "attributes": "Secure; Path=/"}},
    }


# What functions may change


def test_a_request_goes_on_as_the_function_left_it() -> None:
    request = Request("GET", "/a/", "q=1&q=2&r=3", Headers([("Host", "x"), ("Accept", "a"), ("Cookie", "c=1")]))
    changed = on_request(
        "request.uri += 'index.html'; delete request.querystring.r; request.headers['x-kind'] = {value: 'k'};"
        "request.cookies.d = {value: '2'};",
        request,
    )
    assert isinstance(changed, Request)
    assert (changed.path, changed.query) == ("/a/index.html", "q=1&q=2")
    assert list(changed.headers) == [
        ("Host", "x"),
        ("Accept", "a"),
        ("X-Kind", "k"),
        ("Cookie", "c=1; d=2"),
    ]


@pytest.mark.parametrize(
    ("statements", "query"),
    [
        ("request.querystring.q.value = '9';", "q=9&q=2"),
        ("request.querystring.q.multiValue.pop();", "q=1"),
        ("request.querystring.q.value = '9'; request.querystring.q.multiValue.pop();", "q=1"),
        ("request.querystring.q = {value: '9'};", "q=9"),
    ],
)
def test_a_changed_multi_value_counts_before_a_changed_value(statements: str, query: str) -> None:
    changed = on_request(statements, Request("GET", "/", "q=1&q=2"))
    assert isinstance(changed, Request)
    assert changed.query == query


def test_a_response_goes_out_as_the_function_left_it() -> None:
    original = Response(200, Headers([("X-Old", "1"), ("Set-Cookie", "a=1; Secure")]), b"page")
    changed = on_response(
        "response.statusCode = 410; response.statusDescription = 'Gone'; delete response.headers['x-old'];"
        "response.headers.location = {value: '/b'}; response.cookies.b = {value: '2', attributes: 'Path=/'};",
        original,
    )
    assert (changed.status, changed.reason, changed.body) == (410, "Gone", b"page")
    assert list(changed.headers) == [
        ("Location", "/b"),
        ("Set-Cookie", "a=1; Secure"),
        ("Set-Cookie", "b=2; Path=/"),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("'text'", b"text"),
        ("{encoding: 'text', data: 'text'}", b"text"),
        ("{encoding: 'base64', data: 'AAE='}", b"\x00\x01"),
    ],
)
def test_a_function_may_replace_the_body(body: str, expected: bytes) -> None:
    assert on_response(f"response.body = {body};", Response(200, body=b"page")).body == expected


@pytest.mark.parametrize(
    "statements",
    [
        "request.method = 'HEAD';",
        "request.uri = 'a.html';",
        "request.uri = 7;",
        "request.headers.host = {value: 'other'};",
        "delete request.headers.host;",
        "request.headers['X-Kind'] = {value: 'k'};",
        "request.headers['x-edge-kind'] = {value: 'k'};",
        "request.headers.connection = {value: 'close'};",
        "request.headers['x-kind'] = 'k';",
        "request.headers['x-kind'] = {value: 7};",
        "return null;",
        "return 'x';",
        "return {statusCode: '200'};",
        "return {statusCode: 42};",
        "return {statusCode: 200, body: {encoding: 'base64', data: '!'}};",
        "return {statusCode: 200, body: 7};",
    ],
)
def test_what_cloudfront_does_not_accept_of_a_request_function_is_refused(statements: str) -> None:
    with pytest.raises(ValidationError):
        on_request(statements, Request("GET", "/", headers=Headers([("Host", "x")])))


@pytest.mark.parametrize("name", ["via", "warning", "x-cache"])
def test_what_cloudfront_does_not_accept_of_a_response_function_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        on_response(f"response.headers['{name}'] = {{value: 'x'}};", Response(200))


# The engine


def test_a_function_that_cloudfront_would_not_take_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=str(MAXIMUM_SIZE)):
        EdgeFunction(ECHO + " " * MAXIMUM_SIZE)
    with pytest.raises(ValueError, match="asynchronous"):
        EdgeFunction("async function handler(event) { return event.request; }")


def test_a_function_finds_nothing_of_this_machine() -> None:
    code = "function handler() { return {statusCode: 200, body: typeof process + typeof require}; }"
    answer = EdgeFunction(code).on_request(Request("GET", "/"), CONTEXT)
    assert isinstance(answer, Response)
    assert answer.body == b"undefinedundefined"


# Within the edge


def test_the_request_function_chooses_what_is_asked_for_and_kept(site: Site) -> None:
    site.put("a/index.html", "index")
    made = edge(site, request=(SOURCES / "viewer_request.js").read_text())
    assert get(made, "/a/").body == b"index"
    assert get(made, "/a/index.html").headers["X-Cache"] == "Hit from cloudfront"
    site.invalidate("/a/")
    assert get(made, "/a/").headers["X-Cache"] == "Hit from cloudfront"
    site.invalidate("/a/index.html")
    assert get(made, "/a/").headers["X-Cache"] == "Miss from cloudfront"


def test_a_generated_response_ends_there(site: Site) -> None:
    made = edge(
        site,
        request="function handler(event) { return {statusCode: 404, headers: {'x-a': {value: '1'}}}; }",
        response="function handler(event) { event.response.statusCode = 500; return event.response; }",
        ResponseHeadersPolicyId="headers",
    )
    answer = get(made, "/a.html")
    assert (answer.status, answer.headers["X-A"]) == (404, "1")
    assert answer.headers["X-Cache"] == "FunctionGeneratedResponse from cloudfront"
    assert "X-Policy" not in answer.headers
    assert site.asked == []


def test_the_response_function_runs_on_every_answer_below_400_after_the_policy(site: Site) -> None:
    made = edge(
        site,
        response="function handler(event) { var response = event.response;"
        "response.headers['x-seen'] = {value: response.statusCode + response.headers['x-policy'].value};"
        "return response; }",
        ResponseHeadersPolicyId="headers",
    )
    site.put("a.html")
    assert get(made, "/a.html").headers["X-Seen"] == "200set"
    hit = get(made, "/a.html")
    assert (hit.headers["X-Seen"], hit.headers["X-Cache"]) == ("200set", "Hit from cloudfront")
    assert get(made, "/a.html", if_none_match=hit.headers["ETag"]).headers["X-Seen"] == "304set"
    missing = get(made, "/none.html")
    assert "X-Seen" not in missing.headers
    assert missing.headers["X-Policy"] == "set"


def test_what_a_response_function_changes_is_not_kept(site: Site) -> None:
    made = edge(
        site,
        response="var n = 0; function handler(event) { event.response.headers['x-n'] = {value: String(++n)};"
        "return event.response; }",
    )
    site.put("a.html")
    assert [get(made, "/a.html").headers["X-N"] for _ in range(3)] == ["1", "2", "3"]


def test_a_function_that_throws_is_a_503(site: Site) -> None:
    made = edge(site, request="function handler(event) { return event.nothing.at.all; }")
    answer = get(made, "/a.html")
    assert (answer.status, answer.headers["X-Cache"]) == (503, "FunctionExecutionError from cloudfront")


def test_a_function_that_returns_nonsense_is_a_502(site: Site) -> None:
    made = edge(site, request="function handler(event) { return 'nonsense'; }")
    assert get(made, "/a.html").status == 502


def test_the_projects_own_functions_make_tombstones_and_redirects_of_metadata(site: Site) -> None:
    made = edge(
        site,
        request=(SOURCES / "viewer_request.js").read_text(),
        response=(SOURCES / "viewer_response.js").read_text(),
    )
    site.put("gone.html", "it was here", status="410", version="2", cache_tag="article-1")
    site.put("moved.html", "look there", status="301", location="/there.html", version="2")
    site.put("page.html", "page", version="1", cache_tag="article-2")
    gone, moved, page = get(made, "/gone.html"), get(made, "/moved.html"), get(made, "/page.html")
    assert (gone.status, gone.body) == (410, b"it was here")
    assert (moved.status, moved.headers["Location"]) == (301, "/there.html")
    assert page.status == 200
    assert not [name for answer in (gone, moved, page) for name, _ in answer.headers if name.startswith("X-Amz")]
