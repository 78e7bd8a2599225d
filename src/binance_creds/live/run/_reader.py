"""`Reader`: reads one plan again and again; spares what was seen, and verifies what is new."""

from __future__ import annotations

import time
from contextlib import suppress

from binance_creds._chain import Asked, Loaded, Seen, refresh_plan
from binance_creds._credentials import exchange_facts_of, has_usual_form, with_exchange_facts
from binance_creds._raw import Unchanged
from binance_creds._recorded import record
from binance_creds._time._deadline import DEFAULT_TIMEOUT_SECONDS, Deadline
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import (
    CredentialsError,
    MalformedSecretError,
    ProviderUnavailableError,
    VerificationError,
)
from binance_creds.live.decide._messages import UNDECIDED, Failed, Half, New, Same
from binance_creds.live.run._prover import retry_after_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from datetime import datetime
    from typing import Any, Protocol

    from binance_creds._credentials import Credentials
    from binance_creds._plan import Plan
    from binance_creds._uri import SourceURI
    from binance_creds.live.decide._messages import Fetch, Outcome
    from binance_creds.live.run._prover import Prover
    from binance_creds.providers import Provider

    class _Judge(Protocol):
        def known(self, new: Credentials, /) -> Credentials | None: ...
        def waits_for_half(self, new: Credentials, /) -> bool: ...


__all__ = ["Reader", "fetch_together"]


class Reader:
    """Read a plan, by one thread at a time.

    Args:
        plan: what to read.
        prover: verifies what is new.
        judge: knows the pairs of before.
        is_local: whether reading all of the plan is as quick as reading files: no store is asked
            whether it reads several at once, or which version it names.
        wall: seconds since the epoch; for the dates of a store.

    Attributes:
        is_pinned: whether every source of the plan names one version, which never changes; known
            once it was read.
        timeout_seconds: of one reading.
        batch_key: what readers share that can be read together; `None` is read alone.
    """

    __slots__ = (
        "_environment", "_half", "_is_local", "_is_usual", "_judge", "_opened", "_prover", "_seen",
        "_undecided", "_wall", "batch_key", "is_pinned", "plan", "timeout_seconds",
    )  # fmt: skip

    def __init__(
        self,
        plan: Plan,
        prover: Prover,
        judge: _Judge,
        *,
        is_local: bool,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.plan, self._prover, self._judge, self._wall = plan, prover, judge, wall
        self._is_local, self.is_pinned = is_local, False
        self.timeout_seconds = plan.terms.timeout_seconds or DEFAULT_TIMEOUT_SECONDS
        self.batch_key: Hashable | None = None
        self._seen: Seen | None = None
        self._half: Credentials | None = None  # what was seen, if it is not verified yet
        self._undecided: Loaded | None = None  # what was read, if the exchange has not decided
        self._opened: dict[SourceURI, Provider] = {}

    def first(self) -> Credentials:
        """Read for the first time; blocks until the deadline.

        Raises:
            CredentialsError: the plan cannot be read, or the verifier refuses the pair.
        """
        asked = Asked(opened=self._opened)
        profile = self.plan.terms.profile
        try:
            deadline = Deadline(self.timeout_seconds)
            found = refresh_plan(self.plan, deadline, asked)
            assert isinstance(found, Loaded)  # noqa: S101  # nothing was seen to be unchanged
            first = self._prover.first(found.credentials, deadline)
            if not self._is_local:
                self._ask_store()
        except CredentialsError as error:
            self.close()
            record("load", error.code, profile=profile, source=error.source, detail="live")
            raise
        except BaseException:
            self.close()
            raise
        record("load", profile=profile, credentials=first, detail="live")
        self._seen, self._environment = found.seen, first.environment
        self._is_usual = has_usual_form(first)
        return first

    def _ask_store(self) -> None:
        from binance_creds._chain._batch import batch_key  # noqa: PLC0415  # files need none
        from binance_creds.providers._registry import is_pinned  # noqa: PLC0415  # as above

        self.batch_key = batch_key(self.plan, self._opened)
        self.is_pinned = all(is_pinned(uri, self._opened) for uri in self.plan.sources)

    def fetch(self, order: Fetch) -> Outcome:
        """Read the plan again, check and verify; raises nothing. Blocks until its deadline."""
        deadline = Deadline(self.timeout_seconds)
        undecided = self._undecided
        if order.is_check and undecided is not None:
            return self._outcome(lambda: undecided, deadline)
        asked = Asked(self._seen, order.announced, order.with_new_login, self._opened)
        return self._outcome(lambda: refresh_plan(self.plan, deadline, asked), deadline)

    def take(self, found: Loaded | CredentialsError, deadline: Deadline) -> Outcome:
        """Take what a batch found, check and verify; raises nothing. Blocks until the deadline."""
        if isinstance(found, CredentialsError):
            return _failed(found)
        version = found.seen.version
        if version is not None and self._seen == found.seen:
            return self._outcome(lambda: Unchanged(version), deadline)
        return self._outcome(lambda: found, deadline)

    def forget_seen(self) -> None:
        """Read all of it next time: what was seen last came too late to be taken."""
        self._seen = self._seen and Seen(self._seen.candidate, None)

    def start_over(self) -> None:
        """Forget in a forked child what the parent goes on with."""
        self.forget_seen()
        self._opened = {}

    def close(self) -> None:
        """Close the providers; no reading may be under way."""
        for provider in self._opened.values():
            with suppress(Exception):  # a defect of one must not keep the others
                provider.close()
        self._opened = {}

    def _outcome(self, read: Callable[[], Loaded | Unchanged], deadline: Deadline) -> Outcome:
        try:
            return self._taken(read(), deadline)
        except CredentialsError as error:
            return _failed(error.again())
        except BaseException as error:  # noqa: BLE001  # a third party's defect, or its sys.exit()
            return _failed(_defect(error))

    def _taken(self, found: Loaded | Unchanged, deadline: Deadline) -> Outcome:
        rotates_in = self._until(found.next_rotation_at) if isinstance(found, Unchanged) else None
        half, self._half = self._half, None
        self._undecided = None
        if isinstance(found, Unchanged):
            if half is None:
                return Same(rotates_in)
            assert self._seen is not None  # noqa: S101  # the half was
            new, seen = half, self._seen
            self.forget_seen()  # else a pair that is refused now would count as seen
        else:
            new, seen = found.credentials, found.seen
        self._check_environment(new)
        known = self._judge.known(new)
        if known is None:
            self._check_form(new)
            outcome = self._tried(new, rotates_in, deadline)
            if isinstance(outcome, Failed):
                self._undecided = Loaded(new, seen) if outcome.code == UNDECIDED else None
                return outcome
        else:
            outcome = New(with_exchange_facts(new, exchange_facts_of(known)), rotates_in)
        self._seen, self._is_usual = seen, self._is_usual or has_usual_form(new)
        return outcome

    def _tried(
        self, new: Credentials, rotates_in: float | None, deadline: Deadline
    ) -> New | Half | Failed:
        """Verify a pair, unless half of it may follow: a mixed pair is nobody's to verify."""
        if self._prover.verifier is None:
            return New(new, rotates_in)
        if self._judge.waits_for_half(new):
            self._half = new
            return Half(new, rotates_in)
        found = self._prover.tried(new, deadline)
        return found if isinstance(found, Failed) else New(found, rotates_in)

    def _check_environment(self, new: Credentials) -> None:
        expected = self._environment
        if new.environment is not expected:
            raise VerificationError(
                f"the new pair is for {new.environment.value}, the current for {expected.value}.",
                source=new.origin,
                hint="Keep one environment a source; a running client cannot change it.",
            )

    def _check_form(self, new: Credentials) -> None:
        """Refuse what is cut short: a file that is written in place is read half written."""
        if self._is_usual and not has_usual_form(new):
            raise MalformedSecretError(
                "the new key or secret is not 64 letters and digits, as those before: it looks"
                " half-written.",
                reason="half_written",
                source=new.origin,
                hint="Write a new file and rename it over the old one; if this is the whole pair,"
                " restart to use it.",
            )

    def _until(self, moment: datetime | None) -> float | None:
        if moment is None:
            return None
        from datetime import UTC, datetime  # noqa: PLC0415  # 2 ms that few sources need

        return (moment - datetime.fromtimestamp(self._wall(), UTC)).total_seconds()


def fetch_together(readers: Sequence[Reader]) -> list[Outcome]:
    """Read what has one `batch_key` in as few requests as its store allows."""
    from binance_creds._chain._batch import refresh_batch  # noqa: PLC0415  # as above

    deadline = Deadline(max(reader.timeout_seconds for reader in readers))
    try:
        found: Sequence[Any] = refresh_batch([reader.plan for reader in readers], deadline)
    except CredentialsError as error:
        found = [error.again()] * len(readers)
    except BaseException as error:  # noqa: BLE001  # as in `_outcome`
        found = [_defect(error)] * len(readers)
    return [reader.take(one, deadline) for reader, one in zip(readers, found, strict=True)]


def _failed(error: CredentialsError) -> Failed:
    return Failed(error.code, retry_after_of(error), error)


def _defect(error: BaseException) -> CredentialsError:
    return ProviderUnavailableError(f"the read failed ({type(error).__name__}).")
