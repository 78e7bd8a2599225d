"""`aws-sm://NAME` or `aws-sm:ARN`: AWS Secrets Manager, on boto3.

A load is one GetSecretValue. A refresh asks DescribeSecret for the version that holds the stage
and reads only a new one, by its id, because a read by stage may lag behind a rotation.
"""

from __future__ import annotations

import contextlib
import re
import uuid
from typing import TYPE_CHECKING, Any, Final

import botocore.exceptions
import botocore.parsers

from binance_creds._raw import RawSecret, Unchanged
from binance_creds._threads._daemons import called_side_by_side
from binance_creds._time._retry_after import retry_after_seconds
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.providers._options import check_options
from binance_creds.providers._protocols import Diagnosis, Version
from binance_creds.providers.aws._login import (
    LOGIN_ERRORS,
    AwsLogin,
    client_of,
    identity_of,
    login_of,
)
from binance_creds.providers.remote._call import Remote
from binance_creds.providers.remote._client_pool import ClientPool
from binance_creds.providers.remote._error_row import CHANGED, ErrorRow
from binance_creds.providers.remote._payload import document_of, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Self

    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI

__all__ = ["SecretsManagerProvider"]

_CURRENT: Final = "AWSCURRENT"
_PREVIOUS: Final = "AWSPREVIOUS"
_ARRIVING: Final = "BINANCE_CREDS_NEW"  # a version's label until it becomes current
_BATCH_SIZE: Final = 20  # API reference, BatchGetSecretValue, SecretIdList
_THREADS: Final = 8
_DOLLARS_A_REQUEST: Final = 0.05 / 10_000  # price list of Secrets Manager, September 2026
_CLIENTS: Final = ClientPool[Any]()


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
        self._id = uri.location
        self._login = login_of(uri)
        self._version_id = uri.option("version_id")
        self._stage = uri.option("stage") or (None if self._version_id else _CURRENT)
        self._remote = Remote(
            uri,
            loggers=("boto3", "botocore", "urllib3"),
            translated=self._refusal,
            forget_login=lambda time: _CLIENTS.drop(self._login, built_before=time),
        )

    @property
    def is_pinned(self) -> bool:
        """Whether there is a `version_id`: a stage can be moved."""
        return self._version_id is not None

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return the version that holds the stage, or that is pinned.

        Raises:
            SecretNotFoundError: there is no such secret, or none of its versions has the stage.
            SecretDisabledError: it is scheduled for deletion, or its KMS key is off.
            CredentialsError: as the table at the end of this file says.
        """
        return self._remote.call(lambda: self._fetched(known_version), deadline)

    def probe(self, deadline: Deadline) -> Version:
        """Return the version that holds the stage: one DescribeSecret, which reads no value.

        Without that permission it is one GetSecretValue.
        """
        return self._remote.call(self._current, deadline, purpose="probe")

    def fetch_version(self, version: str, deadline: Deadline) -> RawSecret:
        """Return one version by its id; one that is not everywhere yet is waited for.

        Raises:
            ConfigurationError: the source is pinned, or follows another stage than AWSCURRENT.
            CredentialsError: as `fetch` does.
        """
        if not self._is_current:
            msg = "the source follows another version than the current one."
            raise ConfigurationError(msg, source=self._uri.redacted)
        return self._remote.call(lambda: self._read_announced(version), deadline)

    @property
    def _is_current(self) -> bool:
        return self._version_id is None and self._stage == _CURRENT

    def forget_login(self) -> None:
        """Build the client anew at the next call, with what the SDK's chain finds then."""
        _CLIENTS.drop(self._login)

    def fetch_previous(self, deadline: Deadline) -> RawSecret:
        """Return the version labelled AWSPREVIOUS."""
        return self._remote.call(lambda: self._read(stage=_PREVIOUS), deadline)

    @property
    def batch_key(self) -> AwsLogin | None:
        """The client; a batch knows neither versions nor stages but the current one."""
        return self._login if self._is_current and not self._login.is_agent else None

    def fetch_many(
        self, providers: Sequence[Self], deadline: Deadline
    ) -> list[RawSecret | CredentialsError]:
        """Return all of these secrets: a BatchGetSecretValue for each twenty, eight at a time.

        What a batch does not answer for, or may not read, is read alone.
        """
        ids = list(dict.fromkeys(provider._id for provider in providers))  # noqa: SLF001  # own class
        groups = [ids[i : i + _BATCH_SIZE] for i in range(0, len(ids), _BATCH_SIZE)]
        found: dict[str, Any] = {}
        for answers in called_side_by_side(
            lambda group: self._batch(group, deadline), groups, most_threads=_THREADS
        ):
            found |= answers
        rest = [provider for provider in providers if found.get(provider._id) is None]  # noqa: SLF001  # as above
        read = called_side_by_side(lambda one: one._alone(deadline), rest, most_threads=_THREADS)  # noqa: SLF001  # as above
        alone = dict(zip(rest, read, strict=True))
        return [alone.get(one) or one._from_batch(found[one._id]) for one in providers]  # noqa: SLF001  # as above

    def store(
        self,
        fields: Mapping[str, Secret],
        deadline: Deadline,
        *,
        expected_version: str | None = None,
    ) -> str | None:
        """Write a new version, and move AWSCURRENT to it from the expected one and no other.

        Raises:
            ConfigurationError: another version is current; the new one stays without the label.
        """
        if self._uri.field or self._login.is_agent or self._stage != _CURRENT:
            msg = "only a whole secret's current version can be stored, and not through the agent."
            raise ConfigurationError(msg, source=self._uri.redacted)
        document, token = document_of(fields), str(uuid.uuid4())
        return self._remote.call(
            lambda: self._written(document, token, expected_version), deadline, purpose="store"
        )

    def diagnose(self, deadline: Deadline, *, poll_seconds: float) -> Diagnosis:
        """Return the caller's ARN, the permissions that loading and watching need, and the cost."""
        identity, permissions = self._remote.call(self._asked, deadline, purpose="diagnose")
        per_day = round(86_400 / poll_seconds)
        return Diagnosis(identity, permissions, per_day, per_day * 30 * _DOLLARS_A_REQUEST)

    def close(self) -> None:
        """Nothing is open: the client is the process's."""

    def _client(self) -> Any:
        return _CLIENTS.get(self._login, lambda: client_of(self._login))

    def _refusal(self, error: Exception) -> CredentialsError:
        """Return the error; of what was not found with the region, which may come from afar."""
        refusal = _translated(error)
        if isinstance(refusal, SecretNotFoundError) and not self._login.is_agent:
            region = self._client().meta.region_name
            refusal.hint = f"The region asked was {region}. {refusal.hint}"
        return refusal

    def _fetched(self, known_version: str | None) -> RawSecret | Unchanged:
        if known_version is None:
            return self._read(version_id=self._version_id, stage=self._stage)
        current = self._current()
        if current.name == known_version:
            return Unchanged(current.name, current.next_rotation_at)
        return self._read_announced(current.name)

    def _current(self) -> Version:
        if self._version_id is not None:
            return Version(self._version_id)
        try:
            answer = self._client().describe_secret(SecretId=self._id)
        except botocore.exceptions.ClientError as error:
            if not isinstance(_translated(error), AccessDeniedError):
                raise
            answer = None
        if answer is None:  # allowed to read and not to describe
            return Version(str(self._read(stage=self._stage).version))
        _check(answer, "ARN")
        if answer.get("DeletedDate") is not None:
            raise _DELETED.error()
        for version_id, stages in answer.get("VersionIdsToStages", {}).items():
            if self._stage in stages:
                return Version(version_id, answer.get("NextRotationDate"))
        raise _NO_VERSION.error()

    def _read_announced(self, version_id: str) -> RawSecret:
        try:
            return self._read(version_id=version_id)
        except botocore.exceptions.ClientError as error:
            refusal = _translated(error)
        if isinstance(refusal, SecretNotFoundError):  # described a moment ago
            refusal = ProviderUnavailableError("the new version has not reached every server yet.")
        raise refusal

    def _read(self, *, version_id: str | None = None, stage: str | None = None) -> RawSecret:
        wanted = {"VersionId": version_id, "VersionStage": stage}
        given = {name: value for name, value in wanted.items() if value is not None}
        return self._raw(self._client().get_secret_value(SecretId=self._id, **given))

    def _raw(self, answer: Mapping[str, Any]) -> RawSecret:
        _check(answer, "VersionId")
        payload = answer.get("SecretString", answer.get("SecretBinary", ""))
        return RawSecret(
            fields_of(payload, self._uri),
            origin=self._uri.redacted,
            version=answer["VersionId"],
            created_at=answer.get("CreatedDate"),
        )

    def _batch(self, ids: list[str], deadline: Deadline) -> dict[str, Any]:
        """Return what a batch says of each id: its answer, or a code and a message."""

        def ask() -> dict[str, Any]:
            answer = self._client().batch_get_secret_value(SecretIdList=ids)
            _check(answer, "SecretValues")
            refused = {entry.get("SecretId"): entry for entry in answer.get("Errors", ())}
            values = [(value, (value["Name"], value["ARN"])) for value in answer["SecretValues"]]
            given = {i: value for i in ids for value, names in values if _is_meant(i, names)}
            return {i: refused.get(i, given.get(i)) for i in ids}

        try:
            return self._remote.call(ask, deadline, purpose=f"batch {ids[0]}")
        except AccessDeniedError:  # the batch has a permission of its own
            return {}
        except CredentialsError as error:
            return dict.fromkeys(ids, error.again())

    def _alone(self, deadline: Deadline) -> RawSecret | CredentialsError:
        try:
            return self._remote.call(lambda: self._read(stage=_CURRENT), deadline)
        except CredentialsError as error:
            return error.again()

    def _from_batch(self, answer: Any) -> RawSecret | CredentialsError:
        if isinstance(answer, CredentialsError):
            return answer.at(self._uri.redacted)
        if "ErrorCode" in answer:
            found = _row(answer["ErrorCode"], answer.get("Message", ""))
            return found.error().at(self._uri.redacted)
        try:
            return self._raw(answer)
        except CredentialsError as error:
            return error.again()

    def _written(self, document: Secret, token: str, expected_version: str | None) -> str:
        client = self._client()
        value = {"SecretString": document.reveal(), "ClientRequestToken": token}
        if expected_version is None:
            try:
                return str(client.create_secret(Name=self._id, **value)["VersionId"])
            except client.exceptions.ResourceExistsException:
                pass  # perhaps without a value, as Terraform makes one
        current = self._holder()
        if current not in {expected_version, token}:
            raise CHANGED.error()
        if current != token:  # else an attempt before this one moved it, and its answer was lost
            client.put_secret_value(SecretId=self._id, VersionStages=[_ARRIVING], **value)
            self._make_current(token, expected_version)
        with contextlib.suppress(botocore.exceptions.ClientError):  # it is current; this tidies up
            client.update_secret_version_stage(
                SecretId=self._id, VersionStage=_ARRIVING, RemoveFromVersionId=token
            )
        return token

    def _make_current(self, token: str, before: str | None) -> None:
        if before is None and self._holder() == token:  # AWS does it itself with a first version
            return
        removed = {} if before is None else {"RemoveFromVersionId": before}
        self._client().update_secret_version_stage(  # refused if another is current by now
            SecretId=self._id, VersionStage=_CURRENT, MoveToVersionId=token, **removed
        )

    def _holder(self) -> str | None:
        """Return the version that is current, `None` if no value was ever written."""
        try:
            return self._current().name
        except SecretNotFoundError:
            return None

    def _asked(self) -> tuple[str, dict[str, bool | None]]:
        client = self._client()
        if self._login.is_agent:
            client.get_secret_value(SecretId=self._id)
            return "the Secrets Manager Agent's", {"secretsmanager:GetSecretValue": True}
        calls = {
            "DescribeSecret": lambda: client.describe_secret(SecretId=self._id),
            "GetSecretValue": lambda: client.get_secret_value(SecretId=self._id),
            "BatchGetSecretValue": lambda: client.batch_get_secret_value(SecretIdList=[self._id]),
        }
        return identity_of(self._login), {
            f"secretsmanager:{name}": _is_allowed(call) for name, call in calls.items()
        }


def _is_allowed(call: Any) -> bool | None:
    try:
        answer = call()
    except botocore.exceptions.ClientError as error:
        refusal = _translated(error)
        return False if isinstance(refusal, AccessDeniedError) else None
    return not answer.get("Errors")


def _check(answer: Mapping[str, Any], member: str) -> None:
    """Refuse what is no answer of AWS: botocore takes a body that is no JSON for a message."""
    if member not in answer:
        raise _NOT_AWS.error()


def _is_meant(wanted: str, names: Iterable[str]) -> bool:
    """Return whether a batch's answer is for an id; a partial ARN lacks the six last characters."""
    return any(
        name == wanted or re.fullmatch(re.escape(wanted) + r"-\w{6}", name) for name in names
    )


_NO_VERSION: Final = ErrorRow(
    SecretNotFoundError,
    "the secret is there, and no version of it has this stage or id.",
    "Write a value, or check the options 'stage' and 'version_id'.",
    says="secret value for",
)
_DELETED: Final = ErrorRow(
    SecretDisabledError,
    "the secret is scheduled for deletion.",
    "Bring it back: aws secretsmanager restore-secret --secret-id ...",
    says="delet",
)
_DENIED: Final = ErrorRow(
    AccessDeniedError,
    "this identity may not read the secret.",
    "Allow secretsmanager:GetSecretValue on it, or check whose credentials are used.",
)
_EXPIRED: Final = ErrorRow(
    AuthenticationError,
    "the AWS session token has expired.",
    "Get new temporary credentials; static ones in the environment do not renew themselves.",
)
_UNKNOWN_KEY: Final = ErrorRow(
    AuthenticationError,
    "AWS does not accept these credentials.",
    "Check the access key and its secret, and this machine's clock.",
)
_THROTTLED: Final = ErrorRow(ThrottledError, "AWS asks for fewer requests.", "Poll less often.")
_DOWN: Final = ErrorRow(ProviderUnavailableError, "AWS had an internal fault.")
_NOT_AWS: Final = ErrorRow(ProviderUnavailableError, "the answer is not one of AWS.")
_SILENT: Final = ErrorRow(ProviderUnavailableError, "AWS does not answer.")
_WRONG_CALL: Final = ErrorRow(
    ConfigurationError,
    "AWS refuses the request as invalid.",
    "Check name, 'stage' and 'version_id'; given together they must agree.",
)

_SSO_ROLE: Final = ErrorRow(
    AccessDeniedError,
    "the SSO user does not have the role of the profile.",
    "Check sso_account_id and sso_role_name in ~/.aws/config.",
    says="GetRoleCredentials operation",
)

# Codes of ClientError; the first row of a code whose `says` is in the message. Throttling and most
# refusals arrive as HTTP 400. Source: API reference, GetSecretValue and Common Error Types.
_CODES: Final[dict[str, tuple[ErrorRow, ...]]] = {
    # The name, account or region is wrong; or the secret has no value under this stage or id.
    "ResourceNotFoundException": (
        _SSO_ROLE,
        _NO_VERSION,
        ErrorRow(
            SecretNotFoundError,
            "there is no such secret in this account and region.",
            "Check name and region; a secret of another account needs its full ARN.",
        ),
    ),
    # Deleted with a recovery window, which can be undone; or the call does not fit its state.
    "InvalidRequestException": (_DELETED, _WRONG_CALL),
    # The id and the stage name two versions, or a character is not allowed.
    "InvalidParameterException": (_WRONG_CALL,),
    "ValidationException": (_WRONG_CALL,),
    # Another writer was faster: for CreateSecret, UpdateSecretVersionStage.
    "ResourceExistsException": (CHANGED,),
    # The policy of the identity, of the secret, or of the KMS key.
    "AccessDeniedException": (
        ErrorRow(
            AccessDeniedError,
            "this identity may read the secret and not decrypt it.",
            "Allow kms:Decrypt on the KMS key of the secret.",
            says="KMS",
        ),
        _DENIED,
    ),
    # The SSO portal refused the role; an account or role that is not there is "not found" to it.
    "ForbiddenException": (_SSO_ROLE, _DENIED),
    # The account may not use the service; of all services of AWS.
    "NotAuthorized": (_DENIED,),
    "OptInRequired": (_DENIED,),
    # STS refused the role.
    "AccessDenied": (
        ErrorRow(
            AccessDeniedError,
            "this identity may not assume the role.",
            "Check the trust policy of role_arn, and external_id.",
        ),
    ),
    # The KMS key is disabled or about to be deleted.
    "DecryptionFailure": (
        ErrorRow(
            SecretDisabledError,
            "the KMS key of the secret cannot decrypt it.",
            "Enable the key, or cancel its deletion.",
        ),
    ),
    "ThrottlingException": (_THROTTLED,),
    "Throttling": (_THROTTLED,),
    "TooManyRequestsException": (_THROTTLED,),
    "RequestLimitExceeded": (_THROTTLED,),
    "429": (_THROTTLED,),  # of what stands in front, such as a proxy: botocore takes the status
    "LimitExceededException": (_THROTTLED,),
    # Temporary credentials ran out, and nothing renewed them.
    "ExpiredTokenException": (_EXPIRED,),
    "ExpiredToken": (_EXPIRED,),
    "RequestExpired": (_EXPIRED,),
    # The access key is unknown or inactive, its secret is wrong, or the clock is off.
    "UnrecognizedClientException": (_UNKNOWN_KEY,),
    "InvalidClientTokenId": (_UNKNOWN_KEY,),
    "InvalidSignatureException": (_UNKNOWN_KEY,),
    "SignatureDoesNotMatch": (_UNKNOWN_KEY,),
    "IncompleteSignature": (_UNKNOWN_KEY,),
    "MissingAuthenticationToken": (_UNKNOWN_KEY,),
    # The web identity's token ran out, or its provider is not trusted.
    "InvalidIdentityToken": (_UNKNOWN_KEY,),
    "IDPRejectedClaim": (_UNKNOWN_KEY,),
    # Faults of the service.
    "InternalServiceError": (_DOWN,),
    "InternalFailure": (_DOWN,),
    "ServiceUnavailable": (_DOWN,),
}

_CLASSES: Final[dict[type[Exception], ErrorRow]] = {
    **LOGIN_ERRORS,
    botocore.exceptions.ParamValidationError: _WRONG_CALL,
    # An expired certificate, a private CA, or somebody in between; never read without TLS.
    botocore.exceptions.SSLError: ErrorRow(
        ConfigurationError,
        "the certificate of the endpoint is not trusted.",
        "For a private CA set AWS_CA_BUNDLE; else somebody may be reading along.",
    ),
    # Refused, no such host, or a proxy that is down.
    botocore.exceptions.ConnectionError: _SILENT,
    # Timed out, reset, or ended within an answer.
    botocore.exceptions.HTTPClientError: _SILENT,
    botocore.exceptions.IncompleteReadError: _SILENT,
    # A proxy or captive portal answered in the place of STS.
    botocore.parsers.ResponseParserError: _NOT_AWS,
}
_NO_URL: Final = ErrorRow(ConfigurationError, "the endpoint is not a URL.", "Check 'endpoint_url'.")


def _row(code: str, message: str) -> ErrorRow:
    return next((row for row in _CODES.get(code, ()) if row.says in message), _DOWN)


def _translated(error: Exception) -> CredentialsError:
    if isinstance(error, botocore.exceptions.ClientError):
        found = _row(error.response["Error"].get("Code", ""), str(error))
        return _throttled(error) if found is _THROTTLED else found.error()
    for kind in type(error).__mro__:
        if kind in _CLASSES:
            return _CLASSES[kind].error()
    if isinstance(error, ValueError):  # botocore's answer to an address it cannot parse
        return _NO_URL.error()
    return ProviderUnavailableError(f"the read failed ({type(error).__name__}).")


def _throttled(error: botocore.exceptions.ClientError) -> ThrottledError:
    """Keep how long to wait, where a header says so; AWS itself sends none."""
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    delay = retry_after_seconds(headers.get("retry-after"))
    return ThrottledError(_THROTTLED.message, hint=_THROTTLED.hint, retry_after_seconds=delay)
