"""The plan that a search for the configuration found, remembered while nothing has changed."""

from __future__ import annotations

import os
import time

from binance_creds._config._discovery import CONFIG_VARIABLE, FOLDER_VARIABLES, searched
from binance_creds._config._resolve import PROFILE_VARIABLE, SOURCE_VARIABLE, plan_for
from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds._warnings import warn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

    from binance_creds._enums import Environment
    from binance_creds._plan import Plan

__all__ = ["Search"]

# A file system's clock ticks: a file may be written twice within a tick, and look the same.
_TICK_NS: Final = 50_000_000
_VARIABLES: Final = (
    PROFILE_VARIABLE, SOURCE_VARIABLE, CONFIG_VARIABLE, *FOLDER_VARIABLES
)  # fmt: skip
_OURS: Final = "BINANCE_CREDS_"
_KNOWN: Final = frozenset(
    f"{_OURS}{end}" for end in ("PROFILE", "SOURCE", "CONFIG", "STATUS_DIR", "NEW", "PID")
)  # the last two between processes of `exec`
_LONGEST_SHOWN: Final = 40  # a longer one may be a key
# Access asks as the user whom the process may act for, as reading does.
_IS_EFFECTIVE: Final = os.access in os.supports_effective_ids


class Search:
    """A search with one set of arguments in one working directory. Threads may share it.

    Reading a configuration takes a thousand times as long as asking whether it is still the same.
    """

    def __init__(
        self,
        directory: str,
        profile: str | None,
        config: str | None,
        environment: Environment | str | None,
    ) -> None:
        self._directory = directory
        self._arguments: Final = (profile, config, environment)
        self._last: tuple[_State, Plan] | None = None

    def plan(self) -> Plan:
        """Return the plan of now.

        Raises:
            CredentialsError: as `plan_for` does.
        """
        last = self._last
        if last is not None and last[0].is_of_now(os.environ):
            return last[1]
        _warn_of_unknown(os.environ)
        profile, config, environment = self._arguments
        state = _state_of(config, os.environ, self._directory)
        is_settled = state.is_settled()  # before the files are read
        plan = plan_for(
            None,
            profile=profile,
            config=config,
            environment=environment,
            directory=self._directory,
        )
        # A policy's file is not part of the state.
        is_covered = plan.terms.check is None or not plan.terms.check.is_of_file
        self._last = (state, plan) if is_settled and is_covered else None
        return plan


class _State(NamedTuple):
    """What a search depended on.

    Attributes:
        environ: the variables.
        held: the dictionary in which they are.
        keys: of the variables there.
        values: of each key, or `None`.
        absent: the paths of files that were not there; from the working directory on, if they are
            in it, because the kernel then walks through no folder.
        present: the other paths, each with what tells the file from a changed one.
    """

    environ: Mapping[str, str]
    held: Mapping[object, object]
    keys: tuple[object, ...]
    values: list[object]
    absent: tuple[str, ...]
    present: tuple[tuple[str, tuple[int, ...]], ...]

    def is_of_now(self, environ: Mapping[str, str]) -> bool:
        """Return whether all of it is as it was."""
        known, held, keys, values, absent, present = self
        if environ is not known or [held.get(key) for key in keys] != values:
            return False
        for path in absent:  # this takes half as long as a `stat` that fails
            if os.access(path, os.F_OK, effective_ids=_IS_EFFECTIVE):
                return False
        for path, identity in present:  # noqa: SIM110  # a generator costs a tenth of the whole
            if _identity(path) != identity:
                return False
        return True

    def is_settled(self) -> bool:
        """Return whether each file was last changed so long ago that a later change will show."""
        newest = max((identity[0] for _, identity in self.present), default=0)
        return abs(time.time_ns() - newest) >= _TICK_NS


def _state_of(config: str | None, environ: Mapping[str, str], directory: str) -> _State:
    found = [(path, _identity(path)) for path in searched(config, environ, directory)]
    held = _held(environ)
    keys = _VARIABLES if held is environ else tuple(map(environ.encodekey, _VARIABLES))  # type: ignore[attr-defined]  # of `os`
    here = os.path.join(directory, "")
    return _State(
        environ,
        held,
        keys=keys,
        values=[held.get(key) for key in keys],
        absent=tuple(path.removeprefix(here) for path, identity in found if identity is None),
        present=tuple((path, identity) for path, identity in found if identity is not None),
    )


def _held(environ: Any) -> Mapping[object, object]:
    """Return the dictionary that `os.environ` wraps.

    For each look `os.environ` encodes, decodes or raises, which takes 40 times as long.
    """
    return getattr(environ, "_data", environ)  # type: ignore[no-any-return]  # keys and values are bytes, or text


def _identity(path: str) -> tuple[int, ...] | None:
    """Return what is another after a change of content, owner or mode; `None` without a file."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # not there, not to be reached, or no path
        return None
    return found.st_ctime_ns, found.st_ino, found.st_dev, found.st_size


def _warn_of_unknown(environ: Mapping[str, str]) -> None:
    """Say which variables look like ours and are not read: an option must not be ignored."""
    ours = [name for name in environ if name[: len(_OURS)].upper() == _OURS]
    if _KNOWN.issuperset(ours) or any(f"{_OURS}{end}" in ours for end in ("API_KEY", "KEY")):
        return  # or it is the prefix of a pair
    unknown = sorted(name for name in ours if name not in _KNOWN and len(name) <= _LONGEST_SHOWN)
    if not unknown:
        return
    warn(
        f"{', '.join(unknown)} is not read. The variables of this library are"
        f" {PROFILE_VARIABLE}, {SOURCE_VARIABLE}, {CONFIG_VARIABLE} and"
        " BINANCE_CREDS_STATUS_DIR; the environment of a pair is named by BINANCE_ENVIRONMENT."
    )
