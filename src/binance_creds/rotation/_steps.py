"""The steps of a rotation: each can be done again, and says what it waits for."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from binance_creds._api._live import verifier_of
from binance_creds._api._plans import deadline_of
from binance_creds._chain._verify import is_check
from binance_creds._chain._walk import built
from binance_creds.errors import ConflictError, SecretNotFoundError, VerificationError
from binance_creds.rotation._events import Question, Waiting
from binance_creds.rotation._places import fingerprint_in
from binance_creds.rotation._reports import usage_of
from binance_creds.rotation._state import Step
from binance_creds.storing._put import put, tried
from binance_creds.storing._target import check_target

if TYPE_CHECKING:
    from binance_creds._raw import RawSecret
    from binance_creds.rotation._places import Place
    from binance_creds.rotation._reports import Usage
    from binance_creds.rotation._setting import Places, Setting
    from binance_creds.rotation._state import Journal, Seen

__all__ = ["Steps"]

# What the exchange says of a key that is deleted: -2008; or -2015, which may also be about the
# address of this machine or a permission, and so is no proof.
_GONE: Final = "unknown_key"
_PERHAPS_GONE: Final = "key_address_or_permission"
_PAUSE_SECONDS: Final = 0.5  # between two looks at what bots report


class Steps:
    """What each step does; all but staging.

    Args:
        setting: what the rotation was told.
        places: what it works on.
    """

    def __init__(self, setting: Setting, places: Places) -> None:
        self._setting, self._places = setting, places

    def check(self, journal: Journal, seen: Seen) -> Journal:
        """Refuse a store that cannot take the pairs, before anything is made."""
        self._places.staged.check()
        if seen.kept not in {None, journal.old}:
            msg = f"it holds the key {seen.kept} of another rotation."
            hint = "End that first, from where it was begun, or remove it."
            raise ConflictError(msg, source=self._places.kept.uri.redacted, hint=hint)
        check_target(
            self._setting.target, replace=journal.old, config=self._setting.config,
            timeout_seconds=self._setting.timeout_seconds,
        )  # fmt: skip
        return replace(journal, is_writable=True)

    def slot(self, journal: Journal, seen: Seen) -> Journal | Waiting:
        """Ask whether another key can be made; not where it is made already."""
        text = "Is there room for another API key of the account at Binance?"
        if seen.staged or self._asked(Question.SLOT, text):
            return replace(journal, has_slot=True)
        return Waiting(Step.SLOT, "Delete a key at Binance that nobody uses, then go on.")

    def verify(self, journal: Journal, _: Seen) -> Journal:
        """Prove the pair that waits."""
        return replace(journal, new=self._proven(_there(self._places.staged)), is_verified=True)

    def promote(self, journal: Journal, seen: Seen) -> Journal:
        """Keep the old pair, then put the new one in its place by one write on condition."""
        old, new = _there(self._places.target), _there(self._places.staged)
        if fingerprint_in(old) != journal.old:
            msg = "it was changed meanwhile, and nothing was written."
            raise ConflictError(msg, source=journal.target)
        if seen.kept != journal.old:
            self._places.kept.write(old.fields, self._places.kept.read())
        self._put(new, journal.old)
        return replace(journal, promoted_at=self._setting.now())

    def watch(self, journal: Journal, seen: Seen) -> Journal | Waiting:
        """Wait until the bots use the new key."""
        if seen.staged == journal.new:
            self._places.staged.erase(journal.new)
        usage = self._awaited(journal.old)
        if usage is None:
            if self._asked(Question.SWAPPED, f"Do all bots use the key {journal.new}?"):
                return replace(journal, is_swapped=True)
            return Waiting(Step.WATCH, f"Bots must use the key {journal.new} first. {_REPORTS}")
        if not usage.is_unused:
            return Waiting(Step.WATCH, _told(journal.old, usage))
        return replace(journal, is_swapped=True)

    def overlap(self, journal: Journal, _: Seen) -> Journal | Waiting:
        """Wait for the time in which both keys shall work."""
        until = (journal.promoted_at or self._setting.now()) + journal.overlap
        reason = f"Both keys shall work until {until:%Y-%m-%d %H:%M} UTC."
        return Waiting(Step.OVERLAP, reason, until)

    def confirm(self, journal: Journal, _: Seen) -> Journal | Waiting:
        """Make sure that nobody uses the old key."""
        usage = self._usage(journal.old)
        if usage is not None and not usage.is_unused:
            return Waiting(Step.CONFIRM, _told(journal.old, usage))
        text = f"Does nobody use the key {journal.old} any more?"
        if usage is None and not self._asked(Question.UNUSED, text):
            return Waiting(Step.CONFIRM, f"Nobody may use the key {journal.old}. {_REPORTS}")
        return replace(journal, is_unused=True)

    def retire(self, journal: Journal, _: Seen) -> Journal | Waiting:
        """Have the old key deleted at the exchange, then remove what was kept of it."""
        old, sub_account = self._places.kept.read(), self._setting.sub_account
        if sub_account is not None and old is not None and self._is_gone(old) is not True:
            sub_account.keys.delete(old.fields["api_key"])
        elif not self._is_deleted(journal.old, old):
            return Waiting(Step.RETIRE, f"Delete the key {journal.old} at Binance, then go on.")
        return self._ended(journal, Step.DONE)

    def restore(self, journal: Journal, seen: Seen) -> Journal:
        """Put the old pair back, proven first."""
        self._put(_there(self._places.kept), seen.current)
        return journal

    def clean(self, journal: Journal, seen: Seen) -> Journal | Waiting:
        """Remove what was staged and kept, once no bot uses the new key."""
        usage = self._usage(journal.new) if journal.new and journal.promoted_at else None
        if usage is not None and usage.using:
            return Waiting(Step.CLEAN, _told(journal.new or "", usage))
        self._places.staged.erase(None, seen.staged)
        return self._ended(journal, Step.ABORTED)

    def prove_kept(self) -> None:
        """Refuse to go back to a pair that does not work.

        Raises:
            CredentialsError: it does not, or there is none.
        """
        self._proven(_there(self._places.kept))

    def _ended(self, journal: Journal, end: Step) -> Journal:
        self._places.kept.erase(journal.old)
        return replace(journal, ended=end)

    def _proven(self, raw: RawSecret) -> str:
        plan, verify = self._setting.plan, self._setting.verify
        return tried(raw, plan, verifier_of(plan, verify), self._setting.timeout_seconds)

    def _put(self, raw: RawSecret, replaced: str | None) -> None:
        put(
            self._setting.target, raw.fields, replace=replaced, config=self._setting.config,
            verify=self._setting.verify, timeout_seconds=self._setting.timeout_seconds,
        )  # fmt: skip

    def _asked(self, question: Question, text: str) -> bool:
        return self._setting.ask is not None and self._setting.ask(question, text)

    def _usage(self, fingerprint: str) -> Usage | None:
        reports = self._setting.reported()
        return usage_of(fingerprint, reports, now=self._setting.now()) if reports else None

    def _awaited(self, fingerprint: str) -> Usage | None:
        ends_at = time.monotonic() + self._setting.patience_seconds
        usage = self._usage(fingerprint)
        while usage is not None and not usage.is_unused and time.monotonic() < ends_at:
            time.sleep(_PAUSE_SECONDS)
            usage = self._usage(fingerprint)
        return usage

    def _is_deleted(self, fingerprint: str, old: RawSecret | None) -> bool:
        is_gone = None if old is None else self._is_gone(old)
        if is_gone is not None:
            return is_gone
        return self._asked(Question.DELETED, f"Is the key {fingerprint} deleted at Binance?")

    def _is_gone(self, old: RawSecret) -> bool | None:
        """Return whether the exchange knows a key no more; `None` where it cannot be told.

        Raises:
            ProviderUnavailableError: it does not answer.
        """
        plan = self._setting.plan
        check = verifier_of(plan, self._setting.verify)
        if not is_check(check):
            return None
        deadline = deadline_of(plan, self._setting.timeout_seconds)
        credentials = built(old, plan.with_terms(sealed=False), deadline)
        try:
            check.examine(credentials, deadline)
        except VerificationError as error:
            return None if error.reason == _PERHAPS_GONE else error.reason == _GONE
        return False


def _there(place: Place) -> RawSecret:
    found = place.read()
    if found is None:
        msg = "the pair is not there any more."
        raise SecretNotFoundError(msg, source=place.uri.redacted)
    return found


def _told(fingerprint: str, usage: Usage) -> str:
    lines = [f"These have not left the key {fingerprint}, or do not say so:"]
    lines += [f"  {report}" for report in (*usage.using, *usage.silent, *usage.unreadable)]
    return "\n".join(lines)


_REPORTS: Final = "Answer, or name what they report by --reports (status_dir of the profile)."
