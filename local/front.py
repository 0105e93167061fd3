"""The one address of this machine: the edge, and beside it what has other hosts in AWS.

Uploads go to S3's own host there, and tokens come from the newsroom's identity provider.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from local.aws_api import RESOURCES, is_signed
from local.exchange import target
from local.uploads import Uploads

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

IDENTITY = "/local"


class Front:
    """A WSGI application that sends each request to the edge, the uploads bucket, the issuer or AWS's own API."""

    def __init__(
        self, *, edge: "WSGIApplication", uploads: Uploads, issuer: "WSGIApplication", aws_api: "WSGIApplication"
    ) -> None:
        self._edge = edge
        self._aws_api = aws_api
        self._uploads = uploads
        self._issuer = issuer

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer as a WSGI application."""
        path, _ = target(environ)
        if is_signed(environ) or path == RESOURCES:
            return self._aws_api(environ, start_response)
        if path.startswith(f"/{self._uploads.bucket}/"):
            return self._uploads(environ, start_response)
        if path.startswith(f"{IDENTITY}/"):
            below = {**environ, "SCRIPT_NAME": IDENTITY, "PATH_INFO": environ["PATH_INFO"].removeprefix(IDENTITY)}
            return self._issuer(below, start_response)
        return self._edge(environ, start_response)
