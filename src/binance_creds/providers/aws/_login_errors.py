"""What botocore raises for a login, and what every service of AWS answers; and what it means."""

from __future__ import annotations

import json
from typing import Final

import botocore.exceptions
import botocore.parsers

from binance_creds.errors import (
    AuthenticationError,
    ConfigurationError,
    ProviderUnavailableError,
)
from binance_creds.providers.aws._role_errors import LOGIN_CALL, OF_ROLES, OLD_IDENTITY
from binance_creds.providers.remote._error_row import (
    DOWN,
    FOREIGN,
    NO_URL,
    SILENT,
    THROTTLED,
    ErrorRow,
    NotReadyError,
)

__all__ = ["BAD_LOGIN", "COMMON", "MUTE_INSTANCE", "NO_FILE", "WRONG_CALL"]

_NO_CREDENTIALS: Final = ErrorRow(
    AuthenticationError,
    "no AWS credentials were found.",
    "Give the machine a role, set AWS_PROFILE, or name one: ?profile=...",
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
_SSO: Final = ErrorRow(
    AuthenticationError,
    "the SSO session has expired.",
    "Run: aws sso login; with --profile, if the source or AWS_PROFILE names one.",
)
_OFF_CLOCK: Final = ErrorRow(
    AuthenticationError,
    "AWS takes no signature of this time: this machine's clock is wrong.",
    "Set the clock by NTP.",
)
_OTHER_REGION: Final = ErrorRow(
    ConfigurationError,
    "the server is of another region than the request is signed for.",
    "Check the option `region` against {address}.",
    says="scoped to a valid region",
)
_SIGNATURE: Final = (
    _OTHER_REGION,
    _OFF_CLOCK._replace(says="Signature expired"),
    _OFF_CLOCK._replace(says="Signature not yet current"),
    _UNKNOWN_KEY,
)
_NO_AGENT: Final = ErrorRow(
    NotReadyError,
    "the agent that gives this container its credentials does not answer.",
    "Check AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI, and the agent of ECS or EKS.",
)
_PROCESS: Final = ErrorRow(
    AuthenticationError,
    "the credential_process of the profile failed.",
    "Run it by hand to see why; it must print credentials as JSON.",
)
MUTE_INSTANCE: Final = ErrorRow(
    NotReadyError,
    "the instance's metadata service gives no credentials.",
    "Check that the instance has a role and may use its metadata service.",
)
BAD_LOGIN: Final = ErrorRow(
    ConfigurationError,
    "the AWS configuration of this machine is not usable.",
    "Check it with: aws sts get-caller-identity",
)
NO_FILE: Final = ErrorRow(
    ConfigurationError,
    "a file or program that the AWS configuration names cannot be read or run.",
    "Check web_identity_token_file and credential_process of the profile.",
)
_NOT_TEXT: Final = ErrorRow(
    ConfigurationError,
    "a token file or program of the AWS configuration gives what is not UTF-8 text.",
    "Check AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, "
    "credential_process.",
)
WRONG_CALL: Final = ErrorRow(
    ConfigurationError,
    "AWS refuses the request as invalid.",
    "Check name, `stage` and `version_id`; given together they must agree.",
)

# By class. Of the credentials of a container, botocore tells only by text what went wrong.
_CLASSES: Final[dict[object, ErrorRow | tuple[ErrorRow, ...]]] = {
    # The chain ended without any, or half of a pair is set.
    botocore.exceptions.NoCredentialsError: _NO_CREDENTIALS,
    botocore.exceptions.PartialCredentialsError: _NO_CREDENTIALS,
    botocore.exceptions.CredentialRetrievalError: (
        # The agent of ECS or EKS refuses connections, hangs, fails, or has no role yet.
        _NO_AGENT._replace(says="Received error when attempting to retrieve container metadata"),
        _NO_AGENT._replace(says="Received non 200 response 5"),
        _NO_AGENT._replace(says="Received non 200 response 429"),
        # Something else listens there.
        _NO_AGENT._replace(says="Unable to parse JSON returned from container metadata"),
        # The token is wrong or old, or the pod has no association with a role.
        ErrorRow(
            AuthenticationError,
            "the agent that gives this container its credentials refuses the login.",
            "Check the role of the task or pod, and AWS_CONTAINER_AUTHORIZATION_TOKEN or _FILE.",
            says="container-role",
        ),
        # The program of the profile failed, or wrote something else than credentials.
        _PROCESS._replace(says="custom-process"),
        # The profile says that this is an instance, and its metadata service gives nothing.
        MUTE_INSTANCE._replace(says="Ec2InstanceMetadata"),
        _NO_CREDENTIALS,
    ),
    # `aws sso login` was never run here, or is too long ago.
    botocore.exceptions.SSOError: _SSO,
    botocore.exceptions.TokenRetrievalError: _SSO,
    # The profile is one of `aws login`, and this botocore lacks what that needs.
    botocore.exceptions.MissingDependencyException: ErrorRow(
        ConfigurationError,
        "the profile's login needs a package that is not installed.",
        "Run: pip install 'botocore[crt]'",
    ),
    # ?profile= or AWS_PROFILE names none that is in ~/.aws/config.
    botocore.exceptions.ProfileNotFound: ErrorRow(
        ConfigurationError,
        "the AWS configuration has no such profile.",
        "Check ?profile= or AWS_PROFILE against: aws configure list-profiles",
    ),
    # Neither the source nor the environment nor the profile says it.
    botocore.exceptions.NoRegionError: ErrorRow(
        ConfigurationError,
        "no AWS region is set.",
        "Write ?region=... into the source, use the ARN, or set AWS_REGION.",
    ),
    # It could be no part of a host's name.
    botocore.exceptions.InvalidRegionError: ErrorRow(
        ConfigurationError, "this is not the name of an AWS region.", "Check the option `region`."
    ),
    botocore.exceptions.ParamValidationError: (*LOGIN_CALL, WRONG_CALL),
    # Refused, reset, timed out, no such host, or ended within an answer.
    botocore.exceptions.ConnectionError: SILENT,
    botocore.exceptions.HTTPClientError: SILENT,
    botocore.exceptions.IncompleteReadError: SILENT,
    # A proxy or captive portal answered in the place of STS or of the local agent.
    botocore.parsers.ResponseParserError: FOREIGN,
    # ~/.aws/config is not readable as such, and other faults of set-up.
    botocore.exceptions.BotoCoreError: BAD_LOGIN,
    OSError: NO_FILE,
    json.JSONDecodeError: _PROCESS,
    UnicodeDecodeError: _NOT_TEXT,
    # What botocore makes of credentials that a login gives, and whose time is over.
    RuntimeError: ErrorRow(
        ProviderUnavailableError,
        "the credentials that the login gives have expired already.",
        "Check this machine's clock, and the agent, program or file that gives them.",
        says="refreshed credentials are still expired",
    ),
    ValueError: (
        # botocore refuses to send a token to another host without TLS.
        ErrorRow(
            ConfigurationError,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that credentials may not come from.",
            "Use https, a loopback address, or the address of the agent of ECS or EKS.",
            says="Unsupported host",
        ),
        # A file that was written with `echo` ends so.
        ErrorRow(
            ConfigurationError,
            "the container's authorization token has a line end.",
            "Remove it from AWS_CONTAINER_AUTHORIZATION_TOKEN, or from the file of _TOKEN_FILE.",
            says="not a legal header value",
        ),
        # AWS_ENDPOINT_URL_STS, which is looked at when a role is assumed.
        NO_URL._replace(says="Invalid endpoint"),
        NO_URL._replace(says="IPv6 URL"),
    ),
}
if hasattr(botocore.exceptions, "LoginError"):  # pragma: no branch  # botocore has it since 2025
    # `aws login` was never run here, or its session is over.
    _CLASSES[botocore.exceptions.LoginError] = ErrorRow(
        AuthenticationError,
        "the session of `aws login` has expired.",
        "Run: aws login --profile ...",
    )

# By code, of every service of AWS. Source: API reference, Common Error Types.
_CODES: Final[dict[object, ErrorRow | tuple[ErrorRow, ...]]] = {
    "BandwidthLimitExceeded": THROTTLED,
    "RequestThrottled": THROTTLED,
    "RequestThrottledException": THROTTLED,
    "SlowDown": THROTTLED,
    "ThrottledException": THROTTLED,
    "ThrottlingException": THROTTLED,
    "Throttling": THROTTLED,
    "TooManyRequestsException": THROTTLED,
    "RequestLimitExceeded": THROTTLED,
    "LimitExceededException": THROTTLED,
    # Temporary credentials ran out, and nothing renewed them.
    "ExpiredTokenException": (OLD_IDENTITY, _EXPIRED),
    "ExpiredToken": (OLD_IDENTITY, _EXPIRED),
    "RequestExpired": _EXPIRED,
    "RequestTimeTooSkewed": _OFF_CLOCK,
    # The access key is unknown or inactive, its secret is wrong, or the clock is off.
    "UnrecognizedClientException": _UNKNOWN_KEY,
    "InvalidClientTokenId": _UNKNOWN_KEY,
    "InvalidSignatureException": _SIGNATURE,
    "SignatureDoesNotMatch": _SIGNATURE,
    "IncompleteSignature": _UNKNOWN_KEY,
    "MissingAuthenticationToken": _UNKNOWN_KEY,
    # Faults of the service.
    "InternalServiceError": DOWN,
    "InternalFailure": DOWN,
    "InternalServerError": DOWN,
    "ServiceUnavailable": DOWN,
}
COMMON: Final = {**_CLASSES, **_CODES, **OF_ROLES}
"""Rows of every service of AWS."""
