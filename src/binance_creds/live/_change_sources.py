"""Join a keeper to everything that can tell it of a change before the next poll."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.errors import CredentialsError
from binance_creds.live._engine import ENGINE
from binance_creds.live._file_watch import FileWatch
from binance_creds.live._files import Files
from binance_creds.live._outcomes import Kind
from binance_creds.live._places import is_of_files
from binance_creds.live._push import Listeners

if TYPE_CHECKING:
    from binance_creds.live._keeper import Keeper

__all__ = ["watch"]

_FILES: Final = FileWatch()
_LISTENERS: Final = Listeners()


def watch(keeper: Keeper, *, is_again: bool = False) -> None:
    """Watch the keeper's files, and listen to the push sources of its policy.

    Args:
        keeper: whose.
        is_again: in a forked child, where a reader must not fail for a push source: it is lost.

    Raises:
        ConfigurationError: the URI of a push source is wrong.
        ProviderNotInstalledError: the package of a push source is missing.
    """
    if keeper.is_pinned:
        return
    keeper.watches = []
    for text in keeper.policy.push:
        try:
            keeper.watches.append(_LISTENERS.add(text, keeper))
        except CredentialsError as error:
            if not is_again:
                raise
            ENGINE.tell(keeper, Kind.PUSH_LOST, error.again())
    _watch_files(keeper)


def _watch_files(keeper: Keeper) -> None:
    """Look at once: a file may have changed between the first load and its watch."""
    uris = [uri for uri in keeper.sources() if is_of_files(uri)]
    if not uris:
        return

    def look(is_watched: bool) -> None:
        keeper.set_alive("files", is_alive=is_watched)
        ENGINE.run(keeper, keeper.machine.ask)

    files = Files(_FILES, uris, look)
    keeper.watches.append(files.close)
    files.look()
