"""What is given to an adapter as credentials, and what is no such thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.errors import ConfigurationError
from binance_creds.exchange._endpoints import Security

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials
    from binance_creds._credentials_handle import CredentialsHandle

__all__ = ["check_class", "check_security", "snapshot_of"]


def snapshot_of(credentials: CredentialsHandle) -> Credentials:
    """Return the credentials of now.

    Raises:
        ConfigurationError: this is neither credentials nor a handle that has them.
        CredentialsError: as `current` of a live handle does.
    """
    try:
        return credentials.current
    except AttributeError:
        if hasattr(type(credentials), "current"):  # its own
            raise
    kind = type(credentials).__name__
    del credentials  # it may be a key: a traceback with locals must not find it here
    hint = "Pass what load_credentials() returns."
    if kind == "coroutine":
        hint = "Await it: credentials = await aload_credentials(...)."
    if kind == "dict":
        hint = "Pass one of the values that load_many() returns, or what load_credentials() does."
    msg = f"the credentials must be `Credentials` or a live handle, not {kind}."
    raise ConfigurationError(msg, hint=hint)


def check_security(security: object) -> None:
    """Refuse what is no `Security`: it would be taken for one that needs no signature.

    Raises:
        ConfigurationError: it is neither that nor `None`.
    """
    if security is None or isinstance(security, Security):
        return
    msg = f"security must be a member of `Security`, not {type(security).__name__}."
    raise ConfigurationError(msg, hint="Leave it out, and a table of paths tells.")


def check_class(kind: object, library: str, example: str) -> None:
    """Refuse what is no class of a client.

    Raises:
        ConfigurationError: with what to pass instead.
    """
    if isinstance(kind, type):
        return
    msg = f"the first argument must be a class of {library}, not {type(kind).__name__}."
    raise ConfigurationError(
        msg, hint=f"Pass the class, such as {example}; attach() takes a client that you have built."
    )
