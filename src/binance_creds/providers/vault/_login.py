"""Who logs in to Vault or OpenBao, what a login brings, and where what it needs is found.

Nothing secret stands in a source: tokens, secret ids and passwords come from files or variables.
"""

from __future__ import annotations

import os
import re
from typing import Any, Final, NamedTuple

import hvac
import hvac.exceptions

from binance_creds._files._paths import is_evident
from binance_creds._secret import Secret
from binance_creds.errors import AuthenticationError, ConfigurationError

__all__ = [
    "Attempt",
    "Granted",
    "VaultLogin",
    "granted_by",
    "life_of",
    "required",
    "text_of",
    "text_of_option",
    "variable",
]


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
        AuthenticationError: a second factor is asked for.
        TypeError: it is no token with its life, or not JSON; hvac then gives the response itself.
    """
    auth = answer["auth"]
    if auth.get("mfa_requirement"):
        msg = "the server asks this login for a second factor."
        hint = "Exempt it from Login MFA, or choose another login: ?auth=..."
        raise AuthenticationError(msg, hint=hint)
    if not auth["client_token"]:
        raise TypeError(_UNUSABLE)
    return _granted(Secret(auth["client_token"]), auth["lease_duration"], auth["renewable"])


def life_of(granted: Granted, client: hvac.Client) -> Granted:
    """Ask how long a configured token lives; its policy may forbid even that."""
    try:
        found = client.auth.token.lookup_self()["data"]
    except hvac.exceptions.Forbidden:
        return granted
    return _granted(granted.token, found["ttl"], found.get("renewable", False))


def _granted(token: Secret, ttl_seconds: object, is_renewable: object) -> Granted:
    """Refuse what is no time: renewals are planned by it."""
    if not isinstance(ttl_seconds, int | float):
        raise TypeError(_UNUSABLE)
    return Granted(token, float(ttl_seconds), bool(is_renewable))


def variable(name: str, *, is_openbao: bool = False) -> str | None:
    """Return an environment variable of the Vault and OpenBao command lines, without its prefix."""
    prefixes = ("BAO_", "VAULT_") if is_openbao else ("VAULT_", "BAO_")
    return next((found for p in prefixes if (found := os.environ.get(p + name))), None)


def required(text: str | None, what: str, login: VaultLogin) -> Secret:
    """Return what a login needs.

    Raises:
        AuthenticationError: there is none, with the places where it may stand.
    """
    if text:
        _check(text, what)
        return Secret(text)
    article = "an" if what.startswith("A") else "a"
    msg = f"the login {login.method!r} needs {article} {what}, and none was found."
    raise AuthenticationError(msg, hint=_PLACES[what])


def _check(text: str, what: str) -> None:
    """Refuse what was copied wrongly; requests would show a broken token in its refusal.

    A password may be of any characters, and ids of most.
    """
    if what == "password":
        return
    is_plain = re.fullmatch("[!-~]+", text) if what in _TOKENS else text.isprintable()
    if not is_plain:
        msg = f"the {what} holds a space, a line break or another character that none has."
    elif text[0] in "\"'{":
        msg = f"the {what} is in quotes, or is a document that holds it."
    else:
        return
    raise AuthenticationError(msg, hint="Copy it again, alone and as one line.")


def text_of_option(login: VaultLogin, option: str) -> str | None:
    """Return what the file holds that an option names, `None` without the option.

    Raises:
        ConfigurationError: the file holds nothing, or cannot be read.
    """
    path = login.option(option)
    if path is None:
        return None
    text = text_of(path)
    if text is None:
        shown = f": {os.path.abspath(os.path.expanduser(path))}" if is_evident(path) else ""
        msg = (
            f"the file of the option {option!r} is empty, not UTF-8 text, or cannot be read{shown}."
        )
        hint = "Check its path, its mode, and who runs this program; only ~ is replaced in it."
        raise ConfigurationError(msg, hint=hint)
    return text


def text_of(path: str) -> str | None:
    """Return what a file holds, `None` for nothing and for what cannot be read."""
    try:
        with open(os.path.expanduser(path), encoding="utf-8-sig") as file:
            return file.read().strip() or None
    except (OSError, UnicodeDecodeError):
        return None


_UNUSABLE: Final = "this is no token with its life"
_TOKENS: Final = frozenset({"JWT", "service account token", "token"})
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
