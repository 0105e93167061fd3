"""Who is asking, by the claims of a token that the API's authorizer has verified."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_SEPARATORS: Final = re.compile(r"[\s,]+")


class ForbiddenError(Exception):
    """Whoever asks is in no group that may, or nobody."""


@dataclass(frozen=True)
class Editor:
    """Somebody who asks something of the desk.

    `name` is what colleagues read; `subject` is the issuer's own name for the account, which stays when people change
    theirs.
    """

    name: str
    subject: str
    may_edit: bool
    may_approve: bool


@dataclass(frozen=True)
class Groups:
    """Which groups have which rights: the claim that names an account's groups, who may edit, and who may approve."""

    claim: str
    editors: str
    approvers: str

    def editor(self, claims: Mapping[str, Any]) -> Editor:
        """Read who is asking. Who may approve may edit, too.

        Raises:
            ForbiddenError: the token names no account (`sub`, which OpenID Connect requires), by which people are told
                apart.
        """
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject:
            raise ForbiddenError("a token without sub")
        groups = groups_of(claims.get(self.claim))
        may_approve = self.approvers in groups
        return Editor(
            name=str(claims.get("email") or claims.get("username") or subject),
            subject=subject,
            may_edit=may_approve or self.editors in groups,
            may_approve=may_approve,
        )


def groups_of(claim: object) -> frozenset[str]:
    """Read the claim that names groups, in any of the forms in which it arrives.

    API Gateway hands a list over as `[one two]` ("Working with AWS Lambda proxy integrations for HTTP APIs"), so that a
    name with a space in it can't be told from two; other issuers send JSON, or names parted by commas or spaces.
    """
    if isinstance(claim, (list, tuple)):
        return frozenset(map(str, claim))
    if not isinstance(claim, str):
        return frozenset()
    try:
        listed = json.loads(claim)
    except (ValueError, RecursionError):
        listed = None
    if isinstance(listed, list):
        return frozenset(map(str, listed))
    if claim.startswith("[") and claim.endswith("]"):
        return frozenset(claim[1:-1].split())  # a comma is part of a name here: Cognito allows it in one
    return frozenset(filter(None, _SEPARATORS.split(claim)))
