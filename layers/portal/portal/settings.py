"""What each function needs from its environment, read once at the cold start."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


class MissingSettingsError(Exception):
    """The environment lacks names that the function can't run without; the message lists all of them."""


@dataclass(frozen=True)
class Settings:
    """Settings whose field names, in upper case, are the names of environment variables."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read every field. A variable may be empty, but not absent.

        Raises:
            MissingSettingsError: naming every absent variable at once.
        """
        names = {field.name: field.name.upper() for field in fields(cls)}
        missing = [name for name in names.values() if name not in environment]
        if missing:
            raise MissingSettingsError(f"{cls.__name__} needs {', '.join(missing)} in the environment")
        return cls(**{field: environment[name] for field, name in names.items()})


@dataclass(frozen=True)
class DeskSettings(Settings):
    """Settings of `desk`.

    `site_url` is the site's public address without a trailing slash, or empty. The addresses are those of the issuer's
    sign-in (OpenID Connect: authorization, token, end of session, the last of which may be empty).
    """

    table_name: str
    uploads_bucket: str
    site_url: str
    issuer: str
    client_id: str
    authorize_url: str
    token_url: str
    sign_out_url: str
    groups_claim: str
    editors_group: str
    approvers_group: str


@dataclass(frozen=True)
class PreviewSettings(Settings):
    """Settings of `preview`, which only reads; `site_url` is the site's public address, or empty."""

    table_name: str
    uploads_bucket: str
    site_url: str
    groups_claim: str
    editors_group: str
    approvers_group: str


@dataclass(frozen=True)
class IntakeSettings(Settings):
    """Settings of `intake`."""

    table_name: str
    uploads_bucket: str
    purge_queue_url: str


@dataclass(frozen=True)
class RenderSettings(Settings):
    """Settings of `render`; `site_url` is the site's public address without a trailing slash, or empty."""

    table_name: str
    site_bucket: str
    archive_bucket: str
    purge_queue_url: str
    failed_pages_queue_url: str
    site_url: str


@dataclass(frozen=True)
class PurgeSettings(Settings):
    """Settings of `purge`."""

    distribution_id: str
    purge_queue_url: str


@dataclass(frozen=True)
class TickSettings(IntakeSettings):
    """Settings of `tick`, which runs intake's own routine; `site_url` is the site's public address, or empty."""

    failed_pages_queue_url: str
    site_url: str
