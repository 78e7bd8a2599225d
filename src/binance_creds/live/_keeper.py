"""`Keeper`: one handle's plan, machine and state; what the engine drives and the handle reads."""

from __future__ import annotations

import inspect
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from binance_creds._chain import Asked, Loaded, Seen, refresh_plan
from binance_creds._chain._batch import batch_key, refresh_batch
from binance_creds._deadline import DEFAULT_TIMEOUT_SECONDS, Deadline
from binance_creds._raw import Unchanged
from binance_creds.errors import (
    CredentialsError,
    ProviderUnavailableError,
    ThrottledError,
    VerificationError,
)
from binance_creds.live._machine import Machine, Timing
from binance_creds.live._outcomes import Failed, New, Same
from binance_creds.providers._registry import is_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from binance_creds._credentials import Credentials
    from binance_creds._plan import Plan
    from binance_creds._refresh_policy import RefreshPolicy
    from binance_creds._uri import SourceURI
    from binance_creds.live._hooks import Hooks
    from binance_creds.live._outcomes import Fetch, Outcome
    from binance_creds.live._rejections import Rejections
    from binance_creds.providers import Provider

    Verifier = Callable[[Credentials], object]

__all__ = ["Keeper", "Verifier", "fetch_together", "same_material", "verified"]

_PINNING: Final = ("version", "version_id")
LEAST_SECONDS: Final = 1.0  # between fetches that were only announced; reading files is cheap
_LOCAL_LEAST_SECONDS: Final = 0.02
LONGEST_SPACING_SECONDS: Final = 10.0  # of announced fetches while the store is down
_UNANNOUNCED: Final = ("files", "signal")  # a store's own changes do not come by these
_PROBE: Final = b"timestamp=1"


class Keeper:
    """Keep one plan's credentials current.

    The engine's lock guards the machine; `fetch` runs without it, once at a time.

    Attributes:
        current: what `.current` gives; `None` sends the reader to `refusal`.
        refusal: what `.current` raises while `current` is `None`.
        last_error: what the last fetch failed with, or `None`.
        is_reading: whether a thread is inside `fetch`, or in a batch of it.
        waiters: whom to wake when a fetch of at least that serial has ended.
        verifier: gives the user's verifier, which the handle owns: it may know the handle.
        rotations: gives the hooks of the handle, `None` once it is gone.
        events: as above, for events.
        rejections: as above, for what answers rejections.
        watches: what to call to end watching.
    """

    def __init__(
        self,
        plan: Plan,
        policy: RefreshPolicy,
        verify: Verifier | None,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.plan, self.policy = plan, policy
        self.verifier: Callable[[], Verifier | None] = lambda: verify
        self._wall = wall
        self._seen: Seen | None = None
        self._opened: dict[SourceURI, Provider] = {}
        self.batch_key = batch_key(plan)
        self.is_local = all(is_local(uri) for uri in self.sources())
        self.timeout_seconds = plan.timeout_seconds or DEFAULT_TIMEOUT_SECONDS
        self.last_error: CredentialsError | None = None
        try:
            first = self._first()
        except BaseException:
            self.close()
            raise
        self.machine = Machine(_timing(policy, self), first, clock(), same=same_material)
        self.current: Credentials | None = first
        self.refusal: str | None = None
        self.is_reading = False
        self.waiters: list[tuple[int, Callable[[], None]]] = []
        self.rotations: Callable[[], Hooks | None] = lambda: None
        self.events: Callable[[], Hooks | None] = lambda: None
        self.rejections: Callable[[], Rejections | None] = lambda: None
        self.watches: list[Callable[[], None]] = []
        self._alive: dict[tuple[str, str], bool] = {}

    def sources(self) -> Iterable[SourceURI]:
        """Give every source of the plan."""
        return self.plan.sources

    @property
    def is_pinned(self) -> bool:
        """Whether the plan names versions, which never change."""
        return all(any(uri.option(name) for name in _PINNING) for uri in self.sources())

    def fetch(self, order: Fetch) -> Outcome:
        """Read the plan again, check and verify; raises nothing. Blocks until its deadline."""
        deadline = Deadline(self.timeout_seconds)
        asked = Asked(self._seen, order.announced, order.with_new_login, self._opened)
        return self._outcome(lambda: refresh_plan(self.plan, deadline, asked))

    def take(self, found: Loaded | CredentialsError) -> Outcome:
        """Take what a batch found; raises nothing."""
        if isinstance(found, CredentialsError):
            return self._noted(found)
        is_seen = self._seen == found.seen and found.seen.version is not None
        return self._outcome(lambda: Unchanged(found.seen.version) if is_seen else found)

    def _outcome(self, read: Callable[[], Loaded | Unchanged]) -> Outcome:
        try:
            return self._taken(read())
        except CredentialsError as error:
            return self._noted(error.again())
        except BaseException as error:  # noqa: BLE001  # a third party's defect, or its sys.exit()
            return self._noted(_defect(error))

    def verifies(self, credentials: Credentials) -> bool | None:
        """Return whether the verifier accepts a pair; `None` where nobody can tell."""
        if self.verifier() is None:
            return None
        try:
            self._verified(credentials)
        except VerificationError:
            return False
        except CredentialsError:
            return None
        return True

    @property
    def change_sources(self) -> tuple[str, ...]:
        """How a change would be noticed now."""
        if self.is_pinned:
            return ()
        alive = (name for (name, _), is_alive in list(self._alive.items()) if is_alive)
        return (*dict.fromkeys(alive), "poll")

    def set_alive(self, name: str, where: str = "", *, is_alive: bool) -> bool:
        """Note whether a change source works; return whether that is news.

        Args:
            name: as `change_sources` has it.
            where: tells it from others of that name.
            is_alive: whether it works.
        """
        is_news = self._alive.get((name, where)) is not is_alive
        self._alive[name, where] = is_alive
        alive = [one for (one, _), is_one in list(self._alive.items()) if is_one]
        self.machine.has_push = any(one not in _UNANNOUNCED for one in alive)
        return is_news

    def stop_watching(self) -> None:
        """End every watch."""
        watches, self.watches = self.watches, []
        for end in watches:
            with suppress(Exception):  # a defect of one must not keep the others
                end()

    def raise_if_failed(self, *, is_done: bool = True) -> None:
        """Raise what the last fetch failed with, or that it did not end in time."""
        if not is_done:
            msg = "the time was up while the source was being read."
            hint = "Raise timeout_seconds."
            origin = self.machine.current.origin
            raise ProviderUnavailableError(msg, source=origin, hint=hint)
        error = self.last_error
        if error is not None and not self.machine.is_closed:
            raise error.again()

    def serve(self, refusal: str | None) -> None:
        """Make `.current` give what is current, or raise."""
        self.refusal = refusal
        self.current = None if refusal else self.machine.current

    def forget_seen(self) -> None:
        """Read all of it next time: what was seen last came too late to be taken."""
        self._seen = None

    def start_over(self, now: float) -> None:
        """Begin anew in a forked child, as soon as somebody reads."""
        self.machine.start_over(now)
        self.forget_seen()
        self.waiters, self.watches, self._opened, self._alive = [], [], {}, {}
        self.machine.has_push = self.is_reading = False
        self.current, self.refusal = None, "forked"
        for part in (self.rotations(), self.events(), self.rejections()):
            if part is not None:
                part.start_over()

    def close(self) -> None:
        """Close the providers; no fetch may be under way."""
        for provider in self._opened.values():
            with suppress(Exception):  # as above
                provider.close()
        self._opened = {}

    def _first(self) -> Credentials:
        deadline = Deadline(self.timeout_seconds)
        found = refresh_plan(self.plan, deadline, Asked(opened=self._opened))
        assert isinstance(found, Loaded)  # noqa: S101  # nothing was seen that could be unchanged
        self._verified(found.credentials)
        self._seen = found.seen
        return found.credentials

    def _taken(self, found: Loaded | Unchanged) -> Outcome:
        if isinstance(found, Unchanged):
            self.last_error = None
            return Same(self._until(found.next_rotation_at))
        self._check_environment(found.credentials)
        if not self._is_known(found.credentials):
            self._verified(found.credentials)
        self.last_error = None
        self._seen = found.seen
        return New(found.credentials)

    def _is_known(self, new: Credentials) -> bool:
        """Return whether a pair was verified before: it is current, or was left by a roll back."""
        known = (self.machine.current, self.machine.pending, self.machine.rolled_back_from)
        return any(one is not None and same_material(new, one) for one in known)

    def _check_environment(self, new: Credentials) -> None:
        expected = self.machine.current.environment
        if new.environment is not expected:
            raise VerificationError(
                f"the new pair is for {new.environment.value}, the current for {expected.value}.",
                source=new.origin,
                hint="Keep one environment a source; a running client cannot change it.",
            )

    def _verified(self, new: Credentials) -> None:
        verify = self.verifier()
        if verify is not None:
            verified(new, verify)

    def _until(self, moment: datetime | None) -> float | None:
        if moment is None:
            return None
        return (moment - datetime.fromtimestamp(self._wall(), UTC)).total_seconds()

    def _noted(self, error: CredentialsError) -> Failed:
        self.last_error = error
        delay = error.retry_after_seconds if isinstance(error, ThrottledError) else None
        return Failed(error.code, delay)


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


def fetch_together(keepers: Sequence[Keeper]) -> list[Outcome]:
    """Read keepers of one `batch_key` in as few requests as their store allows."""
    deadline = Deadline(max(keeper.timeout_seconds for keeper in keepers))
    try:
        found: Sequence[Any] = refresh_batch([keeper.plan for keeper in keepers], deadline)
    except CredentialsError as error:
        found = [error.again()] * len(keepers)
    except BaseException as error:  # noqa: BLE001  # as in `fetch`
        found = [_defect(error)] * len(keepers)
    return [keeper.take(one) for keeper, one in zip(keepers, found, strict=True)]


def _defect(error: BaseException) -> CredentialsError:
    return ProviderUnavailableError(f"the read failed ({type(error).__name__}).")


def same_material(one: Credentials, other: Credentials) -> bool:
    """Return whether two pairs are of one key: sealed ones cannot be compared but by signing.

    All three kinds of signature are the same for the same bytes.
    """
    return (
        one is other
        or (one.key_type is other.key_type
            and one.api_key == other.api_key
            and one.environment is other.environment
            and one.sign(_PROBE) == other.sign(_PROBE))
    )  # fmt: skip


def _timing(policy: RefreshPolicy, keeper: Keeper) -> Timing:
    least = _LOCAL_LEAST_SECONDS if keeper.is_local else LEAST_SECONDS
    return Timing(
        ttl=policy.ttl_seconds,
        poll=policy.poll_seconds,
        max_stale=policy.max_stale_seconds,
        jitter=policy.jitter,
        overlap=policy.overlap_seconds,
        max_hold=policy.max_hold_seconds,
        stops_when_denied=policy.on_denied == "stop",
        least=least,
        longest_spacing=least if keeper.is_local else LONGEST_SPACING_SECONDS,
        timeout=keeper.timeout_seconds,
        is_pinned=keeper.is_pinned,
    )
