"""The ways to log in to Vault or OpenBao: one function a method."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import hvac
import hvac.exceptions

from binance_creds._extras import sdk_of
from binance_creds._secret import Secret
from binance_creds.errors import AuthenticationError, ConfigurationError
from binance_creds.providers.remote._error_row import NotReadyError
from binance_creds.providers.remote._quiet import quiet
from binance_creds.providers.vault._login import (
    Attempt,
    Granted,
    granted_by,
    required,
    text_of,
    text_of_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["METHODS"]

_SERVICE_ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"
_TOKEN_FILE: Final = "~/.vault-token"  # noqa: S105  # its path


def _token(by: Attempt) -> Granted:
    found = text_of_option(by.login, "token_file") or by.login.variable("TOKEN")
    return Granted(required(found or text_of(_TOKEN_FILE), "token", by.login))


def _none(by: Attempt) -> Granted:  # noqa: ARG001  # a proxy logs in
    return Granted(Secret(""))


def _approle(by: Attempt) -> Granted:
    role_id = required(by.login.role or by.login.variable("ROLE_ID"), "role id", by.login)
    secret_id = by.kept.get("secret id")
    if secret_id is None:
        found = text_of_option(by.login, "secret_id_file") or by.login.variable("SECRET_ID")
        secret_id = required(found, "secret id", by.login)
        if by.login.is_wrapped:
            by.kept["secret id"] = secret_id = _unwrapped(by.client, secret_id)
    approle, mount = by.client.auth.approle, by.login.mount_point()
    return granted_by(approle.login(role_id.reveal(), secret_id.reveal(), use_token=False, **mount))


def _unwrapped(client: hvac.Client, wrapping_token: Secret) -> Secret:
    client.token = wrapping_token.reveal()  # asked with no token at all, OpenBao refuses
    try:
        return Secret(client.sys.unwrap()["data"]["secret_id"])
    except (hvac.exceptions.InvalidRequest, hvac.exceptions.Forbidden):
        msg = "the wrapped secret id cannot be unwrapped: it has expired, or was unwrapped before."
    finally:
        client.token = ""
    hint = "If it was not you, somebody else has the secret id: revoke it and deliver a new one."
    raise AuthenticationError(msg, hint=hint)


def _kubernetes(by: Attempt) -> Granted:
    found = text_of_option(by.login, "jwt_file") or text_of(_SERVICE_ACCOUNT)
    jwt = required(found, "service account token", by.login)
    kubernetes, mount = by.client.auth.kubernetes, by.login.mount_point()
    return granted_by(kubernetes.login(by.login.role, jwt.reveal(), use_token=False, **mount))


def _jwt(by: Attempt) -> Granted:
    name = by.login.option("jwt_env") or "VAULT_JWT"
    found = text_of_option(by.login, "jwt_file") or os.environ.get(name)
    jwt = required(found, "JWT", by.login)
    path = by.login.mount or "jwt"
    return granted_by(
        by.client.auth.jwt.jwt_login(by.login.role, jwt.reveal(), use_token=False, path=path)
    )


def _userpass(by: Attempt) -> Granted:
    password = required(
        text_of_option(by.login, "password_file") or by.login.variable("PASSWORD"),
        "password",
        by.login,
    )
    userpass, mount = by.client.auth.userpass, by.login.mount_point()
    return granted_by(userpass.login(by.login.role, password.reveal(), use_token=False, **mount))


def _cert(by: Attempt) -> Granted:
    """The certificate is that of the connection: VAULT_CLIENT_CERT and VAULT_CLIENT_KEY."""
    if not by.login.address.startswith("https:"):
        msg = "the login 'cert' needs TLS, and the address says http."
        raise ConfigurationError(msg, hint="Write https:// in `address` or VAULT_ADDR.")
    if by.login.variable("CLIENT_CERT") is None:
        msg = "the login 'cert' needs a client certificate, and none is set."
        raise ConfigurationError(msg, hint="Set VAULT_CLIENT_CERT and VAULT_CLIENT_KEY.")
    mount = by.login.mount_point()
    return granted_by(by.client.auth.cert.login(name=by.login.role or "", use_token=False, **mount))


def _aws(by: Attempt) -> Granted:
    keys = _aws_keys()
    required(keys and keys.access_key, "AWS access key", by.login)
    return granted_by(
        by.client.auth.aws.iam_login(
            keys.access_key,
            keys.secret_key,
            keys.token,
            header_value=by.login.option("header_value"),
            role=by.login.role,
            use_token=False,
            **by.login.mount_point(),
        )
    )


def _aws_keys() -> Any:
    """Return the access key of this machine as its AWS SDK finds it, or `None`.

    Raises:
        NotReadyError: the agent of a container, or AWS's own token service, does not answer.
        AuthenticationError: no such profile, a session that has expired, a role that may not be
            assumed, a token with a line end.
    """
    with sdk_of("aws"):
        import botocore.exceptions  # noqa: PLC0415  # for this method alone
        import botocore.session  # noqa: PLC0415  # as above

    with quiet("botocore"):
        try:
            found = botocore.session.get_session().get_credentials()
            return found and found.get_frozen_credentials()
        except (
            botocore.exceptions.BotoCoreError,
            botocore.exceptions.ClientError,
            OSError,
            RuntimeError,  # credentials that had expired when they came
            ValueError,
        ) as error:
            unreached = botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError
            will_pass = isinstance(error, unreached) or any(
                words in str(error) for words in _NOT_READY
            )
    if will_pass:
        raise NotReadyError(_SILENT_AGENT, hint="Try: aws sts get-caller-identity")
    msg = "the AWS identity of this machine cannot be used."
    raise AuthenticationError(msg, hint="Try: aws sts get-caller-identity")


# What botocore says of the agent of ECS or EKS while it starts.
_NOT_READY: Final = (
    "Received error when attempting to retrieve container metadata",
    "Received non 200 response 5",
    "Received non 200 response 429",
    "Unable to parse JSON returned from container metadata",
)
_SILENT_AGENT: Final = "the agent or service that gives this machine its AWS identity is not ready."


class _Method(NamedTuple):
    log_in: Callable[[Attempt], Granted]
    hint: str  # for a login that is refused
    options: frozenset[str]


def _method(log_in: Callable[[Attempt], Granted], hint: str, options: str = "") -> _Method:
    return _Method(log_in, hint, frozenset(options.split()))


METHODS: Final = {
    "token": _method(_token, "Check the token.", "token_file"),
    "approle": _method(
        _approle,
        "Check role id and secret id; a secret id may be used up or bound to an address.",
        "auth_mount role secret_id_file wrapped",
    ),
    "aws": _method(
        _aws,
        "Check the role, and that its bound principal is this machine's AWS identity.",
        "auth_mount role header_value",
    ),
    "cert": _method(
        _cert,
        "Check VAULT_CLIENT_CERT, VAULT_CLIENT_KEY, and the CA that the role trusts.",
        "auth_mount role",
    ),
    "jwt": _method(
        _jwt,
        "Check the role's bound audiences and claims against the token; it may have expired.",
        "auth_mount role jwt_env jwt_file",
    ),
    "kubernetes": _method(
        _kubernetes,
        "Check the role's bound service accounts and namespaces.",
        "auth_mount role jwt_file",
    ),
    "none": _method(_none, "The proxy in between adds no token."),
    "userpass": _method(_userpass, "Check user and password.", "auth_mount role password_file"),
}
"""By the value of the option `auth`; the first is the default."""
