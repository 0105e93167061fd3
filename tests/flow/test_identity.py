"""Who may do what: each route of the API, tried by everybody who may not."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from local.identity import Issuer
from local.portal import LocalPortal
from local.template import Template
from portal.identity import ForbiddenError, Groups, groups_of
from tests.newsroom import Newsroom, article

TEMPLATE: Final = Template({"TokenIssuer": "https://issuer.example", "TokenAudience": "desk"})
# Who has no token yet learns where to get one; and a secret link is its own permission.
OPEN: Final = {("GET", "/desk/api/sign-in"), ("GET", "/desk/preview/{id}/{secret}")}
ROUTES: Final = sorted(
    (method.upper(), path)
    for path, operations in TEMPLATE.properties("DeskApi")["Body"]["paths"].items()
    for method in operations
)
GUARDED: Final = [route for route in ROUTES if route not in OPEN]


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    """One portal: nobody gets so far as to change it."""
    with LocalPortal() as portal:
        yield portal


def foreign(portal: LocalPortal) -> str:
    """Sign what our issuer would say with another key of the same name."""
    own = portal.issuer._key  # noqa: SLF001 (what an attacker does not have)
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": str(own.kid)})
    claims = jwt.decode(portal.issuer.token("e1"), own).claims
    return jwt.encode({"alg": "RS256", "kid": own.kid}, claims, key)


NOBODY: Final[dict[str, Callable[[LocalPortal], str]]] = {
    "no token": lambda _: "",
    "no JWT": lambda _: "Bearer x.y.z",
    "another scheme": lambda _: "Basic eDp5",
    "another issuer": lambda portal: f"Bearer {Issuer('https://other.example', portal.issuer.audience).token()}",
    "our issuer's name, another key": lambda portal: f"Bearer {foreign(portal)}",
    "another issuer's name, our key": lambda portal: f"Bearer {portal.issuer.token(iss='https://other.example')}",
    "another audience": lambda portal: f"Bearer {portal.issuer.token(aud='shop')}",
    "an expired one": lambda portal: f"Bearer {portal.issuer.token(lifetime=-1)}",
    "one that is not valid yet": lambda portal: f"Bearer {portal.issuer.token(nbf=9_999_999_999)}",
}


def ask(newsroom: Newsroom, route: tuple[str, str], authorization: str) -> Any:  # noqa: ANN401 (werkzeug's)
    method, path = route
    filled = re.sub(r"\{(\w+)\}", lambda found: {"id": "b1", "number": "1"}[found[1]], path)
    body = {"size": 10} if method == "POST" else None
    return newsroom.http.open(filled, method=method, json=body, headers={"Authorization": authorization})


@pytest.mark.parametrize("who", NOBODY)
def test_no_route_does_anything_for_who_is_nobody(newsroom: Newsroom, who: str) -> None:
    before = newsroom.items()
    authorization = NOBODY[who](newsroom.portal)
    answers = {route: ask(newsroom, route, authorization).status_code for route in GUARDED}
    assert answers == dict.fromkeys(GUARDED, 401)
    assert newsroom.items() == before


@pytest.mark.parametrize("groups", [[], ["readers"], ["editor"], ["Editors"], ["editors-of-another-desk"]], ids=str)
def test_no_route_does_anything_for_who_is_in_no_group_of_the_desk(newsroom: Newsroom, groups: list[str]) -> None:
    before = newsroom.items()
    authorization = f"Bearer {newsroom.portal.issuer.token('e1', groups)}"
    answers = {route: ask(newsroom, route, authorization) for route in GUARDED}
    assert {route: answer.status_code for route, answer in answers.items()} == dict.fromkeys(GUARDED, 403)
    for answer in answers.values():
        assert [error["code"] for error in answer.json["errors"]] == ["forbidden"]
    assert newsroom.items() == before


def test_the_routes_that_are_open_are_these_two_and_give_nothing_away(newsroom: Newsroom) -> None:
    is_open = {
        (method.upper(), path)
        for path, operations in TEMPLATE.properties("DeskApi")["Body"]["paths"].items()
        for method, operation in operations.items()
        if not [each for each in operation.get("security", []) if "NONE" not in each]
    }
    assert is_open == OPEN
    told = newsroom.http.get("/desk/api/sign-in").json or {}
    assert told["client_id"] == newsroom.portal.issuer.audience
    assert told["authorize_url"] == f"{newsroom.portal.issuer.address}/authorize"
    assert newsroom.http.get("/desk/preview/b1/secret").status_code == 404


@pytest.mark.parametrize(
    ("groups", "rights"),
    [(["editors"], ["edit"]), (["approvers"], ["edit", "approve"]), (["readers", "approvers"], ["edit", "approve"])],
)
def test_a_session_tells_who_has_signed_in_and_what_they_may_do(
    newsroom: Newsroom, groups: list[str], rights: list[str]
) -> None:
    newsroom.token = newsroom.portal.issuer.token("e1", groups, email="ha.thu@son-thanh.example")
    session = newsroom.desk("GET", "session").json or {}
    assert (session["name"], session["subject"], session["rights"]) == ("ha.thu@son-thanh.example", "e1", rights)
    assert session["zone"] == "Asia/Ho_Chi_Minh"
    assert session["sections"][0] == {"slug": "tin-tuc", "title": "Tin tức", "language": "vi"}
    assert session["two_pairs_of_eyes"] is False


def test_who_signs_in_is_in_the_record_by_name_and_by_account(newsroom: Newsroom) -> None:
    newsroom.token = newsroom.portal.issuer.token("e1", ["editors"], email="Hà Thu")
    article_id = newsroom.submit(article())
    revision = newsroom.items()[f"article#{article_id}", "revision#000001"]
    assert (revision["editor"]["S"], revision["subject"]["S"]) == ("Hà Thu", "e1")


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        ("[editors approvers]", ["approvers", "editors"]),  # as API Gateway hands a list over
        ("[editors]", ["editors"]),
        ("[2026]", ["2026"]),
        ("[sub,editors,x]", ["sub,editors,x"]),  # one group of Cognito's
        ("[]", []),
        ('["editors", "night desk"]', ["editors", "night desk"]),
        ("editors, approvers", ["approvers", "editors"]),
        ("editors", ["editors"]),
        ("", []),
        (["editors"], ["editors"]),
        (None, []),
        (7, []),
        ({"editors": True}, []),
        ("[" * 100_000, ["[" * 100_000]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_groups_are_read_in_any_form_in_which_they_arrive(claim: object, groups: list[str]) -> None:
    assert sorted(groups_of(claim)) == groups


@pytest.mark.parametrize("claims", [{}, {"sub": ""}, {"sub": None}])
def test_a_token_that_names_no_account_opens_nothing(claims: dict[str, str | None]) -> None:
    with pytest.raises(ForbiddenError):
        Groups("groups", "editors", "approvers").editor({"groups": "[editors approvers]", **claims})


def test_who_is_no_account_is_told_that_it_is_forbidden(newsroom: Newsroom) -> None:
    newsroom.token = newsroom.portal.issuer.token("e1", ["editors"], sub="", email="ha.thu@son-thanh.example")
    assert newsroom.desk("GET", "session").status_code == 403


def test_an_account_without_a_name_goes_by_its_subject() -> None:
    editor = Groups("groups", "editors", "approvers").editor({"sub": "e1", "groups": "[editors]"})
    assert (editor.name, editor.subject, editor.may_edit, editor.may_approve) == ("e1", "e1", True, False)
