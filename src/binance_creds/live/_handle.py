"""`LiveCredentials`: a handle whose `.current` is the newest good pair."""

from __future__ import annotations

from sys import is_finalizing
from weakref import ref

from binance_creds._credentials import Credentials
from binance_creds._facts import OF_ONE_PAIR, point_elsewhere
from binance_creds._threads._daemons import acalled
from binance_creds._time._clock import seconds
from binance_creds._time._deadline import Deadline
from binance_creds._typing import TYPE_CHECKING, final
from binance_creds.errors import ConfigurationError, ProviderUnavailableError
from binance_creds.live._hold import Hold
from binance_creds.live._watching import watch
from binance_creds.live.run._engine import ENGINE
from binance_creds.live.run._locks import LOCK

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Final, NoReturn, Self

    from binance_creds._chain._verify import OwnedVerifier
    from binance_creds.live._rejections import Rejections
    from binance_creds.live._values import Decision, Event, Rotation, Status
    from binance_creds.live._watching import Looks
    from binance_creds.live.run._hooks import Hooks
    from binance_creds.live.run._subject import Subject
    from binance_creds.signers import Signer

__all__ = ["LiveCredentials"]


@final
class LiveCredentials:
    """Keep one pair of credentials current. Made by `load_credentials(..., live=True)`.

    Threads and tasks may share it. Close it, use it as a context manager, or drop it: it ends when
    nothing refers to it. It does not cross into a spawned process, and goes on in a forked one.
    """

    __slots__ = (
        "__weakref__",
        "_answers",
        "_hooks",
        "_is_open",
        "_subject",
        "_verifier",
    )  # fmt: skip

    def __init__(self, subject: Subject, hooks: Hooks, before: Looks | None = None) -> None:
        self._is_open = False
        self._subject: Final = subject
        self._hooks: Final = hooks
        self._verifier: Final = _owned(subject)
        subject.hooks = ref(hooks)
        self._answers: Rejections | None = None
        try:
            watch(subject, before)
            ENGINE.add(subject)
        except BaseException:
            ENGINE.remove(subject, is_told=False)
            raise
        self._is_open = True

    def __del__(self, _is_finalizing: Callable[[], bool] = is_finalizing) -> None:
        """End it; daemon threads end with the process."""
        if self._is_open and not _is_finalizing():
            ENGINE.leave(self._subject)

    @property
    def current(self) -> Credentials:
        """The newest good pair. Takes no lock, blocks for nothing.

        Raises:
            CredentialsExpiredError: the source has not confirmed it for `max_stale`.
            CredentialsError: the source, asked twice, says denied or gone, and `on_denied` is stop.
            ClosedError: the handle is closed.
        """
        current = self._subject.current
        return self._refused() if current is None else current

    @property
    def previous(self) -> Credentials | None:
        """The pair before, during the overlap after a rotation; else `None`."""
        previous: Credentials | None = self._subject.machine.pairs.previous
        return previous

    @property
    def signer(self) -> Signer:
        """The signer of one snapshot; whoever needs the key as well takes `current` once."""
        return self.current.signer

    def sign(self, payload: bytes) -> str:
        """Sign with one snapshot; whoever needs the key as well takes `current` once."""
        return self.current.sign(payload)

    def on_rotation(self, hook: Callable[[Rotation], object]) -> Callable[[], None]:
        """Call a hook after each rotation, in their order; return what removes it.

        A coroutine function runs in the event loop that runs now, until that closes; any other hook
        in a thread. A slow hook delays neither readers nor other hooks, and what it raises stops
        nothing.
        """
        return self._hooks.add(hook)

    def on_event(self, hook: Callable[[Event], object]) -> Callable[[], None]:
        """Call a hook on each transition: rotations, failures, recoveries; as `on_rotation`."""
        return self._hooks.add(hook, of_events=True)

    def refresh(self, *, timeout_seconds: float | None = None) -> Credentials:
        """Read the source now, and return what is current then. Blocks.

        Args:
            timeout_seconds: of the waiting; the profile's own, or 30 s, by default.

        Raises:
            CredentialsError: what the source failed with; the current pair stays.
            ClosedError: the handle is closed.
        """
        self._subject.warn_if_a_loop_waits("refresh", "arefresh")
        limit = self._limit(timeout_seconds)
        ENGINE.refreshes.wait(self._resumed(), limit)
        return self.current

    async def arefresh(self, *, timeout_seconds: float | None = None) -> Credentials:
        """Do what `refresh` does, without blocking the event loop; cancelling strands nobody."""
        limit = self._limit(timeout_seconds)
        await ENGINE.refreshes.wait_async(self._resumed(), limit)
        return self.current

    def verify(self) -> Credentials:
        """Ask the exchange now whether it accepts the current pair; return it. Blocks.

        It is asked once a day by itself. Whatever it says is in `status()`, and an event if that is
        another answer than before; the pair stays in use.

        Raises:
            VerificationError: why it refuses the pair.
            ProviderUnavailableError: it has neither proven nor refused it.
            ConfigurationError: the handle was loaded without `verify`.
            ClosedError: the handle is closed.
        """
        self._subject.warn_if_a_loop_waits("verify", "averify")
        return self._proven(self.current)

    async def averify(self) -> Credentials:
        """Do what `verify` does, without blocking the event loop."""
        used = self.current
        return await acalled(lambda: self._proven(used))

    def status(self) -> Status:
        """Return state, age, version, last error and what is watched; nothing secret."""
        from binance_creds.live._status import status_of  # noqa: PLC0415  # a start needs none

        return status_of(self._subject, seconds())

    def report_rejection(self, error: object, *, used: Credentials) -> Decision:
        """Say that the exchange rejected a request, and get what to do. Blocks while it re-reads.

        Args:
            error: a code such as -2015, an answer of the exchange, or what a client raised.
            used: the snapshot that signed the request.

        Returns:
            Retry with the credentials given, wait, or give up, with the reason. A storm of
            rejections makes one re-read.

        Raises:
            ClosedError: the handle is closed.
            ConfigurationError: `used` is no snapshot.
        """
        self._resumed()
        return self._rejections.decide(error, _snapshot(used))

    async def areport_rejection(self, error: object, *, used: Credentials) -> Decision:
        """Do what `report_rejection` does, without blocking the event loop."""
        self._resumed()
        return await self._rejections.adecide(error, _snapshot(used))

    def report_acceptance(self, used: Credentials) -> None:
        """Say that the exchange accepted a request that `used` signed. Adapters do so.

        A signature that is rejected later is then the fault of its request, and rolls nothing back.
        Costs a look at one attribute, except for the first request of each pair.
        """
        pairs = self._subject.machine.pairs
        if used in pairs.proven:
            return
        pair = _snapshot(used)
        with LOCK:
            pairs.prove(pair)

    def hold(self) -> Hold:
        """Return a context manager, sync and async, in which `.current` does not change.

        For orders of several legs. Holds may nest and overlap; each lasts `max_hold` at most. What
        came meanwhile becomes current at the end of the last.
        """
        return Hold(lambda: self.current, self._subject, self._resumed)

    def close(self) -> None:
        """End it: no more checks, and `.current` raises. Closing twice is fine."""
        if self._is_open:
            ENGINE.remove(self._subject)
            self._is_open = False  # last: a close that was interrupted can be repeated

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._subject.changes.stop_signals()  # here: most likely in the main thread
        try:
            await acalled(self.close)
        except ProviderUnavailableError:  # no thread could be started
            self.close()

    def __repr__(self) -> str:
        pair = self._subject.pair
        state = self._subject.machine.state(seconds()).value
        return f"LiveCredentials({state}, fingerprint={pair.fingerprint!r}, origin={pair.origin!r})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        msg = (
            "live credentials stay in their process; pass the source or the profile's name, and"
            " load them in the other one"
        )
        raise TypeError(msg)

    def _proven(self, used: Credentials) -> Credentials:
        from binance_creds.live._proof import prove_now  # noqa: PLC0415  # few ask

        return prove_now(self._resumed(), used)

    def _limit(self, timeout_seconds: float | None) -> float:
        default = self._subject.reader.timeout_seconds
        return Deadline(default if timeout_seconds is None else timeout_seconds).remaining_seconds

    def _resumed(self) -> Subject:
        """Return the subject; in a forked child go on with it first."""
        if self._subject.refusal == "forked" and ENGINE.resume(self._subject):
            watch(self._subject, is_again=True)
        return self._subject

    @property
    def _rejections(self) -> Rejections:
        """What answers rejections; most handles never hear of one."""
        from binance_creds.live._rejections import Rejections  # noqa: PLC0415  # as it says

        with LOCK:
            if self._answers is None:
                self._answers = Rejections(self._subject, clock=seconds)
                self._subject.call_after_fork(self._answers.start_over)
            return self._answers

    def _refused(self) -> Credentials:
        """Raise why there is no current pair, or go on in a forked child."""
        subject = self._resumed()
        refusal = subject.refusal  # one read: it may change meanwhile
        if refusal is None:  # served again since it was read
            return subject.pair
        raise subject.error_of(refusal)


point_elsewhere(LiveCredentials, OF_ONE_PAIR)


def _snapshot(used: object) -> Credentials:
    if isinstance(used, Credentials):
        return used
    msg = f"used takes the pair that signed the request, not {type(used).__name__}."
    hint = "Take it before the request: used = live.current."
    raise ConfigurationError(msg, hint=hint)


def _owned(subject: Subject) -> OwnedVerifier | None:
    """Take the user's verifier over from the prover: it may know the handle."""
    verify = subject.prover.verifier and subject.prover.verifier()
    if verify is None:
        return None
    from binance_creds._chain._verify import OwnedVerifier  # noqa: PLC0415  # many have none

    owned = OwnedVerifier(verify)
    subject.prover.verifier = owned.from_afar()
    return owned
