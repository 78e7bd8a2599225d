"""What tries a pair before it is used: a user's own function."""

from __future__ import annotations

import weakref
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final

from binance_creds._threads._bounded_calls import BoundedCalls
from binance_creds.errors import CredentialsError, ProviderUnavailableError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._credentials import Credentials
    from binance_creds._time._deadline import Deadline

    Verifier = Callable[[Credentials], object]

__all__ = ["OwnedVerifier", "Verifier", "refusal_of", "verified"]

_CALLS: Final = BoundedCalls()


def verified(new: Credentials, verify: Verifier, deadline: Deadline, *, owner: object) -> None:
    """Try a pair with a user's verifier; what it returns to be awaited runs in a loop of its own.

    Raises:
        VerificationError: it raised, or does not answer in time; of what it raised only the name of
            the class is told.
        CredentialsError: it raised one of ours.
    """
    try:
        refusal = refusal_of(new, verify, deadline, owner=owner)
    except ProviderUnavailableError as error:
        msg = f"the verifier does not answer: {error.message}"
        refusal = VerificationError(msg, source=new.origin)
    if refusal is not None:
        raise refusal


def refusal_of(
    new: Credentials, verify: Verifier, deadline: Deadline, *, owner: object
) -> BaseException | None:
    """Return why a verifier refuses a pair, or `None`. Blocks until the deadline at most.

    It may hang, so it runs in a thread; while one hangs, no further one begins for the same owner.

    Raises:
        ProviderUnavailableError: it does not answer.
    """
    name = f"verifier {id(owner)}"
    return _CALLS.run(name, lambda: (_refusal(new, verify),), deadline)[0]


def _refusal(new: Credentials, verify: Verifier) -> BaseException | None:
    try:
        _finished(verify(new))
    except CredentialsError as error:
        return error.again()
    except Exception as error:  # noqa: BLE001  # a user's code may raise anything
        msg = f"the verifier refused the pair ({type(error).__name__})."
        return VerificationError(msg, source=new.origin)
    except BaseException as error:  # noqa: BLE001  # such as by sys.exit(): for whoever called
        return error
    return None


def _finished(found: object) -> None:
    if isinstance(found, Awaitable):
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
