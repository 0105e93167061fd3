"""Who signs editors in: an issuer that the newsroom has, or a user pool of Amazon Cognito that the stack makes."""

from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from local.template import Template

ISSUER: Final = {
    "TokenIssuer": "https://issuer.example/realms/portal",
    "TokenAudience": "desk",
    "AuthorizeUrl": "https://issuer.example/authorize",
    "TokenUrl": "https://issuer.example/token",
    "SignOutUrl": "https://issuer.example/sign-out",
}
SITE: Final = {"SiteUrl": "https://news.example"}
MISSING: Final = "https://site-url-is-missing.invalid/desk/"


def signing_in(template: Template) -> dict[str, str]:
    variables: dict[str, str] = template.properties("DeskFunction")["Environment"]["Variables"]
    return {name: variables[name] for name in ("ISSUER", "CLIENT_ID", "AUTHORIZE_URL", "TOKEN_URL", "SIGN_OUT_URL")}


def authorizer(template: Template) -> dict[str, Any]:
    schemes = template.properties("DeskApi")["Body"]["components"]["securitySchemes"]
    configuration: dict[str, Any] = schemes["Newsroom"]["x-amazon-apigateway-authorizer"]["jwtConfiguration"]
    return configuration


def made(template: Template) -> dict[str, str]:
    """Give the type of each resource of Cognito by its logical id."""
    return {each.logical_id: each.type for each in template.resources() if each.type.startswith("AWS::Cognito::")}


def outputs(**parameters: str) -> dict[str, str]:
    template = Template(parameters)
    template.assign("Distribution", DomainName="d111.cloudfront.net")
    return template.outputs()


# An issuer by parameter


def test_an_issuer_that_is_given_is_the_one_and_no_user_pool_is_made() -> None:
    template = Template(ISSUER)
    assert made(template) == {}
    assert signing_in(template) == {
        "ISSUER": ISSUER["TokenIssuer"],
        "CLIENT_ID": ISSUER["TokenAudience"],
        "AUTHORIZE_URL": ISSUER["AuthorizeUrl"],
        "TOKEN_URL": ISSUER["TokenUrl"],
        "SIGN_OUT_URL": ISSUER["SignOutUrl"],
    }
    assert authorizer(template) == {"issuer": ISSUER["TokenIssuer"], "audience": [ISSUER["TokenAudience"]]}
    assert {"UserPoolId", "DeployAgainWith"} & outputs(**ISSUER).keys() == set()


# Amazon Cognito


def test_without_an_issuer_the_desk_signs_in_at_the_pool_whose_tokens_the_api_takes() -> None:
    template = Template(SITE)
    pool = template.ref("UserPool")
    issuer = f"https://cognito-idp.ap-southeast-1.amazonaws.com/{pool}"
    pages = f"https://{template.ref('UserPoolDomain')}.auth.ap-southeast-1.amazoncognito.com"
    assert signing_in(template) == {
        "ISSUER": issuer,
        "CLIENT_ID": template.ref("UserPoolClient"),
        "AUTHORIZE_URL": f"{pages}/oauth2/authorize",
        "TOKEN_URL": f"{pages}/oauth2/token",
        "SIGN_OUT_URL": f"{pages}/logout",
    }
    assert authorizer(template) == {"issuer": issuer, "audience": [template.ref("UserPoolClient")]}
    assert {template.properties(name)["UserPoolId"] for name in made(template) if name != "UserPool"} == {pool}


def test_nobody_signs_themselves_up_and_passwords_are_long() -> None:
    pool = Template(SITE).properties("UserPool")
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 14
    assert pool["UsernameAttributes"] == ["email"]
    # Who could give themselves a colleague's address would be that colleague in the record.
    assert pool["UserAttributeUpdateSettings"] == {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    assert [each["Name"] for each in pool["AccountRecoverySetting"]["RecoveryMechanisms"]] == ["verified_email"]


@pytest.mark.parametrize(("given", "needed"), [({}, "OPTIONAL"), ({"SecondFactor": "required"}, "ON")])
def test_a_second_factor_is_an_app_and_is_asked_for_as_the_operator_says(given: dict[str, str], needed: str) -> None:
    pool = Template(SITE | given).properties("UserPool")
    assert (pool["EnabledMfas"], pool["MfaConfiguration"]) == (["SOFTWARE_TOKEN_MFA"], needed)


def test_accounts_outlive_the_stack(resources: dict[str, Any]) -> None:
    pool = resources["UserPool"]
    assert (pool["DeletionPolicy"], pool["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"


def test_the_desk_gets_codes_and_nothing_else_and_has_no_secret() -> None:
    template = Template(SITE)
    assert [name for name, kind in made(template).items() if kind == "AWS::Cognito::UserPoolClient"] == [
        "UserPoolClient"
    ]
    client = template.properties("UserPoolClient")
    assert client["GenerateSecret"] is False
    assert (client["AllowedOAuthFlowsUserPoolClient"], client["AllowedOAuthFlows"]) == (True, ["code"])
    assert client["AllowedOAuthScopes"] == ["openid", "email", "profile"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["SupportedIdentityProviders"] == ["COGNITO"]
    assert (client["EnableTokenRevocation"], client["PreventUserExistenceErrors"]) == (True, "ENABLED")


def test_a_token_is_valid_for_a_working_day_and_what_renews_it_for_little_longer() -> None:
    client = Template(SITE).properties("UserPoolClient")
    units = {"minutes": 60, "hours": 3600}
    kinds = ("IdToken", "AccessToken", "RefreshToken")
    seconds = {kind: client[f"{kind}Validity"] * units[client["TokenValidityUnits"][kind]] for kind in kinds}
    assert seconds == {"IdToken": 8 * 3600, "AccessToken": 300, "RefreshToken": 9 * 3600}


@pytest.mark.parametrize(
    ("given", "desk"),
    [
        ({"SiteUrl": "https://news.example"}, "https://news.example/desk/"),
        ({"DomainName": "news.example"}, "https://news.example/desk/"),
        ({"DomainName": "cdn.example", "SiteUrl": "https://news.example"}, "https://news.example/desk/"),
        ({}, MISSING),
    ],
    ids=str,
)
def test_editors_are_sent_back_to_the_desk_and_nowhere_else(given: dict[str, str], desk: str) -> None:
    template = Template(given)
    client = template.properties("UserPoolClient")
    assert (client["CallbackURLs"], client["LogoutURLs"]) == ([desk], [desk])
    invitation = template.properties("UserPool")["AdminCreateUserConfig"]["InviteMessageTemplate"]["EmailMessage"]
    assert f'<a href="{desk}">' in invitation
    assert {"{username}", "{####}"} <= set(invitation.replace("<", " ").replace(">", " ").split())


def test_an_operator_is_told_what_is_missing_until_editors_can_sign_in() -> None:
    first = outputs()
    assert first["DeployAgainWith"] == "SiteUrl=https://d111.cloudfront.net"
    name, _, value = first["DeployAgainWith"].partition("=")
    second = outputs(**{name: value})
    assert "DeployAgainWith" not in second
    assert second["DeskUrl"] == first["DeskUrl"] == "https://d111.cloudfront.net/desk/"
    assert Template({name: value}).properties("UserPoolClient")["CallbackURLs"] == [second["DeskUrl"]]
    assert "DeployAgainWith" not in outputs(DomainName="news.example")


def test_the_groups_are_those_whose_members_the_desk_lets_in() -> None:
    template = Template(SITE | {"EditorsGroup": "bien-tap", "ApproversGroup": "duyet-bai"})
    variables = template.properties("DeskFunction")["Environment"]["Variables"]
    assert template.properties("Editors")["GroupName"] == variables["EDITORS_GROUP"] == "bien-tap"
    assert template.properties("Approvers")["GroupName"] == variables["APPROVERS_GROUP"] == "duyet-bai"
    assert variables["GROUPS_CLAIM"] == "cognito:groups"


def test_the_pages_of_each_stack_have_an_address_of_their_own() -> None:
    assert Template(SITE).properties("UserPoolDomain")["Domain"] == "desk-0123456789ab"


# What goes together


@pytest.mark.parametrize("given", list(product([False, True], repeat=4)), ids=str)
def test_an_issuer_is_given_as_a_whole_or_not_at_all(template_path: Path, given: tuple[bool, ...]) -> None:
    names = ("TokenIssuer", "TokenAudience", "AuthorizeUrl", "TokenUrl")
    parameters = {name: ISSUER[name] for name, is_given in zip(names, given, strict=True) if is_given}
    assert is_allowed(template_path, parameters) == (len(parameters) in {0, 4})


@pytest.mark.parametrize(
    ("parameters", "allowed"),
    [
        (ISSUER, True),
        ({"SignOutUrl": ISSUER["SignOutUrl"]}, False),
        ({"GroupsClaim": "roles"}, False),
        (ISSUER | {"GroupsClaim": "roles"}, True),
        ({"ApproversGroup": "editors"}, False),
        (ISSUER | {"ApproversGroup": "editors"}, True),
    ],
    ids=str,
)
def test_what_a_user_pool_can_not_do_is_refused(
    template_path: Path, parameters: dict[str, str], *, allowed: bool
) -> None:
    assert is_allowed(template_path, parameters) == allowed


def is_allowed(template_path: Path, parameters: dict[str, str]) -> bool:
    """Tell whether CloudFormation would take these parameters, by the template's rules."""
    template = Template(parameters)
    rules = yaml_parse(template_path.read_text(encoding="utf-8"))["Rules"].values()
    return all(
        template.resolve(assertion["Assert"])
        for rule in rules
        if template.resolve(rule.get("RuleCondition", True))
        for assertion in rule["Assertions"]
    )
