"""What a source says about a pair beside the pair: environment, date of creation, rotation."""

from __future__ import annotations

from itertools import pairwise

from binance_creds._enums import Environment
from binance_creds._parse._clean import refuse_comment, stripped, trimmed
from binance_creds._secret import plain_bytes
from binance_creds._typing import TYPE_CHECKING
from binance_creds._warnings import warn
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from typing import Final, NoReturn

    from binance_creds._plan import Plan
    from binance_creds._raw import RawSecret
    from binance_creds._secret import Secret

__all__ = [
    "created_at",
    "environment_of",
    "environment_said",
    "refuse",
    "refuse_twins",
    "rotation_days",
]

_ENVIRONMENTS: Final = {environment.value: environment for environment in Environment}
_LONGEST_ROTATION_DAYS: Final = 3650
_TESTNET: Final = Environment.TESTNET.value


def environment_said(text: Secret) -> Environment:
    """Return the environment that a field names.

    Raises:
        MalformedSecretError: it names none.
    """
    found = _ENVIRONMENTS.get(stripped(text.reveal()).casefold())
    if found is None:
        refuse(
            "unknown_environment",
            "environment is not one that Binance has.",
            f"Write one of: {', '.join(_ENVIRONMENTS)}.",
            field="environment",
            given=text,
        )
    return found


def environment_of(raw: RawSecret, plan: Plan, stated: Iterable[tuple[str, str]]) -> Environment:
    """Return the environment that all agree on; an argument wins over all of them.

    Args:
        raw: its own field counts.
        plan: what the profile or the argument says.
        stated: (source, environment) of sources before it that say no more than that.

    Raises:
        MalformedSecretError: two of them contradict each other.
    """
    said = [(source, Environment(value)) for source, value in stated]
    if plan.terms.environment is not None:
        said.insert(0, (f"profile {plan.terms.profile!r}", plan.terms.environment))
    if "environment" in raw.fields:
        said.append((raw.origin, environment_said(raw.fields["environment"])))
    if plan.terms.is_override and plan.terms.environment is not None:
        refuse_twins(raw.twins, plan.terms.environment, "the argument `environment`")
        return plan.terms.environment
    for (first, one), (second, other) in pairwise(said):
        if one is not other:
            refuse(
                "environment_mismatch",
                f"{first} says {one.value}, and {second} says {other.value}.",
                "Each environment has keys of its own: correct the one that is wrong.",
                field="environment",
            )
    if said:
        refuse_twins(raw.twins, said[0][1], said[0][0])
        return said[0][1]
    if raw.unread:
        warn(f"{raw.origin} counts as live: {raw.unread}.")
    elif _TESTNET in raw.origin.casefold():
        warn(f"{raw.origin} counts as live: only a field `environment` says that it is of testnet.")
    return Environment.LIVE


def refuse_twins(twins: Callable[[str], str] | None, environment: Environment, place: str) -> None:
    """Refuse to take the one pair for what the names of another one say.

    Args:
        twins: as of `Fields`.
        environment: that of the pair.
        place: what says so.

    Raises:
        MalformedSecretError: there is another pair, which is named for this environment.
    """
    if twins is None:
        return
    name = environment.value
    both = twins(name)
    if both:
        refuse(
            "ambiguous",
            f"{place} says {name}, and {both} are another pair, of {name}.",
            "Load that pair by its own prefix (or unset what says the environment).",
            field="environment",
        )


def created_at(raw: RawSecret) -> datetime | None:
    """Return when the pair was created, from its field or its store.

    Raises:
        MalformedSecretError: the field is no date.
    """
    text = _plain(raw, "created")
    if text is None:
        return raw.created_at
    from datetime import UTC, datetime  # noqa: PLC0415  # few secrets tell

    try:
        created = datetime.fromisoformat(text)
    except ValueError:  # not ISO 8601
        created = None
    if created is None:
        refuse(
            "bad_date",
            "created is not a date.",
            "Write it as 2026-11-20 or 2026-11-20T08:00:00Z.",
            field="created",
            given=raw.fields["created"],
        )
    return created if created.tzinfo else created.replace(tzinfo=UTC)


def rotation_days(raw: RawSecret, plan: Plan) -> int | None:
    """Return after how many days the pair should be replaced; a profile wins over the field.

    Raises:
        MalformedSecretError: the field is no number of days.
    """
    text = _plain(raw, "rotation_days")
    if plan.terms.rotation_days is not None or text is None:
        return plan.terms.rotation_days
    days = int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else 0  # noqa: PLR2004
    if not 0 < days <= _LONGEST_ROTATION_DAYS:
        refuse(
            "bad_number",
            f"rotation_days is not a whole number from 1 to {_LONGEST_ROTATION_DAYS}.",
            "Write for example 90.",
            field="rotation_days",
            given=raw.fields["rotation_days"],
        )
    return days


def _plain(raw: RawSecret, field: str) -> str | None:
    text = raw.fields.get(field)
    return None if text is None else stripped(text.reveal())


def refuse(
    reason: str, message: str, hint: str, *, field: str, given: Secret | None = None
) -> NoReturn:
    """Refuse a value that is none of those that a field may have."""
    if given is not None:  # it may be wrong for a reason that any field may have
        from binance_creds._parse._placeholder import refuse_unresolved  # noqa: PLC0415  # few are

        plain = plain_bytes(trimmed(given))
        refuse_comment(plain, field)
        refuse_unresolved(plain, field)
    raise MalformedSecretError(message, reason=reason, field=field, hint=hint)
