"""`Versions`: which version of a secret is current, and what a version holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import botocore.exceptions

from binance_creds._raw import RawSecret
from binance_creds.errors import AccessDeniedError, SecretNotFoundError
from binance_creds.providers._protocols import Version
from binance_creds.providers.aws._errors import (
    DELETED,
    NO_VERSION,
    TABLE,
    UNSPREAD,
    translated,
)
from binance_creds.providers.aws._login import client_of, login_of
from binance_creds.providers.remote._error_row import FOREIGN
from binance_creds.providers.remote._payload import fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._uri import SourceURI

__all__ = ["CURRENT", "Versions", "require"]

CURRENT: Final = "AWSCURRENT"
_VERSION: Final = re.compile(r"[!-~]{1,64}")  # API reference, GetSecretValue, VersionId


class Versions:
    """The versions of one secret, of which the source follows a stage or is pinned to one.

    Raises:
        ConfigurationError: no name or ARN, or options that contradict each other.
    """

    def __init__(self, uri: SourceURI) -> None:
        self.uri = uri
        self.id = uri.location
        self.login = login_of(uri)
        self.pinned = uri.option("version_id")
        self._stage = uri.option("stage") or (None if self.pinned else CURRENT)

    @property
    def follows_current(self) -> bool:
        """Whether the source is of AWSCURRENT, whichever version that is."""
        return self.pinned is None and self._stage == CURRENT

    def client(self) -> Any:
        """Return the client that asks; it may log in."""
        return client_of(self.login)

    def read(self) -> RawSecret:
        """Return what the source follows."""
        return self._read(VersionId=self.pinned, VersionStage=self._stage)

    def read_stage(self, stage: str) -> RawSecret:
        """Return the version that holds a stage."""
        return self._read(VersionStage=stage)

    def read_announced(self, version_id: str) -> RawSecret:
        """Return a version that is said to be there.

        Raises:
            ProviderUnavailableError: the server that was asked does not have it yet.
        """
        try:
            return self._read(VersionId=version_id)
        except botocore.exceptions.ClientError as error:
            refusal = translated(error)
        raise TABLE.error(UNSPREAD) if isinstance(refusal, SecretNotFoundError) else refusal

    def current(self) -> Version:
        """Return the version that the source follows, by DescribeSecret if that is allowed."""
        if self.pinned is not None:
            return Version(self.pinned)
        answer = self._described()
        if answer is None:
            return Version(str(self.read().version))
        require(answer, "ARN")
        if answer.get("DeletedDate") is not None:
            raise TABLE.error(DELETED)
        for version_id, stages in answer.get("VersionIdsToStages", {}).items():
            if self._stage in stages:
                return Version(version_id, answer.get("NextRotationDate"))
        raise TABLE.error(NO_VERSION)

    def holder(self) -> str | None:
        """Return the version that is current, `None` if no value was ever written."""
        try:
            return self.current().name
        except SecretNotFoundError:
            return None

    def raw(self, answer: Mapping[str, Any]) -> RawSecret:
        """Return what an answer of GetSecretValue, or its part in a batch, holds."""
        require(answer, "VersionId")
        if not _VERSION.fullmatch(answer["VersionId"]):
            raise TABLE.error(FOREIGN)
        payload = answer.get("SecretString", answer.get("SecretBinary", ""))
        return RawSecret(
            fields_of(payload, self.uri),
            origin=self.uri.redacted,
            version=answer["VersionId"],
            created_at=answer.get("CreatedDate"),
        )

    def _described(self) -> Mapping[str, Any] | None:
        """Return the secret without its value, `None` if this identity may not see that."""
        try:
            answer: Mapping[str, Any] = self.client().describe_secret(SecretId=self.id)
        except botocore.exceptions.ClientError as error:
            if not isinstance(translated(error), AccessDeniedError):
                raise
        else:
            return answer
        return None

    def _read(self, **wanted: str | None) -> RawSecret:
        given = {name: value for name, value in wanted.items() if value is not None}
        return self.raw(self.client().get_secret_value(SecretId=self.id, **given))


def require(answer: Mapping[str, Any], member: str) -> None:
    """Refuse what is no answer of AWS: botocore takes a body that is no JSON for a message."""
    if member not in answer:
        raise TABLE.error(FOREIGN)
