"""AWS's own API of this machine's portal, for the operators' command and for the AWS CLI.

Its endpoint is the portal's address: what is signed as AWS's tools sign their requests is answered by moto, on the
very state that the functions work on.
"""

import json
import threading
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.datastructures import Headers

from local.exchange import Response
from local.template import Template

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

RESOURCES = "/local/resources"
_SIGNED = "AWS4-HMAC-SHA256 "


def is_signed(environ: "WSGIEnvironment") -> bool:
    """Tell whether a request is signed in its headers, as AWS's tools do; a presigned one has it in the URL."""
    return str(environ.get("HTTP_AUTHORIZATION", "")).startswith(_SIGNED)


class AwsApi:
    """A WSGI application that answers AWS's requests, and names the portal's resources at `RESOURCES`."""

    def __init__(self, template: Template, lock: threading.RLock) -> None:
        self._template = template
        self._lock = lock

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer as a WSGI application."""
        if environ.get("HTTP_HOST", "").partition(":")[0] not in {"127.0.0.1", "localhost"}:
            # A page elsewhere whose name has been made to lead here.
            return Response(403, body=b"This is for programs of this machine.\n").to("GET", start_response)
        if environ["PATH_INFO"] == RESOURCES:
            return self._resources().to(environ["REQUEST_METHOD"], start_response)
        with self._lock:
            return list(self._moto(environ, start_response))

    @cached_property
    def _moto(self) -> "WSGIApplication":
        application: WSGIApplication = DomainDispatcherApplication(create_backend_app)
        return application

    def _resources(self) -> Response:
        """Give what CloudFormation tells of a stack: the resources' names by their logical ids, and the outputs."""
        names = {each.logical_id: self._template.ref(each.logical_id) for each in self._template.resources()}
        document = {"resources": names, "outputs": self._template.outputs()}
        return Response(200, Headers([("Content-Type", "application/json")]), json.dumps(document, indent=2).encode())
