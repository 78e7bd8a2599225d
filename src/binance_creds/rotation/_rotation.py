"""`Rotation`: a key is replaced step by step, and never without a working pair in the store."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from binance_creds._time._duration import duration_seconds
from binance_creds.errors import ConfigurationError, ConflictError
from binance_creds.rotation._journals import JournalFile, state_folder
from binance_creds.rotation._running import Given, Runner
from binance_creds.rotation._setting import Places, Setting, SubAccount, planned
from binance_creds.rotation._state import DEFAULT_OVERLAP, Journal, Seen, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from binance_creds import Config, KeyType, Secret
    from binance_creds._api._types import Verify
    from binance_creds._uri import SourceURI
    from binance_creds.rotation._events import Event, Progress, Question

__all__ = ["Rotation"]


class Rotation:
    """The replacement of the key that a source holds. Its calls block; one thread uses it.

    At each moment the source holds a pair that works: the old one until the new one is proven, and
    then the new one, by one write on condition. The old pair is kept beside it until it is retired.
    Each step can be repeated: what was killed goes on with `resume`.

        rotation = Rotation("main", reports=["/run/bots"])
        progress = rotation.run(new={"api_key": Secret(...), "private_key": Secret(...)})

    Args:
        target: a source that can be written, or the name of a profile with one.
        config: as for `load_credentials`; for a profile.
        verify: as for `load_credentials`; the exchange is asked by default, and the
            profile's policy applies.
        overlap: how long both keys shall work, such as `"24h"`, which is the default.
        reports: where bots report which key they use, as for `reports_of`; by default the
            `status_dir` of the profile.
        ask: answers what only a person knows; without it such a step waits.
        sub_account: where the exchange makes and deletes the keys.
        on_event: is told of each step.
        folder: of the journals; `$XDG_STATE_HOME/binance-creds/rotations` by default.
        timeout_seconds: over each of reading, verifying and writing.
        patience: how long to wait for bots that report, such as `"60s"`; not at all by default.
        now: the time, UTC.

    Raises:
        ConfigurationError: an argument is wrong, or the source cannot be rotated.
    """

    def __init__(
        self,
        target: str | SourceURI,
        *,
        config: Config | None = None,
        verify: Verify = True,
        overlap: str | None = None,
        reports: Sequence[str | os.PathLike[str]] = (),
        ask: Callable[[Question, str], bool] | None = None,
        sub_account: SubAccount | None = None,
        on_event: Callable[[Event], object] | None = None,
        folder: str | os.PathLike[str] | None = None,
        timeout_seconds: float | None = None,
        patience: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        plan = planned(target, config)
        self._setting = Setting(
            target, plan, config, verify, timeout_seconds, ask, reports, sub_account, now,
            0.0 if patience is None else duration_seconds(patience, name="patience"),
        )  # fmt: skip
        self._places = Places(plan, timeout_seconds)
        self._overlap = None if overlap is None else _time(overlap)
        place = state_folder(os.environ) if folder is None else os.fspath(folder)
        self._file = JournalFile(place, self._places.target.uri)
        tell = on_event or (lambda _: None)
        self._runner = Runner(self._setting, self._places, self._file, tell)

    def run(
        self, new: Mapping[str, Secret] | None = None, *, key_type: KeyType | None = None
    ) -> Progress:
        """Begin, and go as far as it goes now.

        Args:
            new: the new pair by canonical names, or the API key alone where a private key waits
                for it.
            key_type: of a key to be made, if nothing waits and no pair is given.

        Raises:
            ConflictError: a rotation of this source is under way, or something else has changed it.
            CredentialsError: a step failed; the hint says what the store holds and how to go on.
        """
        with self._file.locked():
            seen = self._places.look()
            if self._open(seen) is not None:
                msg = "a rotation of this source is under way."
                raise ConflictError(msg, source=self._source, hint=_UNDER_WAY)
            if seen.current is None:
                msg = "it holds no pair that could be replaced."
                raise ConfigurationError(msg, source=self._source, hint="Use `put`.")
            return self._runner.go_on(self._begun(seen.current), Given(new, key_type))

    def resume(
        self, new: Mapping[str, Secret] | None = None, *, key_type: KeyType | None = None
    ) -> Progress:
        """Go on with a rotation, also one that was begun on another machine.

        Args:
            new: as for `run`.
            key_type: as for `run`.

        Raises:
            ConfigurationError: none is under way.
            CredentialsError: as `run` does.
        """
        with self._file.locked():
            journal = self._required()
            if self._overlap is not None:
                journal = replace(journal, overlap=self._overlap)
            return self._runner.go_on(journal, Given(new, key_type))

    def abort(self) -> Progress:
        """Go back to the old pair, which is proven first, and remove what was staged.

        Raises:
            ConfigurationError: no rotation is under way.
            VerificationError: the exchange refuses the old pair; the new one stays.
            CredentialsError: as `run` does.
        """
        with self._file.locked():
            journal = self._required()
            if self._places.look().current in {None, journal.new}:
                self._runner.tried(Step.RESTORE, journal, self._runner.steps.prove_kept)
            journal = replace(journal, is_aborting=True)
            self._file.write(journal)
            return self._runner.go_on(journal, Given())

    def status(self) -> Progress | None:
        """Return how far it is, also how the last one has ended; `None` if there was none.

        Raises:
            CredentialsError: the journal or the store cannot be read.
        """
        seen = self._places.look()
        journal = self._open(seen) or self._file.read()
        return None if journal is None else self._runner.progress(journal, seen)

    def check(self) -> None:
        """Find out whether it could begin: nothing is written.

        Raises:
            CredentialsError: it could not.
        """
        seen = self._places.look()
        if seen.current is None:
            msg = "it holds no pair that could be replaced."
            raise ConfigurationError(msg, source=self._source, hint="Use `put`.")
        self._runner.steps.check(self._begun(seen.current), seen)

    @property
    def _source(self) -> str:
        return self._places.target.uri.redacted

    def _begun(self, old: str) -> Journal:
        overlap = self._overlap or DEFAULT_OVERLAP
        return Journal(self._source, old, self._setting.now(), overlap=overlap)

    def _open(self, seen: Seen) -> Journal | None:
        """Return the journal of what is under way; from the store, where another machine has it."""
        journal = self._file.read()
        if journal is not None and journal.ended is None:
            return journal
        if seen.kept is None or seen.kept == seen.current:
            return None
        return replace(
            self._begun(seen.kept), new=seen.current, is_writable=True, has_slot=True,
            is_verified=True, promoted_at=self._setting.now(),
        )  # fmt: skip

    def _required(self) -> Journal:
        seen = self._places.look()
        journal = self._open(seen)
        if journal is None and seen.current and (seen.staged or seen.is_half_staged):
            journal = self._begun(seen.current)
        if journal is None:
            msg = "no rotation of this source is under way."
            raise ConfigurationError(msg, source=self._source)
        return journal


def _time(text: str) -> timedelta:
    return timedelta(seconds=duration_seconds(text, name="overlap"))


_UNDER_WAY: Final = (
    "Go on with `binance-creds rotate PROFILE --resume`, look with `--status`, or go back with"
    " `--abort`."
)
