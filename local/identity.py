"""An OpenID Connect issuer for this machine, in the place of the newsroom's own.

Its key is made at each start and never leaves the process, so its tokens open nothing anywhere else, and nothing
here after a restart.
"""

import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import KeySet, KeySetSerialization, RSAKey
from werkzeug.datastructures import Headers

from local.exchange import Response

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

LIFETIME = 8 * 3600  # seconds that a token is valid: one working day
_EDITOR = re.compile(r"[A-Za-z0-9._@+-]{1,64}")
_DEFAULT_EDITOR = "editor"
GROUPS_CLAIM = "cognito:groups"  # as Amazon Cognito names it
GROUPS = ("editors", "approvers")


class Issuer:
    """A WSGI application that serves the issuer's documents, and a token to whoever asks.

    Its paths are `/token?editor=<name>&groups=<one>,<two>`, `/jwks.json` and `/.well-known/openid-configuration`, below
    the path of its address.
    """

    def __init__(self, address: str, audience: str) -> None:
        """Issue tokens for one audience; `address` is the issuer's URL, without a slash at its end."""
        self.address = address
        self.audience = audience
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
            "token_endpoint": f"{self.address}/token",
            "response_types_supported": ["token"],
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
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "HEAD"}:
            return _text(405, "Only GET is answered here.").to(method, start_response)
        path = environ["PATH_INFO"]
        if path == "/token":
            response = self._token(environ.get("QUERY_STRING", ""))
        elif path == "/jwks.json":
            response = _json(self.keys)
        elif path == "/.well-known/openid-configuration":
            response = _json(self.configuration)
        else:
            response = _text(404, "The issuer has /token, /jwks.json and /.well-known/openid-configuration.")
        return response.to(method, start_response)

    def _token(self, query: str) -> Response:
        asked = parse_qs(query, keep_blank_values=True)
        editor = asked.get("editor", [_DEFAULT_EDITOR])[-1]
        groups = [name for name in asked.get("groups", [",".join(GROUPS)])[-1].split(",") if name]
        if not all(map(_EDITOR.fullmatch, (editor, *groups))):
            return _text(400, f"The name of an editor or of a group matches {_EDITOR.pattern}")
        response = _text(200, self.token(editor, groups))
        response.headers["Cache-Control"] = "no-store"
        return response


def _json(document: Mapping[str, object]) -> Response:
    body = json.dumps(document, indent=2).encode()
    return Response(200, Headers([("Content-Type", "application/json")]), body)


def _text(status: int, text: str) -> Response:
    return Response(status, Headers([("Content-Type", "text/plain; charset=utf-8")]), f"{text}\n".encode())
