"""The sign-in of this machine: an authorization code with PKCE (RFC 6749, RFC 7636), as a browser asks for it.

There are two people and no passwords: who opens the page says who they are.
"""

import base64
import hashlib
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from jinja2 import Environment, StrictUndefined
from werkzeug.datastructures import Headers

from local.exchange import Response

CODE_SECONDS: Final = 60  # that a code can be redeemed for
SCOPES: Final = ("openid", "email", "profile")

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")  # SHA-256 in base64url, without padding
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_MAX_FIELDS: Final = 20
_MAX_LENGTH: Final = 1000  # characters of a parameter: a client's state and nonce are far shorter


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in; roles are what the page says of their groups, in Vietnamese and in English."""

    account: str
    name: str
    email: str
    groups: tuple[str, ...]
    role: str
    role_in_english: str


PEOPLE: Final = {
    person.account: person
    for person in (
        Person("ha.thu", "Hà Thu", "ha.thu@son-thanh.example", ("editors",), "biên tập viên", "editor"),
        Person(
            "minh.chau",
            "Minh Châu",
            "minh.chau@son-thanh.example",
            ("editors", "approvers"),
            "biên tập viên, người duyệt bài",
            "editor and approver",
        ),
    )
}

_SOURCE: Final = (Path(__file__).parent / "sign_in.html").read_text(encoding="utf-8")
_PAGE: Final = Environment(autoescape=True, undefined=StrictUndefined).from_string(_SOURCE)
_STYLE: Final = _SOURCE.partition("<style>")[2].partition("</style>")[0]
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_SAFETY: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class RefusedError(Exception):
    """The request is not one that is answered; `code` is OAuth's name for the reason, the message says more."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Grant:
    """What a code stands for: who has signed in, and what their browser has to prove to get their token."""

    person: Person
    challenge: str
    nonce: str | None
    expires_at: float  # seconds since 1970


class SignIn:
    """Gives codes for people, and takes each back once.

    The one client is the desk, whose page `<origin>/desk/` is the only address that anybody is sent back to.
    """

    def __init__(self, address: str, client_id: str) -> None:
        """Serve the client at the origin of the issuer's address."""
        parts = urlsplit(address)
        self._desk = f"{parts.scheme}://{parts.netloc}/desk/"
        self._client_id = client_id
        self._lock = threading.Lock()
        self._grants: dict[str, Grant] = {}

    def ask(self, query: str) -> Response:
        """Ask who is signing in: the authorization endpoint, by GET."""
        return self._answer(query, self._page)

    def choose(self, form: str) -> Response:
        """Send who was chosen back to the desk with a code: the authorization endpoint, by POST of its own form."""
        return self._answer(form, self._chosen)

    def redeem(self, form: str) -> Grant:
        """Take a code back: the token endpoint's part of the flow. A code that was tried is used up, in any case.

        Raises:
            RefusedError: with one of the codes of RFC 6749, section 5.2.
        """
        given = _fields(form)
        if given.get("grant_type") != "authorization_code":
            raise RefusedError("unsupported_grant_type", "grant_type is authorization_code")
        if given.get("client_id") != self._client_id:
            raise RefusedError("invalid_client", "no such client")
        if missing := [name for name in ("code", "redirect_uri", "code_verifier") if name not in given]:
            raise RefusedError("invalid_request", f"missing: {', '.join(missing)}")
        with self._lock:
            grant = self._grants.pop(given["code"], None)
        if grant is None or grant.expires_at <= time.time():
            raise RefusedError("invalid_grant", "the code is unknown, used or expired")
        if given["redirect_uri"] != self._desk:
            raise RefusedError("invalid_grant", "the code was given to another address")
        if not _proves(given["code_verifier"], grant.challenge):
            raise RefusedError("invalid_grant", "code_verifier is not what the challenge was made from")
        return grant

    def leave(self, query: str) -> Response:
        """Send whoever signs out back to the desk. Nobody is remembered here, so there is nothing to forget."""
        try:
            given = _fields(query)
        except RefusedError as error:
            return _refusal(str(error))
        # As Amazon Cognito and as OpenID Connect's RP-Initiated Logout call it.
        targets = {given[name] for name in ("logout_uri", "post_logout_redirect_uri") if name in given}
        if targets != {self._desk}:
            return _refusal(f"logout_uri or post_logout_redirect_uri is {self._desk}")
        return _see(self._desk)

    def _answer(self, text: str, answer: Callable[[Mapping[str, str]], Response]) -> Response:
        try:
            given = _fields(text)
            self._check_client(given)
        except RefusedError as error:
            # Not sent back: that would send people wherever a stranger's link says.
            return _refusal(str(error))
        try:
            _check(given)
            return answer(given)
        except RefusedError as error:
            return self._back({"error": error.code, "error_description": str(error)}, given)

    def _page(self, given: Mapping[str, str]) -> Response:
        request = {name: value for name, value in given.items() if name != "person"}
        page = _PAGE.render(request=request, people=PEOPLE.values())
        return Response(200, Headers({"Content-Type": "text/html; charset=utf-8", **_SAFETY}), page.encode())

    def _chosen(self, given: Mapping[str, str]) -> Response:
        person = PEOPLE.get(given.get("person", ""))
        if person is None:
            raise RefusedError("access_denied", "there is no such person")
        return self._back({"code": self._issue(person, given)}, given)

    def _check_client(self, given: Mapping[str, str]) -> None:
        if given.get("client_id") != self._client_id:
            raise RefusedError("invalid_request", "no such client")
        if given.get("redirect_uri") != self._desk:
            raise RefusedError("invalid_request", f"redirect_uri is {self._desk}")

    def _issue(self, person: Person, given: Mapping[str, str]) -> str:
        code = secrets.token_urlsafe(32)
        now = time.time()
        grant = Grant(person, given["code_challenge"], given.get("nonce"), now + CODE_SECONDS)
        with self._lock:
            current = {code: each for code, each in self._grants.items() if each.expires_at > now}
            self._grants = {**current, code: grant}
        return code

    def _back(self, answer: Mapping[str, str], given: Mapping[str, str]) -> Response:
        state = {name: value for name, value in given.items() if name == "state"}
        return _see(f"{self._desk}?{urlencode({**answer, **state})}")


def _check(given: Mapping[str, str]) -> None:
    """Check all of an authorization request but its client.

    Raises:
        RefusedError: with one of the codes of RFC 6749, section 4.1.2.1.
    """
    if given.get("response_type") != "code":
        raise RefusedError("unsupported_response_type", "response_type is code")
    if "openid" not in given.get("scope", "").split():
        raise RefusedError("invalid_scope", "scope names openid")
    if not given.get("state"):
        raise RefusedError("invalid_request", "state is missing")
    if given.get("code_challenge_method") != "S256":
        raise RefusedError("invalid_request", "code_challenge_method is S256")
    if not _CHALLENGE.fullmatch(given.get("code_challenge", "")):
        raise RefusedError("invalid_request", f"code_challenge matches {_CHALLENGE.pattern}")


def _proves(verifier: str, challenge: str) -> bool:
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return secrets.compare_digest(digest, challenge)


def _fields(text: str) -> dict[str, str]:
    """Read a query or a form.

    Raises:
        RefusedError: `invalid_request`, since there is a name twice, or more than any client sends.
    """
    try:
        pairs = parse_qsl(text, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise RefusedError("invalid_request", f"more than {_MAX_FIELDS} parameters") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise RefusedError("invalid_request", "a parameter stands twice")
    if any(len(value) > _MAX_LENGTH for value in fields.values()):
        raise RefusedError("invalid_request", f"a parameter has more than {_MAX_LENGTH} characters")
    return fields


def _see(location: str) -> Response:
    return Response(303, Headers({"Location": location, **_SAFETY}))


def _refusal(text: str) -> Response:
    return Response(400, Headers({"Content-Type": "text/plain; charset=utf-8", **_SAFETY}), f"{text}\n".encode())
