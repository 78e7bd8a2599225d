"""What tries a pair before it is used: a check with the exchange, or a user's own function."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeGuard

from binance_creds._credentials import Credentials, with_exchange_facts
from binance_creds._facts import ExchangeFacts
from binance_creds._threads._bounded_calls import BoundedCalls
from binance_creds._threads._fork import hold_while_forking
from binance_creds.errors import CredentialsError, ProviderUnavailableError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._credentials import Verifier
    from binance_creds._time._deadline import Deadline
    from binance_creds.exchange import Findings

__all__ = [
    "OwnedVerifier",
    "PairCheck",
    "examined",
    "first_verified",
    "is_check",
    "is_undecided",
    "verified",
]

_CALLS: Final = BoundedCalls()
_LOCK: Final = threading.RLock()  # guards the next; a handler of a signal may load as well
# What a pair of the cache became: every load of it gives the same object.
_ACCEPTED: Final[weakref.WeakKeyDictionary[Credentials, Credentials]] = weakref.WeakKeyDictionary()
hold_while_forking(_LOCK)


class PairCheck(Protocol):
    """What asks the exchange about a pair, as `ExchangeCheck` does; it keeps its deadlines.

    Each raises `VerificationError` if the pair is refused, and `ProviderUnavailableError` if it was
    neither proven nor refused.
    """

    @property
    def when_unreachable(self) -> Literal["use", "refuse"]:
        """What a first load does with a pair that was neither proven nor refused."""

    @property
    def policy(self) -> Any:
        """What the key is compared with; its `rotation_days` count where nobody else has any."""

    def __call__(self, credentials: Credentials, deadline: Deadline | None = None) -> Findings:
        """Do what `examine` does, unless the same pair was proven within a day."""

    def examine(self, credentials: Credentials, deadline: Deadline | None = None) -> Findings:
        """Ask now."""

    def notes(self, findings: Findings) -> tuple[str, ...]:
        """Return what is to be told of a key that is not refused."""


def is_check(verify: object) -> TypeGuard[PairCheck]:
    """Return whether it asks the exchange, rather than being a function of the user's."""
    return hasattr(verify, "examine")


def is_undecided(error: CredentialsError) -> bool:
    """Return whether a later try may end otherwise: after all but a refusal that is certain."""
    return not (isinstance(error, VerificationError) and error.is_certain)


def first_verified(
    new: Credentials, verify: Verifier, deadline: Deadline, *, owner: object
) -> Credentials:
    """Do what `verified` does for a load, which has no pair to go on with.

    Without an answer of the exchange the pair is used as it is, with one warning, unless the check
    says otherwise.

    Raises:
        CredentialsError: as `verified` does.
    """
    try:
        return verified(new, verify, deadline, owner=owner)
    except ProviderUnavailableError as error:
        if not is_check(verify) or verify.when_unreachable == "refuse":
            raise
        reason = error.message
    from binance_creds._warnings import warn_once  # noqa: PLC0415  # only of a check

    warn_once(f"{new.origin}: the pair is used, but the exchange has not confirmed it: {reason}")
    return new


def verified(
    new: Credentials, verify: Verifier, deadline: Deadline, *, owner: object
) -> Credentials:
    """Return a pair that is accepted, with what the exchange says of it. Blocks.

    What a user's function returns to be awaited runs in a loop of its own.

    Raises:
        VerificationError: it is refused, or a user's function does not answer in time; of what that
            raised only the name of the class is told.
        ProviderUnavailableError: the exchange has neither proven nor refused it.
        CredentialsError: a user's function raised one of ours.
    """
    if not is_check(verify):
        return _tried(new, verify, deadline, owner)
    said = _said(verify, verify, new, deadline)
    if isinstance(said, CredentialsError):
        raise said
    with _LOCK:
        pair = _ACCEPTED.get(new, new)
        accepted = with_exchange_facts(pair, said)
        if accepted is not pair:
            _ACCEPTED[new] = accepted
    return accepted


def examined(
    pair: Credentials, verify: Verifier, deadline: Deadline, *, owner: object
) -> Credentials:
    """Do what `verified` does; the exchange is asked now, whatever it said before.

    Raises:
        CredentialsError: as `verified` does.
    """
    if not is_check(verify):
        return _tried(pair, verify, deadline, owner)
    try:  # in a thread, in which no event loop runs: a check warns of one
        said = _CALLS.run(
            f"check {id(owner)}",
            lambda: (_said(verify, verify.examine, pair, deadline),),
            deadline,
        )[0]
    except ProviderUnavailableError as error:
        msg = f"the exchange could not be asked: {error.message}"
        said = ProviderUnavailableError(msg, source=pair.origin)
    if isinstance(said, CredentialsError):
        raise said
    return with_exchange_facts(pair, said)


def _said(
    check: PairCheck,
    ask: Callable[[Credentials, Deadline], Findings],
    pair: Credentials,
    deadline: Deadline,
) -> ExchangeFacts | CredentialsError:
    """Return what the exchange says of a pair, or why there is nothing."""
    try:
        found, policy = ask(pair, deadline), check.policy
        days = None if policy is None else policy.rotation_days
        return ExchangeFacts(found.created_at, found.trading_ends_at, days, check.notes(found))
    except CredentialsError as error:
        return error.again()
    except Exception as error:  # noqa: BLE001  # a check of a third party
        msg = f"the check failed ({type(error).__name__})."
        return ProviderUnavailableError(msg, source=pair.origin)


def _tried(pair: Credentials, verify: Verifier, deadline: Deadline, owner: object) -> Credentials:
    """Call a user's function. It may hang, so it runs in a thread; there is one for each owner."""
    name = f"verifier {id(owner)}"
    refusal: BaseException | None
    try:
        refusal = _CALLS.run(name, lambda: (_refusal(pair, verify),), deadline)[0]
    except ProviderUnavailableError as error:
        msg = f"the verifier does not answer: {error.message}"
        refusal = VerificationError(msg, is_certain=False, source=pair.origin)
    if refusal is not None:
        raise refusal
    return pair


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
