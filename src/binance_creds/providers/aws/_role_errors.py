"""What goes wrong where AWS gives a role: for a key, a web identity, or a user of SSO."""

from __future__ import annotations

from typing import Final

from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ProviderUnavailableError,
)
from binance_creds.providers.remote._error_row import ErrorRow

__all__ = ["LOGIN_CALL", "OF_ROLES", "OLD_IDENTITY", "ROLE", "SSO_ROLE"]

SSO_ROLE: Final = ErrorRow(
    AccessDeniedError,
    "the SSO user does not have the role of the profile.",
    "Check sso_account_id and sso_role_name in ~/.aws/config.",
    says="GetRoleCredentials operation",
)
ROLE: Final = ErrorRow(
    AccessDeniedError,
    "this identity may not assume the role.",
    "Check the trust policy of the role, `role_arn` and `external_id`.",
    says="calling the AssumeRole",  # by itself, or with a web identity
)
_BAD_ROLE: Final = ErrorRow(
    ConfigurationError,
    "the role, its session name or its external id is malformed.",
    "Check `role_arn` and `external_id`, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME, or the profile.",
)
_IDENTITY: Final = ErrorRow(
    AuthenticationError,
    "AWS does not accept the web identity token.",
    "Check the identity provider in IAM, the token's audience, and what writes the file of "
    "AWS_WEB_IDENTITY_TOKEN_FILE.",
)
OLD_IDENTITY: Final = ErrorRow(
    AuthenticationError,
    "the web identity token has expired.",
    "Check what renews the file of AWS_WEB_IDENTITY_TOKEN_FILE, and this machine's clock.",
    says="WebIdentity operation",
)
LOGIN_CALL: Final = (
    ErrorRow(
        ConfigurationError,
        "the web identity token is empty, or longer than AWS takes.",
        "Check the file of AWS_WEB_IDENTITY_TOKEN_FILE, and what writes it.",
        says="parameter WebIdentityToken",
    ),
    *(
        _BAD_ROLE._replace(says=f"parameter {name}")
        for name in ("RoleArn", "RoleSessionName", "ExternalId")
    ),
)
"""What botocore refuses before it asks STS for a role; not the call itself."""

# By code. Source: STS API reference, AssumeRole and AssumeRoleWithWebIdentity.
OF_ROLES: Final[dict[object, ErrorRow]] = {
    # The web identity's provider is not known in IAM, or the token is for others.
    "InvalidIdentityToken": _IDENTITY,
    "IDPRejectedClaim": _IDENTITY,
    "IDPCommunicationError": ErrorRow(
        ProviderUnavailableError,
        "AWS cannot reach the identity provider of the web identity token.",
        "Check that its address is public, and try again.",
    ),
    # STS, of an ARN or a session's name.
    "ValidationError": _BAD_ROLE._replace(says="calling the AssumeRole"),
    "RegionDisabledException": ErrorRow(
        ConfigurationError,
        "this account has not activated STS in the region.",
        "Activate it in IAM, or use another region.",
    ),
}
