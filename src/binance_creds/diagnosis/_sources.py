"""What is found at one source: does it answer, who asks there, what may he, what does it cost."""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from binance_creds.diagnosis._finding import Finding, Severity
from binance_creds.errors import (
    CredentialsError,
    CredentialsWarning,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers import RawSecret
from binance_creds.providers._protocols import Diagnose
from binance_creds.providers._registry import provider_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI
    from binance_creds.providers import Provider
    from binance_creds.providers._protocols import Diagnosis

__all__ = ["findings_at"]

_CENT: Final = 0.005
_ON_NETWORK: Final = frozenset({"aws-sm", "azure-kv", "gcp-sm", "openbao", "vault"})
_DAY_SECONDS: Final = 86_400


def findings_at(
    uri: SourceURI, deadline: Deadline, *, poll_seconds: float, is_last: bool, reads: bool
) -> list[Finding]:
    """Return what is found at a source. Blocks until the deadline.

    Args:
        uri: the source.
        deadline: over all that it is asked.
        poll_seconds: how often a live handle would ask it.
        is_last: whether no other source would be tried after it.
        reads: whether the source is read.
    """
    about = uri.redacted
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", CredentialsWarning)
        try:
            provider = provider_for(uri)
        except CredentialsError as error:
            return [Finding.of_error(error, about)]
        try:
            found = [_read(provider, about, deadline, is_last=is_last)] if reads else []
            if found and _is_out_of_reach(found[0]):
                found += _proxies(uri)  # it would be as silent about the login
            else:
                access = _access(provider, about, deadline, poll_seconds)
                found += [finding for finding in access if finding not in found]
        finally:
            with suppress(Exception):  # a defect of one must not hide what was found
                provider.close()
    texts = dict.fromkeys(
        str(one.message) for one in heard if issubclass(one.category, CredentialsWarning)
    )
    return found + [Finding.of_warning(text, about) for text in texts]


def _read(provider: Provider, about: str, deadline: Deadline, *, is_last: bool) -> Finding:
    try:
        raw = provider.fetch(deadline)
    except SecretNotFoundError as error:
        severity = Severity.PROBLEM if is_last else Severity.NOTE  # a chain goes on from there
        return Finding.of_error(error, about, severity)
    except CredentialsError as error:
        return Finding.of_error(error, about)
    names = ", ".join(sorted(raw.fields)) if isinstance(raw, RawSecret) else "nothing new"
    version = f", version {raw.version}" if raw.version else ""
    return Finding(about, Severity.GOOD, f"it has {names}{version}.")


def _is_out_of_reach(found: Finding) -> bool:
    return found.code == ProviderUnavailableError.code


def _proxies(uri: SourceURI) -> Iterator[Finding]:
    """Give what may stand between this machine and a store that is on a network."""
    if uri.scheme not in _ON_NETWORK:
        return
    for scheme, url in sorted(getproxies().items()):
        place = urlsplit(url).netloc.rpartition("@")[2]  # user and password stand before
        if scheme in {"http", "https", "all"} and place:
            text = f"requests by {scheme} go through the proxy {place}, as {scheme}_proxy says."
            fix = "Check that it answers, or write the store's host into NO_PROXY."
            yield Finding(uri.redacted, Severity.NOTE, text, fix)


def _access(
    provider: Provider, about: str, deadline: Deadline, poll_seconds: float
) -> Iterator[Finding]:
    if not isinstance(provider, Diagnose):
        return
    try:
        found = provider.diagnose(deadline, poll_seconds=poll_seconds)
    except CredentialsError as error:
        yield Finding.of_error(error, about)
        return
    yield Finding(about, Severity.GOOD, f"the login is {found.identity}.")
    yield from _permissions(found, about)
    yield Finding(about, Severity.NOTE, _cost(found))


def _permissions(found: Diagnosis, about: str) -> Iterator[Finding]:
    groups = {
        state: [name for name, is_there in found.permissions.items() if is_there is state]
        for state in (True, False, None)
    }
    if groups[True]:
        yield Finding(about, Severity.GOOD, f"permissions: {', '.join(groups[True])}.")
    for name in groups[False]:
        text = f"the permission {name} is missing."
        yield Finding(about, Severity.WARNING, text, f"Grant {name} to this login.")
    if groups[None]:
        text = f"it could not be found out whether the login has {', '.join(groups[None])}."
        yield Finding(about, Severity.NOTE, text)


def _cost(found: Diagnosis) -> str:
    if not found.requests_per_day:
        return "a live handle asks it only where it is told to, never at intervals."
    price, seconds = found.price_per_month, round(_DAY_SECONDS / found.requests_per_day, 1)
    amount = "nothing" if price == 0 else f"${price:.2f}" if price >= _CENT else "under a cent"
    return (
        f"a live handle asks it every {seconds:g} s:"
        f" {found.requests_per_day:,} requests a day, which cost {amount} a month."
    )
