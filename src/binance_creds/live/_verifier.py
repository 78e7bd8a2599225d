"""What tries a pair before it is used: a user's own function."""

from __future__ import annotations

import inspect
import weakref
from typing import TYPE_CHECKING

from binance_creds.errors import CredentialsError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._credentials import Credentials

    Verifier = Callable[[Credentials], object]

__all__ = ["OwnedVerifier", "Verifier", "verified"]


def verified(new: Credentials, verify: Verifier) -> None:
    """Try a pair with a user's verifier; what it returns to be awaited runs in a loop of its own.

    Raises:
        VerificationError: it raised; only the name of the class of what it raised is told.
        CredentialsError: it raised one of ours.
    """
    try:
        _finished(verify(new))
    except CredentialsError as error:
        refusal = error.again()
    except Exception as error:  # noqa: BLE001  # a user's code may raise anything
        msg = f"the verifier refused the pair ({type(error).__name__})."
        refusal = VerificationError(msg, source=new.origin)
    else:
        return
    raise refusal


def _finished(found: object) -> None:
    if inspect.isawaitable(found):
        import asyncio  # noqa: PLC0415  # a plain verifier needs none of it

        async def awaited() -> None:
            await found

        asyncio.run(awaited())


class OwnedVerifier:
    """Own a user's verifier for one handle: only collection can end a cycle of the two."""

    __slots__ = ("__weakref__", "_verify")

    def __init__(self, verify: Verifier | None) -> None:
        self._verify = verify

    def from_afar(self) -> Callable[[], Verifier | None]:
        """Return what gives the verifier for as long as the handle is there."""
        reference = weakref.ref(self)

        def verifier() -> Verifier | None:
            own = reference()
            return None if own is None else own._verify  # noqa: SLF001  # of this class

        return verifier
