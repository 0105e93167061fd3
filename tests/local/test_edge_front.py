import threading
from collections.abc import Iterator

import pytest
from botocore.credentials import Credentials
from werkzeug.test import Client

from local.front import Front
from local.gateway import Gateway
from local.identity import Issuer
from local.template import REGION
from local.uploads import Uploads
from tests.local.small_site import API, Site, api_behavior, config, small_site

ISSUER = Issuer("http://127.0.0.1:8000/local", "desk")


@pytest.fixture
def site() -> Iterator[Site]:
    with small_site() as made:
        yield made


@pytest.fixture
def front(site: Site) -> Client:
    uri = "arn:aws:apigateway:x:lambda:path/2015-03-31/functions/arn:aws:lambda:x:1:function:desk/invocations"
    route = {
        "x-amazon-apigateway-integration": {"uri": uri, "payloadFormatVersion": "2.0"},
        "security": [{"Newsroom": []}],
    }
    authorizer = {
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {"issuer": ISSUER.address, "audience": ["desk"]},
    }
    body = {
        "paths": {"/api/who": {"get": route}},
        "components": {"securitySchemes": {"Newsroom": {"x-amazon-apigateway-authorizer": authorizer}}},
    }
    gateway = Gateway(
        body,
        domain=API,
        invoke=lambda _, event: event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"],
        keys={ISSUER.address: ISSUER.keys},
    )
    uploads = Uploads(
        "small-uploads", s3=site.s3, credentials=Credentials("a", "s"), region=REGION, lock=threading.RLock()
    )
    return Client(
        Front(
            edge=site.edge(config(CacheBehaviors=[api_behavior()]), api=gateway),
            uploads=uploads,
            issuer=ISSUER,
            aws_api=ISSUER,
        )
    )


def test_a_token_of_the_issuer_opens_the_api_through_the_edge(front: Client) -> None:
    token = front.get("/local/token?editor=lan").text.strip()
    assert front.get("/api/who", headers={"Authorization": f"Bearer {token}"}).text == "lan"
    assert front.get("/api/who").status_code == 401


def test_the_issuers_documents_stand_below_its_address(front: Client) -> None:
    assert front.get("/local/jwks.json").get_json() == ISSUER.keys
    assert front.get("/local/.well-known/openid-configuration").get_json()["issuer"] == ISSUER.address


def test_the_uploads_bucket_answers_for_itself_and_only_below_its_name(front: Client) -> None:
    refused = front.put("/small-uploads/a.json", data=b"{}")
    assert (refused.status_code, refused.mimetype) == (403, "application/xml")
    assert "AccessDenied" in refused.text
    assert front.put("/small-uploads.json", data=b"{}").headers["X-Cache"] == "Error from cloudfront"


def test_everything_else_is_the_edges(front: Client, site: Site) -> None:
    site.put("a.html", "page")
    site.put("locality.html", "page")
    assert front.get("/a.html").headers["X-Cache"] == "Miss from cloudfront"
    assert front.get("/locality.html").headers["X-Cache"] == "Miss from cloudfront"
