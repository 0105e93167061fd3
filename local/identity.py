"""An OpenID Connect issuer for this machine, in the place of the newsroom's own.

Its key is made at each start and never leaves the process, so its tokens open nothing anywhere else, and nothing
here after a restart.
"""

import json
import re
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import KeySet, KeySetSerialization, RSAKey
from werkzeug.datastructures import Headers

from local.exchange import Response, body_of
from local.sign_in import SCOPES, Grant, RefusedError, SignIn

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

LIFETIME = 8 * 3600  # seconds that a token is valid: one working day
_EDITOR = re.compile(r"[A-Za-z0-9._@+-]{1,64}")
_DEFAULT_EDITOR = "editor"
GROUPS_CLAIM = "cognito:groups"  # as Amazon Cognito names it
GROUPS = ("editors", "approvers")
_FORM = "application/x-www-form-urlencoded"
_MAX_FORM_BYTES = 10_000
_PATHS = {
    "/authorize": ("GET", "HEAD", "POST"),
    "/token": ("GET", "HEAD", "POST"),
    "/sign-out": ("GET", "HEAD"),
    "/jwks.json": ("GET", "HEAD"),
    "/.well-known/openid-configuration": ("GET", "HEAD"),
}


class Issuer:
    """A WSGI application that serves the issuer's documents, its sign-in, and a token to whoever asks.

    Its paths, below that of its address, are `/authorize`, `/token` (by POST, for a code), `/sign-out`, `/jwks.json`
    and `/.well-known/openid-configuration`; and, by GET, `/token?editor=<name>&groups=<one>,<two>` for programs.
    """

    def __init__(self, address: str, audience: str) -> None:
        """Issue tokens for one audience; `address` is the issuer's URL, without a slash at its end."""
        self.address = address
        self.audience = audience
        self._sign_in = SignIn(address, audience)
        self._key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)

    @property
    def keys(self) -> KeySetSerialization:
        """The public keys, as the JSON Web Key Set of the issuer."""
        return KeySet([self._key]).as_dict(private=False)

    @property
    def configuration(self) -> dict[str, object]:
        """The issuer's own description, as OpenID Connect Discovery defines it."""
        return {
            "issuer": self.address,
            "jwks_uri": f"{self.address}/jwks.json",
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "end_session_endpoint": f"{self.address}/sign-out",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "scopes_supported": list(SCOPES),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def token(
        self,
        editor: str = _DEFAULT_EDITOR,
        groups: Sequence[str] = GROUPS,
        *,
        lifetime: int = LIFETIME,
        **claims: object,
    ) -> str:
        """Return a signed token for an editor of groups, valid for so many seconds, with any further claims."""
        now = int(time.time())
        given = {
            "iss": self.address,
            "sub": editor,
            "aud": self.audience,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            GROUPS_CLAIM: list(groups),
            **claims,
        }
        return jwt.encode({"alg": "RS256", "kid": self._key.kid, "typ": "JWT"}, given, self._key)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer as a WSGI application."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path not in _PATHS:
            response = _text(404, f"The issuer has {', '.join(_PATHS)}.")
        elif method not in _PATHS[path]:
            response = _text(405, f"Only {', '.join(_PATHS[path])} are answered here.")
            response.headers["Allow"] = ", ".join(_PATHS[path])
        elif method == "POST":
            response = self._posted(path, environ)
        else:
            response = self._got(path, environ.get("QUERY_STRING", ""))
        return response.to(method, start_response)

    def _got(self, path: str, query: str) -> Response:
        match path:
            case "/authorize":
                return self._sign_in.ask(query)
            case "/sign-out":
                return self._sign_in.leave(query)
            case "/token":
                return self._token(query)
            case "/jwks.json":
                return _json(self.keys)
        return _json(self.configuration)

    def _posted(self, path: str, environ: "WSGIEnvironment") -> Response:
        form = body_of(environ, at_most=_MAX_FORM_BYTES + 1)
        if len(form) > _MAX_FORM_BYTES:
            return _text(413, f"A form here has at most {_MAX_FORM_BYTES} bytes.")
        if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != _FORM:
            return _text(415, f"Only {_FORM} is read here.")
        text = form.decode("utf-8", "replace")
        return self._sign_in.choose(text) if path == "/authorize" else self._exchanged(text)

    def _exchanged(self, form: str) -> Response:
        """Give tokens for a code, as OpenID Connect's token endpoint does."""
        try:
            grant = self._sign_in.redeem(form)
        except RefusedError as error:
            response = _json({"error": error.code, "error_description": str(error)}, 400)
        else:
            response = _json(
                {
                    "id_token": self._id_token(grant),
                    "access_token": secrets.token_urlsafe(32),  # opens nothing: the desk goes by the id token
                    "token_type": "Bearer",
                    "expires_in": LIFETIME,
                }
            )
        response.headers["Cache-Control"] = "no-store"
        return response

    def _id_token(self, grant: Grant) -> str:
        person = grant.person
        claims: dict[str, object] = {"name": person.name, "email": person.email}
        if grant.nonce is not None:
            claims["nonce"] = grant.nonce
        return self.token(person.account, person.groups, lifetime=LIFETIME, **claims)

    def _token(self, query: str) -> Response:
        asked = parse_qs(query, keep_blank_values=True)
        editor = asked.get("editor", [""])[-1] or _DEFAULT_EDITOR
        groups = [name for name in asked.get("groups", [",".join(GROUPS)])[-1].split(",") if name]
        if not all(map(_EDITOR.fullmatch, (editor, *groups))):
            return _text(400, f"The name of an editor or of a group matches {_EDITOR.pattern}")
        response = _text(200, self.token(editor, groups))
        response.headers["Cache-Control"] = "no-store"
        return response


def _json(document: Mapping[str, object], status: int = 200) -> Response:
    body = json.dumps(document, indent=2).encode()
    return Response(status, Headers([("Content-Type", "application/json")]), body)


def _text(status: int, text: str) -> Response:
    return Response(status, Headers([("Content-Type", "text/plain; charset=utf-8")]), f"{text}\n".encode())
