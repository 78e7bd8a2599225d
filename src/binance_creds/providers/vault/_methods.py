"""How to log in to Vault or OpenBao: one function a method, and where each finds what it needs.

Nothing secret stands in a source: tokens, secret ids and passwords come from files or variables.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import hvac
import hvac.exceptions

from binance_creds._secret import Secret
from binance_creds.errors import AuthenticationError, ConfigurationError
from binance_creds.providers.remote._quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["METHODS", "Attempt", "Granted", "VaultLogin", "granted_by", "life_of", "variable"]

_SERVICE_ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"
_TOKEN_FILE: Final = "~/.vault-token"  # noqa: S105  # its path


class VaultLogin(NamedTuple):
    """Who asks which server; equal logins share one session.

    Attributes:
        address: such as `https://vault:8200`.
        namespace: or `None` for the root.
        method: one of `METHODS`.
        mount: where the method is mounted; `None` for its usual place.
        role: of the method; for `approle` the role id, for `userpass` the user.
        options: of the method, such as `jwt_file`, with their values.
        is_wrapped: whether the secret id comes response-wrapped.
        is_openbao: whether `BAO_` variables come before `VAULT_` ones.
    """

    address: str
    namespace: str | None = None
    method: str = "token"
    mount: str | None = None
    role: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    is_wrapped: bool = False
    is_openbao: bool = False

    def option(self, name: str) -> str | None:
        """Return the value of an option of the method."""
        return dict(self.options).get(name)

    def variable(self, name: str) -> str | None:
        """Return an environment variable of the Vault and OpenBao command lines."""
        return variable(name, is_openbao=self.is_openbao)

    def mount_point(self) -> dict[str, str]:
        """Return what hvac wants to know of the mount, where it is not the usual one."""
        return {} if self.mount is None else {"mount_point": self.mount}


class Granted(NamedTuple):
    """What a login brought; a life of zero seconds has no end."""

    token: Secret
    ttl_seconds: float = 0
    is_renewable: bool = False


class Attempt(NamedTuple):
    """One login; `kept` is what can be had only once, such as an unwrapped secret id."""

    login: VaultLogin
    client: hvac.Client
    kept: dict[str, Secret]


def granted_by(answer: Any) -> Granted:
    """Return what a server granted.

    Raises:
        TypeError: the answer is not JSON; hvac then gives the response itself.
    """
    auth = answer["auth"]
    return Granted(Secret(auth["client_token"]), auth["lease_duration"], auth["renewable"])


def life_of(granted: Granted, client: hvac.Client) -> Granted:
    """Ask how long a configured token lives; its policy may forbid even that."""
    try:
        found = client.auth.token.lookup_self()["data"]
    except hvac.exceptions.Forbidden:
        return granted
    return Granted(granted.token, found["ttl"], found.get("renewable", False))


def variable(name: str, *, is_openbao: bool = False) -> str | None:
    """Return an environment variable of the Vault and OpenBao command lines, without its prefix."""
    prefixes = ("BAO_", "VAULT_") if is_openbao else ("VAULT_", "BAO_")
    return next((found for p in prefixes if (found := os.environ.get(p + name))), None)


def _token(by: Attempt) -> Granted:
    found = _of_file(by.login, "token_file") or by.login.variable("TOKEN")
    token = _needed(found or _content(_TOKEN_FILE), "token", by.login)
    if not re.fullmatch("[!-~]+", token.reveal()):  # requests would show it in its refusal
        msg = "the token holds a space, a line break or another character that no token has."
        raise AuthenticationError(msg, hint="Copy it again.")
    return Granted(token)


def _none(by: Attempt) -> Granted:  # noqa: ARG001  # a proxy logs in
    return Granted(Secret(""))


def _approle(by: Attempt) -> Granted:
    role_id = _needed(by.login.role or by.login.variable("ROLE_ID"), "role id", by.login)
    secret_id = by.kept.get("secret id")
    if secret_id is None:
        found = _of_file(by.login, "secret_id_file") or by.login.variable("SECRET_ID")
        secret_id = _needed(found, "secret id", by.login)
        if by.login.is_wrapped:
            by.kept["secret id"] = secret_id = _unwrapped(by.client, secret_id)
    approle, mount = by.client.auth.approle, by.login.mount_point()
    return granted_by(approle.login(role_id.reveal(), secret_id.reveal(), use_token=False, **mount))


def _unwrapped(client: hvac.Client, wrapping_token: Secret) -> Secret:
    client.token = wrapping_token.reveal()  # asked with no token at all, OpenBao refuses
    try:
        return Secret(client.sys.unwrap()["data"]["secret_id"])
    except (hvac.exceptions.InvalidRequest, hvac.exceptions.Forbidden) as error:
        if error.errors is None:  # not Vault's words: no reason for an alarm
            raise
        msg = "the wrapped secret id cannot be unwrapped: it has expired, or was unwrapped before."
    finally:
        client.token = ""
    hint = "If it was not you, somebody else has the secret id: revoke it and deliver a new one."
    raise AuthenticationError(msg, hint=hint)


def _kubernetes(by: Attempt) -> Granted:
    found = _of_file(by.login, "jwt_file") or _content(_SERVICE_ACCOUNT)
    jwt = _needed(found, "service account token", by.login)
    kubernetes, mount = by.client.auth.kubernetes, by.login.mount_point()
    return granted_by(kubernetes.login(by.login.role, jwt.reveal(), use_token=False, **mount))


def _jwt(by: Attempt) -> Granted:
    found = _of_file(by.login, "jwt_file") or os.environ.get(
        by.login.option("jwt_env") or "VAULT_JWT"
    )
    jwt = _needed(found, "JWT", by.login)
    path = by.login.mount or "jwt"
    return granted_by(
        by.client.auth.jwt.jwt_login(by.login.role, jwt.reveal(), use_token=False, path=path)
    )


def _userpass(by: Attempt) -> Granted:
    password = _needed(
        _of_file(by.login, "password_file") or by.login.variable("PASSWORD"), "password", by.login
    )
    userpass, mount = by.client.auth.userpass, by.login.mount_point()
    return granted_by(userpass.login(by.login.role, password.reveal(), use_token=False, **mount))


def _cert(by: Attempt) -> Granted:
    """The certificate is that of the connection: VAULT_CLIENT_CERT and VAULT_CLIENT_KEY."""
    mount = by.login.mount_point()
    return granted_by(by.client.auth.cert.login(name=by.login.role or "", use_token=False, **mount))


def _aws(by: Attempt) -> Granted:
    keys = _aws_keys()
    _needed(keys and keys.access_key, "AWS access key", by.login)
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
    """Return the access key of this machine as its AWS SDK finds it, or `None`."""
    import botocore.exceptions  # noqa: PLC0415  # of the extra 'aws', for this method alone
    import botocore.session  # noqa: PLC0415  # as above

    with quiet("botocore"):
        try:
            found = botocore.session.get_session().get_credentials()
            return found and found.get_frozen_credentials()
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
            pass  # no such profile, a session that has expired, a role that may not be assumed
    msg = "the AWS identity of this machine cannot be used."
    raise AuthenticationError(msg, hint="Try: aws sts get-caller-identity")


def _needed(found: str | None, what: str, login: VaultLogin) -> Secret:
    if not found:
        msg = f"the login {login.method!r} needs a {what}, and none was found."
        raise AuthenticationError(msg, hint=_PLACES[what])
    return Secret(found)


def _of_file(login: VaultLogin, option: str) -> str | None:
    path = login.option(option)
    if path is None:
        return None
    text = _content(path)
    if text is None:
        msg = f"the file of the option {option!r} cannot be read, or is empty."
        raise ConfigurationError(msg)
    return text


def _content(path: str) -> str | None:
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            return file.read().strip() or None
    except (OSError, UnicodeDecodeError):
        return None


_PLACES: Final = {
    "AWS access key": "Give the machine a role, or set AWS_PROFILE.",
    "JWT": "Name its file or variable: ?jwt_file=... or ?jwt_env=...",
    "password": "Set VAULT_PASSWORD, or name its file: ?password_file=...",
    "role id": "Write ?role=..., or set VAULT_ROLE_ID.",
    "secret id": "Set VAULT_SECRET_ID, or name its file: ?secret_id_file=...",
    "service account token": "Outside a pod, name its file: ?jwt_file=...",
    "token": "Run 'vault login', set VAULT_TOKEN, or choose another login: ?auth=... "
    "(auth=none where an agent adds the token).",
}


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
        "Check VAULT_CLIENT_CERT, VAULT_CLIENT_KEY, and the role's trusted authority.",
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
