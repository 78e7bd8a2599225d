"""From one candidate to the next, and when to stop."""

from __future__ import annotations

from binance_creds._chain._failures import exhausted, is_to_be_confirmed, last_of, moves_on
from binance_creds._chain._source import read_source
from binance_creds._chain._values import Asked, Loaded, Seen
from binance_creds._parse._build import build_credentials
from binance_creds._plan import SplitPair, is_local
from binance_creds._raw import VALUE, RawSecret, Unchanged
from binance_creds._recorded import record
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import CredentialsError, MalformedSecretError, SecretNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, Final

    from binance_creds._credentials import Credentials
    from binance_creds._plan import Candidate, Plan
    from binance_creds._time._deadline import Deadline
    from binance_creds.errors import Attempt
    from binance_creds.signers import SignerURI
    from binance_creds.signers._outside import OutsideSigner

__all__ = ["built", "load_plan", "outside_signer_of", "read_candidate", "refresh_plan", "whole"]

_ANY_VERSION: Final = Asked()


def load_plan(plan: Plan, deadline: Deadline) -> Credentials:
    """Return the credentials of the first candidate that has them; blocks until the deadline.

    Only "definitely not here" moves on to the next candidate; "unavailable" does too where the
    plan says so. A denied production secret never falls through to an old `.env`.

    Raises:
        CredentialsError: of the class of the most serious failure, with every attempt.
    """
    try:
        loaded = refresh_plan(plan, deadline, _ANY_VERSION)
    except CredentialsError as error:
        record("load", error.code, profile=plan.terms.profile, source=error.source)
        raise
    assert isinstance(loaded, Loaded)  # noqa: S101  # nothing was seen that could be unchanged
    record("load", profile=plan.terms.profile, credentials=loaded.credentials)
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
        share = _share(deadline, plan, position)
        try:
            again = asked if asked.seen is seen else asked._replace(seen=seen)
            return position, share, read_candidate(candidate, share, again)
        except CredentialsError as error:
            failures.append(error.again())
        if seen is not None and is_to_be_confirmed(failures[-1], asked):
            raise failures[-1]
        if not moves_on(failures[-1], plan):
            break
    raise exhausted(failures)


def read_candidate(candidate: Candidate, deadline: Deadline, asked: Asked) -> RawSecret | Unchanged:
    """Return the fields of one credential, or that they are those that were seen.

    Raises:
        CredentialsError: as `read_source` does.
        MalformedSecretError: what is here is not one pair.
    """
    if isinstance(candidate, SplitPair):
        from binance_creds._chain._split_pair import read_split_pair  # noqa: PLC0415  # few are split

        raw = read_split_pair(candidate, deadline, asked)
        known = asked.seen.version if asked.seen else None
        return Unchanged(known) if known is not None and known == raw.version else raw
    found = read_source(candidate, deadline, asked)
    return found if isinstance(found, Unchanged) else whole(found)


def whole(raw: RawSecret) -> RawSecret:
    """Return it, unless it is one opaque text.

    Raises:
        MalformedSecretError: it is.
    """
    if VALUE not in raw.fields:
        return raw
    from binance_creds._parse._members import refuse_other_form  # noqa: PLC0415  # few need it

    refusal = MalformedSecretError(
        "this holds one value without a name, not a pair.",
        reason="one_value",
        hint="Store JSON with api_key and api_secret, or let a profile name two sources:"
        ' api_key = "..." and api_secret = "...".',
    )
    try:
        refuse_other_form(raw.fields[VALUE])
    except MalformedSecretError as error:
        refusal = error
    raise refusal.at(raw.origin)


def built(
    raw: RawSecret,
    plan: Plan,
    deadline: Deadline,
    *,
    attempts: Iterable[Attempt] = (),
    stated: Iterable[tuple[str, str]] = (),
) -> Credentials:
    """Return validated credentials; blocks where their key stays outside.

    Args:
        raw: what was read.
        plan: what the load is to do.
        deadline: over the first signature of a key outside.
        attempts: as `build_credentials` takes them.
        stated: the same.

    Raises:
        MalformedSecretError: they are not usable credentials.
        CredentialsError: the key outside cannot be used.
    """

    def opened(uri: SignerURI) -> OutsideSigner:
        from binance_creds._chain._outside import opened  # noqa: PLC0415  # few keys stay outside

        return opened(uri, plan, raw.origin, deadline)

    return build_credentials(raw, plan, opened=opened, attempts=attempts, stated=stated)


def outside_signer_of(credentials: Credentials) -> OutsideSigner | None:
    """Return what signs with a key that stays outside; `None` if it is in this process."""
    signer: Any = credentials.signer if credentials.signed_by is not None else None
    return signer  # type: ignore[no-any-return]  # it says where it signs, so it is one


def _warn_if_shared(plan: Plan, credentials: Credentials) -> None:
    if plan.terms.profile is not None:
        from binance_creds._chain._purposes import warn_if_shared  # noqa: PLC0415  # few have one

        warn_if_shared(plan.terms.profile, credentials)


def _stated(failures: Sequence[CredentialsError]) -> list[tuple[str, str]]:
    """Return the environments that sources named which have no pair."""
    return [
        (str(failure.source), failure.environment)
        for failure in failures
        if isinstance(failure, SecretNotFoundError) and failure.environment is not None
    ]


def _share(deadline: Deadline, plan: Plan, position: int) -> Deadline:
    """Return the deadline of one candidate: an equal share of the time with those behind it.

    A store that hangs must leave time for the next only where the next would be asked; what is
    local needs none.
    """
    if not plan.terms.continues_when_unavailable:
        return deadline
    later = plan.candidates[position + 1 :]
    return deadline.share(1 + sum(not is_local(candidate) for candidate in later))
