"""The code behind `secrets_manager`; it needs the SDK."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

import botocore.exceptions

from binance_creds._raw import RawSecret, Unchanged
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    CredentialsError,
    SecretNotFoundError,
)
from binance_creds.providers._options import check_options
from binance_creds.providers.aws._batch import read_many
from binance_creds.providers.aws._errors import translated
from binance_creds.providers.aws._login import CLIENTS, LOGGERS, AwsLogin, identity_of
from binance_creds.providers.aws._versions import Versions
from binance_creds.providers.aws._writing import check_write, erase_secret, write_version
from binance_creds.providers.remote._call import Remote
from binance_creds.providers.remote._payload import document_of
from binance_creds.providers.remote._provider import Removal, diagnosis_of, refuse_partial_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI
    from binance_creds.providers._protocols import Diagnosis, Version

__all__ = ["SecretsManagerProvider"]

_PREVIOUS: Final = "AWSPREVIOUS"
_DOLLARS_A_REQUEST: Final = 0.05 / 10_000  # price list of Secrets Manager, September 2026


class SecretsManagerProvider:
    """Read, probe and write one secret.

    Options: `region`, `profile` and `role_arn` with `external_id` choose who asks and where; else
    boto3's own chain does (environment, SSO, web identity, container, instance). `stage` (default
    `AWSCURRENT`) and `version_id` choose the version. `endpoint_url` is for VPC endpoints and
    emulators, `endpoint=agent` for the Secrets Manager Agent on this machine.

    Raises:
        ConfigurationError: an unknown option, no name, or options that contradict each other.
    """

    def __init__(self, uri: SourceURI) -> None:
        check_options(uri)
        self._uri = uri
        self._versions = Versions(uri)
        self._login = self._versions.login
        self._remote = Remote(
            uri,
            loggers=LOGGERS,
            translated=self._refusal,
            forget_login=lambda time: CLIENTS.drop(self._login, built_before=time),
        )

    @property
    def is_pinned(self) -> bool:
        """Whether there is a `version_id`: a stage can be moved."""
        return self._versions.pinned is not None

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return the version that holds the stage, or that is pinned.

        Raises:
            SecretNotFoundError: there is no such secret, or none of its versions has the stage.
            SecretDisabledError: it is scheduled for deletion, or its KMS key is off.
            CredentialsError: as the table of `_errors` says.
        """
        return self._remote.call(lambda: self._fetched(known_version), deadline)

    def probe(self, deadline: Deadline) -> Version:
        """Return the version that holds the stage: one DescribeSecret, which reads no value.

        Without that permission it is one GetSecretValue.
        """
        return self._remote.call(self._versions.current, deadline, purpose="probe")

    def fetch_version(self, version: str, deadline: Deadline) -> RawSecret:
        """Return one version by its id; one that is not everywhere yet is waited for.

        Raises:
            ConfigurationError: the source is pinned, or follows another stage than AWSCURRENT.
            CredentialsError: as `fetch` does.
        """
        if not self._versions.follows_current:
            msg = "the source follows another version than the current one."
            raise ConfigurationError(msg, source=self._uri.redacted)
        return self._remote.call(lambda: self._versions.read_announced(version), deadline)

    def forget_login(self) -> None:
        """Build the client anew at the next call, with what the SDK's chain finds then."""
        CLIENTS.drop(self._login)

    def fetch_previous(self, deadline: Deadline) -> RawSecret:
        """Return the version labelled AWSPREVIOUS."""
        return self._remote.call(lambda: self._versions.read_stage(_PREVIOUS), deadline)

    @property
    def batch_key(self) -> AwsLogin | None:
        """The client; a batch knows neither versions nor stages but the current one."""
        is_plain = self._versions.follows_current and not self._login.is_agent
        return self._login if is_plain else None

    def fetch_many(
        self, providers: Sequence[Self], deadline: Deadline
    ) -> list[RawSecret | CredentialsError]:
        """Return all of these secrets: a BatchGetSecretValue for each twenty, eight at a time.

        What a batch does not answer for, or may not read, is read alone.
        """
        secrets = [(one._versions, one._remote) for one in providers]  # noqa: SLF001  # own class
        return read_many(secrets, deadline)

    def store(
        self,
        fields: Mapping[str, Secret],
        deadline: Deadline,
        *,
        expected_version: str | None = None,
    ) -> str | None:
        """Write a new version, and move AWSCURRENT to it from the expected one and no other.

        Raises:
            ConflictError: another version is current; the new one stays without the label.
        """
        refuse_partial_store(self._uri, is_current=self._versions.follows_current)
        if self._login.is_agent:
            msg = "the Secrets Manager Agent only reads: nothing can be stored through it."
            raise ConfigurationError(msg, source=self._uri.redacted, hint="Leave `endpoint` out.")
        document, token = document_of(fields), str(uuid.uuid4())
        return self._remote.call(
            lambda: write_version(self._versions, document, token, expected_version),
            deadline,
            purpose="store",
        )

    def check_store(self, deadline: Deadline) -> None:
        """Find out whether a version may be written: the current one is sent once more."""
        self._remote.call(lambda: check_write(self._versions), deadline, purpose="check")

    def erase(self, deadline: Deadline, *, expected_version: str | None) -> None:
        """Delete the secret, with all versions, at once."""
        refuse_partial_store(self._uri, is_current=self._versions.follows_current)
        removal = Removal(expected_version)
        self._remote.call(lambda: erase_secret(self._versions, removal), deadline, purpose="erase")

    def diagnose(self, deadline: Deadline, *, poll_seconds: float) -> Diagnosis:
        """Return the caller's ARN, the permissions that loading and watching need, and the cost."""
        found = self._remote.call(self._asked, deadline, purpose="diagnose")
        return diagnosis_of(found, poll_seconds=poll_seconds, dollars_a_request=_DOLLARS_A_REQUEST)

    def close(self) -> None:
        """Nothing is open: the client is the process's."""

    def _refusal(self, error: Exception) -> CredentialsError:
        """Return the error; of what was not found with the region, which may come from afar."""
        refusal = translated(error)
        if isinstance(refusal, SecretNotFoundError) and not self._login.is_agent:
            region = self._versions.client().meta.region_name
            refusal.hint = f"The region asked was {region}. {refusal.hint}"
        return refusal

    def _fetched(self, known_version: str | None) -> RawSecret | Unchanged:
        if known_version is None:
            return self._versions.read()
        current = self._versions.current()
        if current.name == known_version:
            return Unchanged(current.name, current.next_rotation_at)
        return self._versions.read_announced(current.name)

    def _asked(self) -> tuple[str, dict[str, bool | None]]:
        client, name = self._versions.client(), self._versions.id
        if self._login.is_agent:
            client.get_secret_value(SecretId=name)
            return "the Secrets Manager Agent's", {"secretsmanager:GetSecretValue": True}
        calls = {
            "DescribeSecret": lambda: client.describe_secret(SecretId=name),
            "GetSecretValue": lambda: client.get_secret_value(SecretId=name),
            "BatchGetSecretValue": lambda: client.batch_get_secret_value(SecretIdList=[name]),
        }
        return identity_of(self._login), {
            f"secretsmanager:{operation}": _is_allowed(call) for operation, call in calls.items()
        }


def _is_allowed(call: Any) -> bool | None:
    try:
        answer = call()
    except botocore.exceptions.ClientError as error:
        return False if isinstance(translated(error), AccessDeniedError) else None
    refused = {error.get("ErrorCode") for error in answer.get("Errors", ())}
    return False if "AccessDeniedException" in refused else None if refused else True
