"""Why a user data stream is not that of the credentials of now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from binance_creds.errors import CredentialsError

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials

__all__ = ["RefusedError", "is_same_key", "text_of"]


class RefusedError(Exception):
    """The exchange has refused a request of ours.

    Args:
        answer: what it said.
        used: who asked.
        method: what was asked for.
    """

    def __init__(
        self, answer: object, used: Credentials | None, method: str = "a user data stream"
    ) -> None:
        error: Mapping[str, Any] = answer.get("error", {}) if isinstance(answer, Mapping) else {}
        super().__init__(f"{method} was refused: {error.get('code')} {error.get('msg')}")
        self.answer = answer
        self.used = used


def is_same_key(used: Credentials | None, fresh: Credentials | None) -> bool:
    """Return whether two credentials have one API key, or neither is there."""
    if used is None or fresh is None:
        return used is fresh
    return used is fresh or used.api_key == fresh.api_key


def text_of(error: BaseException) -> str:
    """Return what an error says; of one that may hold a request, its class."""
    is_ours = isinstance(error, CredentialsError | RefusedError)
    return str(error).rstrip(".") if is_ours else type(error).__name__
