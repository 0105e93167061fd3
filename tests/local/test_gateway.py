import base64
import json
import re
from collections.abc import Callable

import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.datastructures import Headers
from werkzeug.test import Client

from local.exchange import Request, Response
from local.gateway import Gateway
from local.identity import Issuer
from local.lambdas import FunctionError
from local.template import Json

DOMAIN = "abc123.execute-api.ap-southeast-1.amazonaws.com"
ARN = "arn:aws:lambda:ap-southeast-1:123456789012:function:desk"
OTHER_ARN = "arn:aws:lambda:ap-southeast-1:123456789012:function:other"
ISSUER = Issuer("http://127.0.0.1:8000/local", "desk")


def operation(arn: str = ARN, *scopes: str, **changes: Json) -> Json:
    uri = f"arn:aws:apigateway:ap-southeast-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    integration = {"httpMethod": "POST", "type": "aws_proxy", "payloadFormatVersion": "2.0", "uri": uri}
    return {
        "x-amazon-apigateway-integration": integration,
        "security": [{"Newsroom": list(scopes)}],
        "responses": {},
        **changes,
    }


def document(**paths: Json) -> Json:
    authorizer = {
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {"issuer": ISSUER.address, "audience": ["desk", "desk too"]},
    }
    scheme = {"type": "oauth2", "x-amazon-apigateway-authorizer": authorizer}
    return {"openapi": "3.0.1", "paths": paths, "components": {"securitySchemes": {"Newsroom": scheme}}}


ARTICLES = document(
    **{
        "/api/articles": {"get": operation(), "post": operation()},
        "/api/articles/{id}": {"get": operation()},
        "/api/articles/{id}/uploads": {"post": operation()},
        "/api/open": {"get": operation(security=[{"NONE": []}])},
        "/api/guarded": {"get": operation(ARN, "desk/write", "desk/admin")},
    }
)


class Desk:
    """A function that notes its events and answers as it is told."""

    def __init__(self, answer: Json = None) -> None:
        self.answer = {"statusCode": 200, "body": "{}"} if answer is None else answer
        self.events: list[Json] = []
        self.arns: list[str] = []

    def __call__(self, arn: str, event: Json) -> Json:
        self.arns.append(arn)
        self.events.append(event)
        return self.answer


def gateway(desk: Callable[[str, Json], Json], body: Json = ARTICLES) -> Gateway:
    return Gateway(body, domain=DOMAIN, invoke=desk, keys={ISSUER.address: ISSUER.keys})


def ask(
    desk: Callable[[str, Json], Json],
    path: str,
    *,
    method: str = "GET",
    token: str | None = None,
    body: bytes = b"",
    document: Json = ARTICLES,
    **headers: str,
) -> Response:
    path, _, query = path.partition("?")
    named = Headers([(name.replace("_", "-"), value) for name, value in headers.items()])
    named.setdefault("Host", DOMAIN)
    named.setdefault("Authorization", f"Bearer {ISSUER.token('minh') if token is None else token}")
    return gateway(desk, document)(Request(method, path, query, named, body))


# Routes


@pytest.mark.parametrize(
    ("method", "path", "route", "parameters"),
    [
        ("GET", "/api/articles", "GET /api/articles", None),
        ("POST", "/api/articles", "POST /api/articles", None),
        ("GET", "/api/articles/a-1", "GET /api/articles/{id}", {"id": "a-1"}),
        ("GET", "/api/articles/a%20b", "GET /api/articles/{id}", {"id": "a b"}),
        ("POST", "/api/articles/a-1/uploads", "POST /api/articles/{id}/uploads", {"id": "a-1"}),
    ],
)
def test_a_request_reaches_the_function_of_its_route(
    method: str, path: str, route: str, parameters: dict[str, str] | None
) -> None:
    desk = Desk()
    assert ask(desk, path, method=method).status == 200
    assert desk.arns == [ARN]
    assert desk.events[0]["routeKey"] == route
    assert desk.events[0].get("pathParameters") == parameters


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/articles"),
        ("GET", "/api/articles/"),
        ("GET", "/api/articles/a/b"),
        ("GET", "/api/articles/a-1/uploads"),
        ("GET", "/API/articles"),
        ("OPTIONS", "/api/articles"),
        ("GET", "/"),
    ],
)
def test_what_is_no_route_is_not_found(method: str, path: str) -> None:
    desk = Desk()
    answer = ask(desk, path, method=method)
    assert (answer.status, answer.body) == (404, b'{"message":"Not Found"}')
    assert desk.events == []


def test_the_narrowest_route_takes_the_request() -> None:
    routes = document(
        **{
            "/{all+}": {"x-amazon-apigateway-any-method": operation(OTHER_ARN)},
            "/a/{id}": {"x-amazon-apigateway-any-method": operation(OTHER_ARN), "get": operation(ARN)},
            "/a/b": {"x-amazon-apigateway-any-method": operation(ARN)},
        }
    )

    def routed(method: str, path: str) -> tuple[str, str]:
        desk = Desk()
        ask(desk, path, method=method, document=routes)
        return desk.events[0]["routeKey"], desk.arns[0]

    assert routed("GET", "/a/b") == ("ANY /a/b", ARN)
    assert routed("GET", "/a/c") == ("GET /a/{id}", ARN)
    assert routed("PUT", "/a/c") == ("ANY /a/{id}", OTHER_ARN)
    assert routed("GET", "/a/b/c") == ("ANY /{all+}", OTHER_ARN)


def test_another_host_is_forbidden() -> None:
    # So a distribution that forwards its viewers' Host never reaches the API.
    desk = Desk()
    answer = ask(desk, "/api/open", Host="portal.example")
    assert (answer.status, answer.body) == (403, b'{"message":"Forbidden"}')
    assert desk.events == []


def test_what_the_gateway_does_not_imitate_is_refused_at_once() -> None:
    old = operation()
    old["x-amazon-apigateway-integration"]["payloadFormatVersion"] = "1.0"
    with pytest.raises(ValueError, match="payload format"):
        gateway(Desk(), document(**{"/a": {"get": old}}))
    with pytest.raises(ValueError, match="default"):
        gateway(Desk(), document(**{"$default": {"get": operation()}}))
    with pytest.raises(KeyError):
        gateway(Desk(), document(**{"/a": {"get": operation(security=[{"Unheard": []}])}}))
    elsewhere = document()
    scheme = elsewhere["components"]["securitySchemes"]["Newsroom"]["x-amazon-apigateway-authorizer"]
    scheme["identitySource"] = "$request.querystring.token"
    with pytest.raises(ValueError, match="Authorization"):
        gateway(Desk(), elsewhere)


# The authorizer


def forged(key: RSAKey | OctKey, algorithm: str, kid: str | None = None, **claims: Json) -> str:
    given = {"iss": ISSUER.address, "aud": "desk", "sub": "minh", "exp": 4_000_000_000, **claims}
    header = {"alg": algorithm} | ({"kid": kid} if kid else {})
    return jwt.encode(header, given, key, algorithms=[algorithm])


def own_kid() -> str:
    return str(ISSUER.keys["keys"][0]["kid"])


def unsigned() -> str:
    parts = ({"alg": "none", "kid": own_kid()}, {"iss": ISSUER.address, "aud": "desk", "exp": 4_000_000_000})
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join(encoded) + "."


def with_public_key_as_secret() -> str:
    public = json.dumps(ISSUER.keys["keys"][0]).encode()
    return forged(OctKey.import_key(public), "HS256", own_kid())


REFUSED: dict[str, Callable[[], str]] = {
    "no token": lambda: "",
    "no JWT": lambda: "token",
    "three parts of nothing": lambda: "a.b.c",
    "expired": lambda: ISSUER.token(lifetime=-1),
    "not valid yet": lambda: ISSUER.token(nbf=4_000_000_000),
    "issued in the future": lambda: ISSUER.token(iat=4_000_000_000),
    "without an end": lambda: ISSUER.token(exp=None),
    "with an end that is no number": lambda: ISSUER.token(exp="4000000000"),
    "of another issuer": lambda: ISSUER.token(iss="http://elsewhere"),
    "for another audience": lambda: ISSUER.token(aud="elsewhere"),
    "for no audience": lambda: ISSUER.token(aud=None),
    "for another client": lambda: ISSUER.token(aud="elsewhere", client_id="desk"),
    "signed by another key": lambda: forged(RSAKey.generate_key(2048, auto_kid=True), "RS256", own_kid()),
    "of an unknown key": lambda: forged(RSAKey.generate_key(2048), "RS256", "unknown"),
    "unsigned": unsigned,
    "signed with the public key": with_public_key_as_secret,
    "cut short": lambda: ISSUER.token()[:-4],
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_token_that_does_not_hold_is_unauthorized(name: str) -> None:
    desk = Desk()
    answer = ask(desk, "/api/articles", token=REFUSED[name]())
    assert (answer.status, answer.body) == (401, b'{"message":"Unauthorized"}')
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert desk.events == []


def test_a_request_without_the_header_is_unauthorized() -> None:
    answer = gateway(Desk())(Request("GET", "/api/articles", headers=Headers([("Host", DOMAIN)])))
    assert answer.status == 401


def test_a_changed_claim_breaks_the_signature() -> None:
    header, claims, signature = ISSUER.token("minh").split(".")
    decoded = base64.urlsafe_b64decode(claims + "==").replace(b'"minh"', b'"lanh"')
    changed = base64.urlsafe_b64encode(decoded).decode().rstrip("=")
    assert ask(Desk(), "/api/articles", token=f"{header}.{claims}.{signature}").status == 200
    assert ask(Desk(), "/api/articles", token=f"{header}.{changed}.{signature}").status == 401


def test_a_token_holds_until_its_end() -> None:
    with time_machine.travel(1_795_400_000, tick=False) as clock:
        token = ISSUER.token(lifetime=60)
        clock.shift(59)
        assert ask(Desk(), "/api/articles", token=token).status == 200
        clock.shift(1)
        assert ask(Desk(), "/api/articles", token=token).status == 401


def test_the_token_may_stand_without_bearer_and_for_one_of_several_audiences() -> None:
    assert ask(Desk(), "/api/articles", Authorization=ISSUER.token()).status == 200
    assert ask(Desk(), "/api/articles", token=ISSUER.token(aud=["elsewhere", "desk too"])).status == 200


def test_the_client_counts_where_no_audience_is_given() -> None:
    key = RSAKey.generate_key(2048, auto_kid=True)
    keys = {ISSUER.address: {"keys": [key.as_dict(private=False)]}}
    claims = {"iss": ISSUER.address, "client_id": "desk", "exp": 4_000_000_000}
    token = jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
    request = Request("GET", "/api/articles", headers=Headers([("Host", DOMAIN), ("Authorization", token)]))
    assert Gateway(ARTICLES, domain=DOMAIN, invoke=Desk(), keys=keys)(request).status == 200  # type: ignore[arg-type]


def test_a_key_must_be_named_by_the_token() -> None:
    key = RSAKey.generate_key(2048)
    keys = {ISSUER.address: {"keys": [key.as_dict(private=False)]}}
    token = forged(key, "RS256")
    request = Request("GET", "/api/articles", headers=Headers([("Host", DOMAIN), ("Authorization", token)]))
    assert Gateway(ARTICLES, domain=DOMAIN, invoke=Desk(), keys=keys)(request).status == 401  # type: ignore[arg-type]


def test_a_route_with_scopes_wants_one_of_them() -> None:
    assert ask(Desk(), "/api/guarded", token=ISSUER.token(scope="openid desk/write")).status == 200
    assert ask(Desk(), "/api/guarded", token=ISSUER.token(scp=["desk/admin"])).status == 200
    answer = ask(Desk(), "/api/guarded", token=ISSUER.token(scope="openid"))
    assert (answer.status, answer.body) == (403, b'{"message":"Forbidden"}')


def test_a_route_without_an_authorizer_takes_anybody() -> None:
    desk = Desk()
    assert ask(desk, "/api/open", token="").status == 200
    assert "authorizer" not in desk.events[0]["requestContext"]


# The event


def test_the_event_has_payload_format_two() -> None:
    desk = Desk()
    headers = Headers(
        [
            ("Host", DOMAIN),
            ("X-Kind", "1"),
            ("X-Kind", "2"),
            ("Cookie", "c=1; d=2"),
            ("User-Agent", "curl"),
        ]
    )
    with time_machine.travel(1_795_400_000, tick=False):
        headers["Authorization"] = ISSUER.token("minh", scope="a b")
        gateway(desk)(Request("GET", "/api/articles", "b=2&a=%20x&b=3&flag", headers, ip="10.0.0.1"))
    event = desk.events[0]
    assert event["requestContext"].pop("requestId")
    assert event["headers"].pop("authorization")
    assert event == {
        "version": "2.0",
        "routeKey": "GET /api/articles",
        "rawPath": "/api/articles",
        "rawQueryString": "b=2&a=%20x&b=3&flag",
        "cookies": ["c=1", "d=2"],
        "headers": {"host": DOMAIN, "x-kind": "1,2", "user-agent": "curl"},
        "queryStringParameters": {"b": "2,3", "a": " x", "flag": ""},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc123",
            "authorizer": {
                "jwt": {
                    "claims": {
                        "iss": ISSUER.address,
                        "sub": "minh",
                        "aud": "desk",
                        "iat": "1795400000",
                        "nbf": "1795400000",
                        "exp": "1795428800",
                        "cognito:groups": "[editors approvers]",
                        "scope": "a b",
                    },
                    "scopes": ["a", "b"],
                }
            },
            "domainName": DOMAIN,
            "domainPrefix": "abc123",
            "http": {
                "method": "GET",
                "path": "/api/articles",
                "protocol": "HTTP/1.1",
                "sourceIp": "10.0.0.1",
                "userAgent": "curl",
            },
            "routeKey": "GET /api/articles",
            "stage": "$default",
            "time": "23/Nov/2026:02:13:20 +0000",
            "timeEpoch": 1_795_400_000_000,
        },
        "isBase64Encoded": False,
    }


def test_claims_arrive_as_strings() -> None:
    desk = Desk()
    ask(desk, "/api/articles", token=ISSUER.token(groups=["a", "b"], verified=True, level=3, nested={"a": 1}))
    given = desk.events[0]["requestContext"]["authorizer"]["jwt"]
    assert given["scopes"] is None
    assert {name: given["claims"][name] for name in ("cognito:groups", "verified", "level", "nested")} == {
        "cognito:groups": "[a b]",
        "verified": "true",
        "level": "3",
        "nested": '{"a": 1}',
    }


@pytest.mark.parametrize(
    ("content_type", "body", "encoded"),
    [
        ("application/json", '{"a": "à"}'.encode(), False),
        ("application/json; charset=utf-8", b"{}", False),
        ("application/problem+json", b"{}", False),
        ("text/plain", b"x", False),
        ("application/x-www-form-urlencoded", b"a=1", True),
        ("application/octet-stream", b"\xff", True),
        ("application/json", b"\xff", True),
        ("", b"x", True),
    ],
)
def test_a_body_that_is_no_text_arrives_in_base64(content_type: str, body: bytes, *, encoded: bool) -> None:
    desk = Desk()
    ask(desk, "/api/articles", method="POST", body=body, Content_Type=content_type)
    event = desk.events[0]
    assert event["isBase64Encoded"] == encoded
    assert event["body"] == (base64.b64encode(body).decode() if encoded else body.decode())


@pytest.mark.parametrize(("size", "status"), [(6_000_000, 200), (7_000_000, 413), (10_485_761, 413)])
def test_a_body_is_bounded(size: int, status: int) -> None:
    desk = Desk()
    body = b"x" * size
    answer = ask(desk, "/api/articles", method="POST", body=body, Content_Type="text/plain")
    assert answer.status == status
    assert len(desk.events) == (status == 200)


# The answer


def test_a_functions_answer_becomes_a_response() -> None:
    answer = ask(
        Desk(
            {
                "statusCode": 201,
                "headers": {"content-type": "application/json", "x-n": 1},
                "cookies": ["a=1; Secure", "b=2"],
                "body": '{"a":"à"}',
                "isBase64Encoded": False,
            }
        ),
        "/api/articles",
    )
    assert (answer.status, answer.body) == (201, '{"a":"à"}'.encode())
    assert list(answer.headers) == [
        ("content-type", "application/json"),
        ("x-n", "1"),
        ("Set-Cookie", "a=1; Secure"),
        ("Set-Cookie", "b=2"),
    ]


def test_a_body_in_base64_is_decoded() -> None:
    assert ask(Desk({"statusCode": 200, "body": "AAE=", "isBase64Encoded": True}), "/api/articles").body == b"\x00\x01"


@pytest.mark.parametrize(("answer", "body"), [({"a": 1}, b'{"a": 1}'), ("text", b"text"), ([1], b"[1]")])
def test_an_answer_without_a_status_is_json(answer: Json, body: bytes) -> None:
    given = ask(Desk(answer), "/api/articles")
    assert (given.status, given.headers["Content-Type"], given.body) == (200, "application/json", body)


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": "soon"},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "body": "!", "isBase64Encoded": True},
    ],
)
def test_an_answer_that_means_nothing_is_a_500(answer: Json) -> None:
    given = ask(Desk(answer), "/api/articles")
    assert (given.status, given.body) == (500, b'{"message":"Internal Server Error"}')


def test_a_function_that_raises_is_a_500_without_its_reason() -> None:
    def failing(_arn: str, _event: Json) -> Json:
        raise FunctionError("DeskFunction", "KeyError", "secret", [])

    answer = ask(failing, "/api/articles")
    assert (answer.status, answer.body) == (500, b'{"message":"Internal Server Error"}')


# The issuer


def test_the_issuer_describes_itself_where_its_configuration_says() -> None:
    client = Client(ISSUER)
    described = client.get("/.well-known/openid-configuration").get_json()
    assert described["issuer"] == ISSUER.address
    keys = client.get(described["jwks_uri"].removeprefix(ISSUER.address))
    assert keys.get_json() == ISSUER.keys
    assert set(ISSUER.keys["keys"][0]) >= {"kid", "kty", "n", "e"}
    assert not set(ISSUER.keys["keys"][0]) & {"d", "p", "q"}


def test_the_issuer_gives_a_token_for_the_editor_named() -> None:
    answer = Client(ISSUER).get("/token?editor=lan")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    desk = Desk()
    assert ask(desk, "/api/articles", token=answer.text.strip()).status == 200
    assert desk.events[0]["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] == "lan"


def test_the_issuer_has_an_editor_for_whoever_names_none() -> None:
    desk = Desk()
    ask(desk, "/api/articles", token=Client(ISSUER).get("/token").text.strip())
    assert desk.events[0]["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] == "editor"


@pytest.mark.parametrize("editor", ["a%20b", "%C3%A0", "x" * 65, ""])
def test_the_issuer_refuses_a_name_that_no_header_can_carry(editor: str) -> None:
    answer = Client(ISSUER).get(f"/token?editor={editor}&x=1")
    expected = 200 if editor == "" else 400
    assert answer.status_code == expected
    assert bool(re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", answer.text)) == (expected == 200)


def test_the_issuer_answers_nothing_else() -> None:
    assert Client(ISSUER).get("/elsewhere").status_code == 404
    assert Client(ISSUER).post("/jwks.json").status_code == 405


def test_two_issuers_do_not_take_each_others_tokens() -> None:
    other = Issuer(ISSUER.address, "desk")
    assert ask(Desk(), "/api/articles", token=other.token()).status == 401
