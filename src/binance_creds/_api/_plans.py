"""From the arguments of a load to its plan."""

from __future__ import annotations

import os
from functools import lru_cache

from binance_creds._config import plan_for
from binance_creds._enums import Environment
from binance_creds._time._deadline import Deadline
from binance_creds._typing import TYPE_CHECKING
from binance_creds._working_directory import working_directory
from binance_creds.errors import CredentialsError

if TYPE_CHECKING:
    from typing import Final

    from binance_creds._api._types import Config, Source
    from binance_creds._config._search import Search
    from binance_creds._plan import Plan

__all__ = ["deadline_of", "planned"]

_WITH_PATHS: Final = ("dotenv:", "file:")  # what they mean depends on where the program is
_WITH_MORE: Final = (*_WITH_PATHS, "command:")  # what that means depends on a configuration


def planned(
    source: Source | None,
    profile: str | None,
    config: Config | None,
    environment: Environment | str | None,
) -> Plan | CredentialsError:
    """Return the plan, or the error for a caller that first drops what it was given."""
    try:
        is_known = environment is None or isinstance(environment, str | Environment)
        if type(source) is str and profile is config is None and is_known:
            if environment is None and not source.startswith(_WITH_MORE):
                return _plan_of_text(source)
            if source.startswith(_WITH_PATHS):
                has_home = "~" in source or "%7" in source  # also percent-encoded
                home = os.path.expanduser("~") if has_home else ""
                return _plan_of_path(source, environment, working_directory(), home)
        is_named = profile is None or type(profile) is str
        if source is None and (config is None or type(config) is str) and is_known and is_named:
            return _search(working_directory(), profile, config, environment).plan()
        return plan_for(source, profile=profile, config=config, environment=environment)
    except CredentialsError as error:
        return error.again()


def deadline_of(plan: Plan, timeout_seconds: float | None) -> Deadline:
    """Return the deadline of a load that begins now: the caller's, the plan's, or the default."""
    for seconds in (timeout_seconds, plan.terms.timeout_seconds):
        if seconds is not None:
            return Deadline(seconds)
    return Deadline()


@lru_cache(maxsize=64)
def _search(
    directory: str,
    profile: str | None,
    config: str | None,
    environment: Environment | str | None,
) -> Search:
    from binance_creds._config._search import Search  # noqa: PLC0415  # a source needs none

    return Search(directory, profile, config, environment)


@lru_cache(maxsize=1024)
def _plan_of_text(source: str) -> Plan:
    """Remember the plans of plain URIs: they depend on nothing else, and bots repeat them."""
    return plan_for(source)


@lru_cache(maxsize=1024)
def _plan_of_path(
    source: str,
    environment: Environment | str | None,
    directory: str,
    home: str,  # noqa: ARG001  # the cache tells plans by it
) -> Plan:
    """Remember the plans of those with a path, which depend on two folders besides."""
    return plan_for(source, environment=environment, directory=directory)
