"""Whether a key fits a policy, in sentences that say what to do; what is unknown breaks nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from binance_creds.exchange._findings import PERMISSION_FIELDS
from binance_creds.exchange._policies._permissions import KNOWN, TRADING, means, moves_funds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from binance_creds.exchange._findings import Findings
    from binance_creds.exchange._policies._model import Policy

__all__ = ["broken", "noted"]


def broken(policy: Policy, findings: Findings, *, now: datetime | None = None) -> tuple[str, ...]:
    """Return the sentences of the policy that a key breaks; none if it fits.

    Args:
        policy: what the key should be.
        findings: what the exchange said of it; whatever it did not say is taken for good.
        now: for the age of the key; the machine's time by default.
    """
    now = now or datetime.now(UTC)
    sentences = (
        *_wrong_place(policy, findings),
        *_missing(policy, findings),
        *_surplus(policy, findings),
        *_open(policy, findings),
        *_aged(policy, findings, now),
    )
    return tuple(f"policy {policy.name!r} {sentence}" for sentence in sentences)


def noted(policy: Policy, findings: Findings) -> tuple[str, ...]:
    """Return what does not refuse the key and its owner should know."""
    return tuple(f"policy {policy.name!r} {sentence}" for sentence in _notes(policy, findings))


def _wrong_place(policy: Policy, findings: Findings) -> Iterator[str]:
    if findings.environment not in policy.environments:
        names = _listed(one.value for one in policy.environments)
        yield (
            f"is for keys of {names}, and this key is of {findings.environment.value}:"
            " use a key of that environment, or name another policy."
        )
    if findings.market not in policy.markets:
        names = _listed(one.value for one in policy.markets)
        yield (
            f"is for {names}, and this key was proven for {findings.market.value}:"
            " use a key of that market, or name another policy."
        )
    if findings.key_type not in policy.key_types:
        names = _listed(one.value for one in policy.key_types)
        yield (
            f"takes keys of the type {names}, and this key is {findings.key_type.value}:"
            " create a key of that type."
        )


def _missing(policy: Policy, findings: Findings) -> Iterator[str]:
    denied = findings.denied_permissions
    for name in sorted(policy.required & denied):
        yield f"requires {name}, and this key may not {means(name)}: {_switch(name, 'on')}."
    if policy.one_of and policy.one_of <= denied:
        yield (
            f"requires one of {_listed(policy.one_of)}, and this key has none of them:"
            " switch on the one that it is for, under API Management at Binance."
        )


def _surplus(policy: Policy, findings: Findings) -> Iterator[str]:
    """Give the rights that the key must not have, those that the policy forbids first."""
    granted = findings.permissions or frozenset()
    for name in sorted(granted & policy.forbidden):
        yield f"forbids {name}, and this key may {means(name)}: {_switch(name, 'off')}."
    for name in sorted(filter(moves_funds, granted - _named(policy))):
        yield f"does not ask for {name}, and this key may {means(name)}: {_switch(name, 'off')}."


def _open(policy: Policy, findings: Findings) -> Iterator[str]:
    if policy.ip_restriction == "required" and findings.is_ip_restricted is False:
        yield f"requires an IP restriction, and this key {_UNRESTRICTED}."


def _aged(policy: Policy, findings: Findings, now: datetime) -> Iterator[str]:
    created, greatest = findings.created_at, policy.greatest_age_days
    if created is not None and greatest is not None and now - created > timedelta(days=greatest):
        yield (
            f"takes keys of at most {greatest} days, and this key is {(now - created).days} days"
            f" old (created {created:%Y-%m-%d}): create a new key."
        )
    ends, trades = findings.trading_ends_at, TRADING & (policy.required | policy.one_of)
    if ends is not None and ends <= now and trades:
        yield (
            f"requires {_listed(trades, 'or')}, and the right of this key to trade ended on"
            f" {ends:%Y-%m-%d}: confirm the key under API Management at Binance, or create a"
            " new one."
        )


def _notes(policy: Policy, findings: Findings) -> Iterator[str]:
    for name in sorted((findings.permissions or frozenset()) - _named(policy)):
        if not moves_funds(name):
            yield f"does not mention {name}, and this key may {means(name)}."
    if policy.ip_restriction == "recommended" and findings.is_ip_restricted is False:
        yield f"recommends an IP restriction, and this key {_UNRESTRICTED}."
    unknown = list(_unknown(policy, findings))
    if unknown:
        yield f"was not checked in full: the exchange did not say {'; nor '.join(unknown)}."


def _unknown(policy: Policy, findings: Findings) -> Iterator[str]:
    """Give what the policy would judge and the exchange did not say."""
    if findings.permissions is None:
        yield "what this key may do"
    else:
        said = findings.permissions | findings.denied_permissions
        unsaid = sorted((policy.required | _kept_from(policy)) - said)
        if unsaid:
            yield f"whether this key has {_listed(unsaid)}"
    if policy.ip_restriction != "optional" and findings.is_ip_restricted is None:
        yield "whether it is restricted to IP addresses"
    if policy.greatest_age_days is not None and findings.created_at is None:
        yield "how old it is"


_UNRESTRICTED = (
    "may be used from every address: list the addresses of your programs under API Management"
    " at Binance"
)


def _named(policy: Policy) -> frozenset[str]:
    return policy.required | policy.one_of | policy.allowed | policy.forbidden


def _kept_from(policy: Policy) -> frozenset[str]:
    """Return the rights to move funds that the key must not have; every answer says them."""
    wanted = policy.required | policy.one_of | policy.allowed
    return frozenset(filter(moves_funds, KNOWN)) - wanted


def _switch(name: str, state: str) -> str:
    right = f"`{PERMISSION_FIELDS.get(name, name)}`"
    if state == "off":
        return f"switch {right} off under API Management at Binance, or create a key without it"
    if name == "futures":
        return (
            f"switch {right} on under API Management at Binance; a key from before the futures"
            " account was opened never gets it: then create a new key"
        )
    return f"switch {right} on under API Management at Binance"


def _listed(names: Iterable[str], word: str = "and") -> str:
    """Return names as text, known permissions in their order."""
    order = list(KNOWN)
    given = sorted(names, key=lambda name: (order.index(name) if name in order else -1, name))
    return f" {word} ".join(filter(None, (", ".join(given[:-1]), given[-1])))
