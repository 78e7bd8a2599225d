"""`Asking`: put a question to a server in the session that all who log in alike share."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import hvac
import hvac.exceptions

from binance_creds.providers.vault._errors import (
    EXPIRED,
    NOT_INITIALISED,
    SEALED,
    TABLE,
    said_by,
)
from binance_creds.providers.vault._session import SESSIONS, VaultSession, connected

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.providers.remote._error_row import ErrorRow
    from binance_creds.providers.vault._login import VaultLogin

__all__ = ["Asking"]

_T = TypeVar("_T")


class Asking:
    """Ask, and log in anew where that may help.

    Args:
        login: who asks which server.
        denied: what a good token lacks that may not do it.
        is_known: asks whether the token may do anything there. Without the policy `default`, a
            good token may not ask for itself.
    """

    def __init__(
        self, login: VaultLogin, *, denied: ErrorRow, is_known: Callable[[hvac.Client], bool]
    ) -> None:
        self.login = login
        self._denied = denied
        self._is_known = is_known

    def session(self) -> VaultSession:
        """Return the session of the login; it may not be logged in yet."""
        return SESSIONS.get(self.login, lambda: VaultSession(self.login))

    def ask(self, question: Callable[[VaultSession], _T]) -> _T:
        """Return what the question finds out.

        Args:
            question: makes the requests, with the client of the session.

        Raises:
            CredentialsError: the token is denied, or what the question raises.
            VaultError: anything else that hvac raises.
        """
        try:
            return self._allowed(question)
        except hvac.exceptions.VaultDown as error:
            if SEALED.says not in " ".join(said_by(error)) or _is_initialised(self.login):
                raise
        raise TABLE.error(NOT_INITIALISED)

    def _allowed(self, question: Callable[[VaultSession], _T]) -> _T:
        """Ask; after a 403 once more with a new login, which may have newer policies."""
        session, started_at = self.session(), time.monotonic()
        try:
            return question(session)
        except hvac.exceptions.Forbidden:
            is_new = session.log_in_again(since=started_at)
        if is_new:
            try:
                return question(session)
            except hvac.exceptions.Forbidden:
                pass
        raise TABLE.error(self._denied if self._is_good(session.client()) else EXPIRED)

    def _is_good(self, client: hvac.Client) -> bool:
        """Tell a token that may not do this from one that is no longer good."""
        try:
            client.auth.token.lookup_self()
        except hvac.exceptions.Forbidden:
            return self._is_known(client)
        return True


def _is_initialised(login: VaultLogin) -> bool:
    """Ask, without a login; a server that is not initialised says that it is sealed."""
    client = connected(login._replace(namespace=None))  # of the root alone
    try:
        return client.sys.is_initialized() is not False
    except Exception:  # noqa: BLE001  # it is down, or no Vault: it said "sealed"
        return True
    finally:
        client.adapter.close()
