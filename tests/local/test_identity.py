"""The sign-in of this machine, as a browser goes through it: an authorization code with PKCE."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import Client, TestResponse

from local.identity import Issuer
from local.portal import LocalPortal
from local.sign_in import CODE_SECONDS

ORIGIN: Final = "http://127.0.0.1:8000"
DESK: Final = f"{ORIGIN}/desk/"
ISSUER: Final = Issuer(f"{ORIGIN}/local", "desk")
# RFC 7636, appendix B
VERIFIER: Final = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE: Final = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
REQUEST: Final = {
    "client_id": "desk",
    "redirect_uri": DESK,
    "response_type": "code",
    "scope": "openid email profile",
    "state": 'st"ate',
    "nonce": "n-0S6_WzA2Mj",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
PEOPLE: Final = {
    "ha.thu": ("Hà Thu", "ha.thu@son-thanh.example", ["editors"]),
    "minh.chau": ("Minh Châu", "minh.chau@son-thanh.example", ["editors", "approvers"]),
}


class Form(HTMLParser):
    """Reads the one form of a page: its method and address, its hidden fields, and the values of its buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.form: dict[str, str | None] = {}
        self.fields: dict[str, str] = {}
        self.buttons: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if tag == "form":
            self.form = given
        elif tag == "input":
            self.fields[str(given["name"])] = str(given["value"])
        elif tag == "button":
            assert given["name"] == "person"
            self.buttons.append(str(given["value"]))


def asked(**changes: str) -> TestResponse:
    return Client(ISSUER).get(f"/authorize?{urlencode(request(**changes))}")


def chosen(person: str = "ha.thu", **changes: str) -> TestResponse:
    return Client(ISSUER).post("/authorize", data=request(**changes) | {"person": person})


def request(**changes: str) -> dict[str, str]:
    """Give the desk's request with some parameters changed; an empty one is left out."""
    return {name: value for name, value in {**REQUEST, **changes}.items() if value}


def sent_back(answer: TestResponse) -> dict[str, str]:
    """Give what the desk is told in its address."""
    assert answer.status_code == 303
    assert answer.headers["Cache-Control"] == "no-store"
    parts = urlsplit(answer.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == DESK
    return {name: value for name, [value] in parse_qs(parts.query).items()}


def code(person: str = "ha.thu", **changes: str) -> str:
    return sent_back(chosen(person, **changes))["code"]


def exchanged(a_code: str, **changes: str) -> TestResponse:
    form = {
        "grant_type": "authorization_code",
        "client_id": "desk",
        "redirect_uri": DESK,
        "code": a_code,
        "code_verifier": VERIFIER,
    }
    return Client(ISSUER).post("/token", data={name: value for name, value in (form | changes).items() if value})


def refused(answer: TestResponse) -> str:
    """Give the reason for which no token is given."""
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"
    told: dict[str, str] = answer.get_json()
    assert set(told) == {"error", "error_description"}
    return told["error"]


def claims(id_token: str) -> dict[str, Any]:
    return jwt.decode(id_token, KeySet.import_key_set(ISSUER.keys)).claims


# The way in


@pytest.mark.parametrize("person", PEOPLE)
def test_whoever_is_chosen_on_the_page_gets_a_token_with_their_name_and_their_groups(person: str) -> None:
    form = Form(asked().text)
    assert form.form == {"method": "post", "action": "authorize"}
    assert form.buttons == list(PEOPLE)
    back = sent_back(Client(ISSUER).post("/authorize", data=form.fields | {"person": person}))
    assert back["state"] == REQUEST["state"]
    answer = exchanged(back["code"])
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    given = answer.get_json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 8 * 3600)
    told = claims(given["id_token"])
    name, email, groups = PEOPLE[person]
    assert (told["sub"], told["name"], told["email"], told["cognito:groups"]) == (person, name, email, groups)
    assert (told["iss"], told["aud"], told["nonce"]) == (ISSUER.address, "desk", REQUEST["nonce"])


def test_a_token_has_no_nonce_where_none_was_asked_for() -> None:
    assert "nonce" not in claims(exchanged(code(nonce="")).get_json()["id_token"])


@pytest.mark.parametrize(("person", "rights"), [("ha.thu", ["edit"]), ("minh.chau", ["edit", "approve"])], ids=str)
def test_the_token_opens_the_desk_with_the_rights_of_whoever_signed_in(
    portal: LocalPortal, person: str, rights: list[str]
) -> None:
    browser = Client(portal.front)
    told = browser.get("/desk/api/sign-in").get_json()
    asking = request(client_id=told["client_id"], scope=told["scope"])
    page = browser.get(f"{urlsplit(told['authorize_url']).path}?{urlencode(asking)}")
    form = Form(page.text)
    back = sent_back(browser.post("/local/authorize", data=form.fields | {"person": person}))
    answer = browser.post(
        urlsplit(told["token_url"]).path,
        data={
            "grant_type": "authorization_code",
            "client_id": told["client_id"],
            "redirect_uri": DESK,
            "code": back["code"],
            "code_verifier": VERIFIER,
        },
    ).get_json()
    session = browser.get("/desk/api/session", headers={"Authorization": f"Bearer {answer['id_token']}"})
    assert session.status_code == 200
    shown = session.get_json()
    assert (shown["name"], shown["subject"], shown["rights"]) == (PEOPLE[person][1], person, rights)
    other = browser.get("/desk/api/session", headers={"Authorization": f"Bearer {answer['access_token']}"})
    assert other.status_code == 401


def test_the_page_is_read_in_two_languages_runs_no_script_and_sends_its_form_nowhere_else() -> None:
    answer = asked()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert {"script", "a", "img", "link"} & Form(answer.text).tags == set()
    [style] = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert answer.headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert 'lang="vi"' in answer.text
    assert re.search(r'<h1>Đăng nhập <span lang="en">· Sign in</span></h1>', answer.text)
    for name, _, _ in PEOPLE.values():
        assert f"<strong>{name}</strong>" in answer.text


def test_the_page_escapes_what_it_was_asked_with() -> None:
    answer = asked(state='"><script>alert(1)</script>')
    assert "<script>" not in answer.text
    assert Form(answer.text).fields["state"] == '"><script>alert(1)</script>'


def test_who_is_chosen_is_not_what_a_link_says() -> None:
    form = Form(asked(person="minh.chau").text)
    assert "person" not in form.fields
    assert "code" not in asked(person="minh.chau").headers.get("Location", "")


# What is not asked rightly


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "shop"},
        {"client_id": ""},
        {"redirect_uri": ""},
        {"redirect_uri": "https://elsewhere.example/desk/"},
        {"redirect_uri": f"{ORIGIN}/desk"},
        {"redirect_uri": f"{DESK}?next=1"},
        {"redirect_uri": f"{DESK}../local/authorize"},
        {"redirect_uri": "http://127.0.0.1:8000.elsewhere.example/desk/"},
        {"redirect_uri": "http://127.0.0.1:8001/desk/"},
    ],
    ids=str,
)
def test_nobody_is_sent_to_another_client_or_another_address(changes: dict[str, str]) -> None:
    for answer in (asked(**changes), chosen(**changes)):
        assert answer.status_code == 400
        assert "Location" not in answer.headers
        assert "<form" not in answer.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"scope": "email profile"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"state": ""}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
        ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
    ],
    ids=str,
)
def test_what_the_desk_asks_wrongly_is_told_to_the_desk(changes: dict[str, str], error: str) -> None:
    for answer in (asked(**changes), chosen(**changes)):
        back = sent_back(answer)
        assert back["error"] == error
        assert back.get("state", "") == changes.get("state", REQUEST["state"])
        assert "code" not in back


@pytest.mark.parametrize("person", ["", "nobody", "Hà Thu"])
def test_an_unknown_person_is_refused(person: str) -> None:
    back = sent_back(chosen(person))
    assert (back["error"], back["state"]) == ("access_denied", REQUEST["state"])
    assert "code" not in back


def test_a_parameter_that_stands_twice_is_refused() -> None:
    twice = f"{urlencode(REQUEST)}&redirect_uri=https%3A%2F%2Felsewhere.example"
    for answer in (Client(ISSUER).get(f"/authorize?{twice}"), Client(ISSUER).get(f"/sign-out?{twice}")):
        assert (answer.status_code, "Location" in answer.headers) == (400, False)


@pytest.mark.parametrize("text", ["&".join(f"a{n}=1" for n in range(100)), f"state={'x' * 1001}"], ids=["many", "long"])
def test_more_than_a_client_ever_sends_is_refused(text: str) -> None:
    assert Client(ISSUER).get(f"/authorize?{urlencode(request(state=''))}&{text}").status_code == 400
    assert refused(Client(ISSUER).post("/token", data=dict(parse_qs(text)))) == "invalid_request"


# The code


@pytest.mark.parametrize("verifier", [VERIFIER[:-1] + "l", CHALLENGE, VERIFIER[:42], VERIFIER * 3, VERIFIER + "é"])
def test_who_has_not_the_verifier_gets_no_token_and_the_code_is_used_up(verifier: str) -> None:
    given = code()
    assert refused(exchanged(given, code_verifier=verifier)) == "invalid_grant"
    assert refused(exchanged(given)) == "invalid_grant"


def test_a_verifier_shorter_than_any_client_makes_is_refused_even_if_it_fits() -> None:
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"short").digest()).decode().rstrip("=")
    assert refused(exchanged(code(code_challenge=digest), code_verifier="short")) == "invalid_grant"


def test_a_code_works_once() -> None:
    given = code()
    assert exchanged(given).status_code == 200
    assert refused(exchanged(given)) == "invalid_grant"


def test_a_code_expires() -> None:
    with time_machine.travel(1_795_400_000, tick=False) as clock:
        first, second = code(), code()
        clock.shift(CODE_SECONDS - 1)
        assert exchanged(first).status_code == 200
        clock.shift(1)
        assert refused(exchanged(second)) == "invalid_grant"


def test_a_code_opens_nothing_at_another_issuer() -> None:
    other = Client(Issuer(ISSUER.address, "desk"))
    form = {"grant_type": "authorization_code", "client_id": "desk", "redirect_uri": DESK, "code_verifier": VERIFIER}
    assert refused(other.post("/token", data=form | {"code": code()})) == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({"client_id": ""}, "invalid_client"),
        ({"client_id": "shop"}, "invalid_client"),
        ({"code": ""}, "invalid_request"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"redirect_uri": "https://elsewhere.example/desk/"}, "invalid_grant"),
        ({"code": "guessed"}, "invalid_grant"),
    ],
    ids=str,
)
def test_what_a_client_sends_wrongly_has_its_reason(changes: dict[str, str], error: str) -> None:
    assert refused(exchanged(code(), **changes)) == error


def test_a_form_is_a_form_and_bounded() -> None:
    client = Client(ISSUER)
    assert client.post("/token", json={"grant_type": "authorization_code"}).status_code == 415
    assert client.post("/token", data={"code": "x" * 10_000}).status_code == 413


# The way out


@pytest.mark.parametrize("name", ["logout_uri", "post_logout_redirect_uri"])
def test_signing_out_leads_back_to_the_desk(name: str) -> None:
    assert sent_back(Client(ISSUER).get("/sign-out?" + urlencode({"client_id": "desk", name: DESK}))) == {}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"logout_uri": "https://elsewhere.example/desk/"},
        {"logout_uri": f"{DESK}x"},
        {"logout_uri": DESK, "post_logout_redirect_uri": "https://elsewhere.example/"},
    ],
    ids=str,
)
def test_signing_out_leads_nowhere_else(query: dict[str, str]) -> None:
    answer = Client(ISSUER).get("/sign-out?" + urlencode(query))
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_the_issuer_describes_its_sign_in() -> None:
    told = Client(ISSUER).get("/.well-known/openid-configuration").get_json()
    paths = {name: told[name].removeprefix(ISSUER.address) for name in told if name.endswith("_endpoint")}
    assert paths == {
        "authorization_endpoint": "/authorize",
        "token_endpoint": "/token",
        "end_session_endpoint": "/sign-out",
    }
    assert told["response_types_supported"] == ["code"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["token_endpoint_auth_methods_supported"] == ["none"]
