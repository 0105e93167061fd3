"""The whole portal on this machine: the resources, functions and events of the template behind one WSGI application."""

import contextlib
import json
import re
import tempfile
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self
from unittest.mock import patch

from botocore.credentials import Credentials

from local import aws, resources
from local.aws_api import AwsApi
from local.edge import Edge
from local.front import IDENTITY, Front
from local.gateway import Gateway
from local.identity import Issuer
from local.lambdas import FunctionLog, Lambdas, importable
from local.pump import Pump
from local.template import REGION, ROOT, Json, Template, code_folder
from local.uploads import Uploads

ADDRESS = "http://127.0.0.1:8000"

_AUDIENCE = "desk"
_FOLDER = ROOT / ".local"
# Presigns uploads, and calls S3 for nothing else: its URLs lead to the local front.
_PRESIGNS = "DeskFunction"


class StartError(Exception):
    """A function failed while the portal was starting; the message is what its log says."""


class LocalPortal:
    """A portal in memory, as a context manager: made on entering, with the site's own pages drawn; gone on leaving.

    There can be one at a time in a process, since moto's state is the process's.
    """

    template: Template
    clients: aws.Clients
    lambdas: Lambdas
    pump: Pump
    edge: Edge
    issuer: Issuer
    front: Front  # the WSGI application: edge, desk's API, uploads and the issuer of tokens

    def __init__(
        self,
        *,
        address: str = ADDRESS,
        site_url: str | None = None,
        two_pairs_of_eyes: bool = False,
        propagation: float = 0.0,
        log_path: Path | None = None,
    ) -> None:
        """Prepare a portal whose front is served at `address`, without a slash at its end.

        `site_url` is the address that its pages give as theirs, the front's own unless it is given.
        `two_pairs_of_eyes` is that setting of site.toml, for this portal.
        `propagation` is the longest time in seconds that an invalidation takes to reach the edge; the functions'
        log goes to the file `log_path`, if there is one, and is kept in memory in any case.
        """
        self._address = address
        self._site_url = site_url or address
        self._two_pairs_of_eyes = two_pairs_of_eyes
        self._propagation = propagation
        self._log_path = log_path
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Make everything, let the clock beat once, and deliver all events until nothing is left to do.

        Raises `StartError` if a function fails at that.
        """
        with contextlib.ExitStack() as opening:
            self.issuer = _issuer(f"{self._address}{IDENTITY}")
            self.template = Template(
                {
                    "TokenIssuer": self.issuer.address,
                    "TokenAudience": self.issuer.audience,
                    "AuthorizeUrl": f"{self.issuer.address}/authorize",
                    "TokenUrl": f"{self.issuer.address}/token",
                    "SignOutUrl": f"{self.issuer.address}/sign-out",
                    "SiteUrl": self._site_url,
                }
            )
            if self._two_pairs_of_eyes:
                for layer in self.template.resources("AWS::Lambda::LayerVersion"):
                    importable(code_folder(self.template, layer.properties["Content"]))
                opening.enter_context(_settings(two_pairs_of_eyes=True))
            session = opening.enter_context(aws.simulated())
            self.clients = aws.clients(session)
            resources.create(self.template, self.clients)
            log = opening.enter_context(contextlib.closing(FunctionLog(self._log_path)))
            endpoint = {_PRESIGNS: {"AWS_ENDPOINT_URL_S3": self._address}}
            self.lambdas = Lambdas(self.template, session, log=log, more_environment=endpoint)
            self.pump = Pump(self.template, self.clients, self.lambdas)
            self.edge = self._edge()
            self.front = Front(
                edge=self.edge,
                uploads=self._uploads(),
                issuer=self.issuer,
                aws_api=AwsApi(self.template, self.lock),
            )
            self.pump.beat()
            self.pump.drain()
            _check(log)
            self._open = opening.pop_all()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take everything down."""
        self._open.close()

    @property
    def lock(self) -> threading.RLock:
        """Held by whoever calls moto or a function."""
        return self.lambdas.lock

    def _edge(self) -> Edge:
        distribution = "Distribution"
        template = self.template
        return Edge(
            template.properties(distribution)["DistributionConfig"],
            distribution_id=template.ref(distribution),
            domain=template.attribute(distribution, "DomainName"),
            s3=self.clients.s3,
            lock=self.lock,
            functions={
                template.attribute(each.logical_id, "FunctionARN"): each.properties["FunctionCode"]
                for each in template.resources("AWS::CloudFront::Function")
            },
            cache_policies=self._policies("CachePolicy"),
            origin_request_policies=self._policies("OriginRequestPolicy"),
            response_headers_policies=self._policies("ResponseHeadersPolicy"),
            custom_origins=dict(
                self._gateway(each.logical_id) for each in template.resources("AWS::ApiGatewayV2::Api")
            ),
            propagation=self._propagation,
        )

    def _policies(self, kind: str) -> dict[str, dict[str, Json]]:
        return {
            self.template.ref(each.logical_id): self.template.properties(each.logical_id)[f"{kind}Config"]
            for each in self.template.resources(f"AWS::CloudFront::{kind}")
        }

    def _gateway(self, logical_id: str) -> tuple[str, Gateway]:
        domain = self.template.attribute(logical_id, "ApiEndpoint").removeprefix("https://")
        gateway = Gateway(
            self.template.properties(logical_id)["Body"],
            domain=domain,
            invoke=lambda arn, event: self.lambdas.invoke(self.template.logical_id(arn), event),
            keys={self.issuer.address: self.issuer.keys},
        )
        return domain, gateway

    def _uploads(self) -> Uploads:
        credentials = Credentials(
            aws.ENVIRONMENT["AWS_ACCESS_KEY_ID"],
            aws.ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
            aws.ENVIRONMENT["AWS_SESSION_TOKEN"],
        )
        return Uploads(
            self.template.ref("UploadsBucket"),
            s3=self.clients.s3,
            credentials=credentials,
            region=REGION,
            lock=self.lock,
        )


@contextlib.contextmanager
def _settings(*, two_pairs_of_eyes: bool) -> Iterator[None]:
    """Let functions that start from now on read the newsroom's settings with another one among them."""
    line = f"two_pairs_of_eyes = {str(two_pairs_of_eyes).lower()}"
    own = (ROOT / "site.toml").read_text(encoding="utf-8")
    changed = re.sub(r"^two_pairs_of_eyes = \w+", line, own, flags=re.MULTILINE)
    _FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:  # within the tree, whose fingerprint names its files
        path = Path(folder) / "site.toml"
        path.write_text(changed, encoding="utf-8")
        with patch("portal.source.site_settings", lambda: path):
            yield


def _check(log: FunctionLog) -> None:
    for record in log.records():
        if record.get("level") == "ERROR":
            raise StartError(json.dumps(record, indent=2, ensure_ascii=False))


@cache
def _issuer(address: str) -> Issuer:
    # Making its key takes longer than all the rest, and one key is as good as another.
    return Issuer(address, _AUDIENCE)
