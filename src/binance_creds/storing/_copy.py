"""`copy`: write what one source holds into another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds._api._plans import deadline_of
from binance_creds._chain._values import Asked
from binance_creds._chain._walk import read_candidate
from binance_creds._enums import Environment
from binance_creds._plan import Plan
from binance_creds._raw import RawSecret
from binance_creds._secret import Secret
from binance_creds.errors import ConfigurationError, CredentialsError
from binance_creds.storing._put import put, tried
from binance_creds.storing._target import plan_of

if TYPE_CHECKING:
    from binance_creds import Config
    from binance_creds._api._types import Verify
    from binance_creds._uri import SourceURI
    from binance_creds.storing._put import Stored

__all__ = ["copy"]


def copy(
    source: str | SourceURI,
    target: str | SourceURI,
    *,
    replace: str | None = None,
    config: Config | None = None,
    verify: Verify = None,
    timeout_seconds: float | None = None,
) -> Stored:
    """Write the pair of one source into another store, as `put` does. Blocks.

    The source keeps it. What a profile says of its environment is written too.

    Args:
        source: a source, or the name of a profile with one candidate.
        target: as for `put`.
        replace: as for `put`.
        config: as for `put`.
        verify: as for `put`.
        timeout_seconds: over each of reading, verifying and writing.

    Raises:
        SecretNotFoundError: the source has no pair.
        CredentialsError: as `put` does.
    """
    plan, to = plan_of(source, config), plan_of(target, config)
    for each in (plan, to):
        if isinstance(each, CredentialsError):
            del source, target, config  # a key may have been pasted where these belong
            raise each
    assert isinstance(plan, Plan)  # noqa: S101  # as the loop has seen
    (candidate, *others) = plan.candidates
    if others:
        msg = "the profile has several sources."
        raise ConfigurationError(msg, hint="Name the one to copy.")
    raw = read_candidate(candidate, deadline_of(plan, timeout_seconds), Asked())
    assert isinstance(raw, RawSecret)  # noqa: S101  # no version was known
    tried(raw, plan, None, timeout_seconds)  # which refuses two environments
    said = plan.terms.environment or Environment.LIVE
    given = {} if said is Environment.LIVE else {"environment": Secret(said.value)}
    return put(
        target, {**given, **raw.fields}, replace=replace, config=config, verify=verify,
        timeout_seconds=timeout_seconds,
    )  # fmt: skip
