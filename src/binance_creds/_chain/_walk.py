"""From one candidate to the next, and when to stop."""

from __future__ import annotations

from binance_creds._chain._building import built, outside_signer_of
from binance_creds._chain._candidate import read_candidate
from binance_creds._chain._failures import exhausted, is_to_be_confirmed, last_of, moves_on
from binance_creds._chain._values import Asked, Loaded, Seen
from binance_creds._plan import is_local
from binance_creds._raw import RawSecret, Unchanged
from binance_creds._recorded import record
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import CredentialsError, SecretNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from binance_creds._credentials import Credentials
    from binance_creds._plan import Plan
    from binance_creds._time._deadline import Deadline

__all__ = ["load_plan", "refresh_plan"]


def load_plan(plan: Plan, deadline: Deadline) -> Credentials:
    """Return the credentials of the first candidate that has them; blocks until the deadline.

    Only "definitely not here" moves on to the next candidate; "unavailable" does too where the
    plan says so. A denied production secret never falls through to an old `.env`.

    Raises:
        CredentialsError: of the class of the most serious failure, with every attempt.
    """
    try:
        loaded = refresh_plan(plan, deadline, Asked())
    except CredentialsError as error:
        record("load", error.code, profile=plan.profile, source=error.source)
        raise
    assert isinstance(loaded, Loaded)  # noqa: S101  # nothing was seen that could be unchanged
    record("load", profile=plan.profile, credentials=loaded.credentials)
    return loaded.credentials


def refresh_plan(plan: Plan, deadline: Deadline, asked: Asked) -> Loaded | Unchanged:
    """Do what `load_plan` does, and spare what was seen before.

    Raises:
        CredentialsError: as `load_plan` does.
    """
    failures: list[CredentialsError] = []
    position, share, raw = _answered(plan, deadline, asked, failures)
    try:  # what is wrong from here on is wrong with this candidate: no other is asked
        if isinstance(raw, Unchanged):
            signer = asked.seen.signer if asked.seen else None
            if signer is None or not signer.has_newer_version(share):
                return raw
            raw = read_candidate(plan.candidates[position], share, asked._replace(seen=None))
        assert isinstance(raw, RawSecret)  # noqa: S101  # it was asked for any version
        tried = [failure.as_attempt() for failure in failures]
        credentials = built(raw, plan, share, attempts=tried, stated=_stated(failures))
    except CredentialsError as error:
        failures.append(error.again())
    else:
        _warn_if_shared(plan, credentials)
        seen = Seen(position, raw.version, raw.created_at, outside_signer_of(credentials))
        return Loaded(credentials, seen)
    raise last_of(failures)


def _answered(
    plan: Plan, deadline: Deadline, asked: Asked, failures: list[CredentialsError]
) -> tuple[int, Deadline, RawSecret | Unchanged]:
    """Return the first candidate that answers, its share of the time, and what it holds.

    Raises:
        CredentialsError: none does; failures before are noted.
    """
    for position, candidate in enumerate(plan.candidates):
        seen = asked.seen if asked.seen and asked.seen.candidate == position else None
        share = deadline.share(_sharers(plan, position))
        try:
            return position, share, read_candidate(candidate, share, asked._replace(seen=seen))
        except CredentialsError as error:
            failures.append(error.again())
        if seen is not None and is_to_be_confirmed(failures[-1], asked):
            raise failures[-1]
        if not moves_on(failures[-1], plan):
            break
    raise exhausted(failures)


def _warn_if_shared(plan: Plan, credentials: Credentials) -> None:
    if plan.profile is not None:
        from binance_creds._chain._purposes import warn_if_shared  # noqa: PLC0415  # few have one

        warn_if_shared(plan.profile, credentials)


def _stated(failures: Sequence[CredentialsError]) -> list[tuple[str, str]]:
    """Return the environments that sources named which have no pair."""
    return [
        (str(failure.source), failure.environment)
        for failure in failures
        if isinstance(failure, SecretNotFoundError) and failure.environment is not None
    ]


def _sharers(plan: Plan, position: int) -> int:
    """Return among how many candidates, from this one on, the time that is left is divided.

    A store that hangs must leave time for the next only where the next would be asked; what is
    local needs none.
    """
    if not plan.continues_when_unavailable:
        return 1
    later = plan.candidates[position + 1 :]
    return 1 + sum(not is_local(candidate) for candidate in later)
