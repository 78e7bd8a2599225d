"""Where a source's files are: the directory to watch, and every symbolic link on the way to it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["Place", "is_of_files", "places_of"]

_SCHEMES: Final = frozenset({"dotenv", "file"})
_MOST_LINKS: Final = 40  # that Linux follows: path_resolution(7)


class Place(NamedTuple):
    """A directory, and the names in it that matter; `None` for all."""

    folder: str
    names: frozenset[str] | None


def is_of_files(uri: SourceURI) -> bool:
    """Return whether a source has files that change; systemd's directory does not."""
    return uri.scheme in _SCHEMES and not uri.location.startswith("$")


def places_of(uri: SourceURI) -> set[Place]:
    """Return what to watch for a source of files, as its path leads now.

    Where the directory is not there, the nearest above it, in which it may appear.
    """
    end, links = _followed(os.path.abspath(uri.location))
    if os.path.isdir(end):
        return {Place(end, None), *links}
    while not os.path.isdir(os.path.dirname(end)):
        end = os.path.dirname(end)
    return {_place(end), *links}


def _followed(path: str) -> tuple[str, list[Place]]:
    """Return where a path leads, and the links on the way, as the kernel follows them."""
    end, ahead, links = os.sep, path.split(os.sep), list[Place]()
    while ahead:
        name = ahead.pop(0)
        if name == os.pardir:
            end = os.path.dirname(end)
            continue
        here = os.path.normpath(os.path.join(end, name))
        target = _target(here) if len(links) < _MOST_LINKS else None
        if target is None:
            end = here
            continue
        links.append(_place(here))
        end = os.sep if os.path.isabs(target) else end
        ahead = target.split(os.sep) + ahead
    return end, links


def _target(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:  # not a link, or nothing is there
        return None


def _place(path: str) -> Place:
    folder, name = os.path.split(path)
    return Place(folder, frozenset({name}))
