"""What a parser may see of a document: its text, with a stand-in for each long word.

The parsers of JSON, TOML and `.env` lines work with text, and leave copies of it in memory. So they
get an outline: every run of letters and digits that could be a key is replaced by another one of
the same length. What a parser returns is put together again from the document itself.
"""

from __future__ import annotations

import re

from binance_creds._parse._names import DEFAULT_PREFIX, Names, folded
from binance_creds._raw import keyed_digest
from binance_creds._secret import Secret, joined, plain_bytes
from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

__all__ = ["Outline"]

# The parser must see what an escape sequence is made of, `\U0001F511` at most. A run is longer than
# any bare name of a field.
_RUN: Final = rb"\\.[A-Za-z0-9]{0,8}+|([A-Za-z0-9+/]{24,})"
_NUMBER: Final = b"0123456789eE+"
_STAND_IN: Final = r"Q[0-9a-f]{16}"  # and then filled up
_SHORTEST_PREFIX: Final = 3  # a shorter one begins too many keys, and no long name


class Outline:
    """The text of a document with stand-ins, and what they stand for.

    Equal words have equal stand-ins. Numbers, and words that begin as our names do, stay.

    Attributes:
        text: what a parser may see.
    """

    def __init__(self, document: Secret, names: Names) -> None:
        self._plain = plain_bytes(document)
        self._names = names
        self._starts = _starts(names)
        self._places: dict[str, slice] = {}
        self.text: Final = re.sub(_RUN, self._stand_in, self._plain).decode()

    def name(self, written: str) -> str:
        """Return how a name of the document stands in the outline."""
        return Outline(Secret(written.encode(errors="replace")), self._names).text

    def secret(self, seen: str) -> Secret:
        """Return what a parser saw, as the document says it.

        Raises:
            MalformedSecretError: it holds a lone surrogate.
        """
        whole = Secret(seen)
        parts: list[bytes | memoryview] = []
        end = 0
        with memoryview(self._plain) as view:
            for match in re.finditer(_STAND_IN, seen):
                place = self._places.get(match[0])
                if place is not None:
                    parts += [seen[end : match.start()].encode(), view[place]]
                    end = match.start() + len(parts[-1])
            return Secret(joined([*parts, seen[end:].encode()])) if parts else whole

    def _stand_in(self, match: re.Match[bytes]) -> bytes:
        (start, stop), whole = match.span(1), slice(*match.span())
        del match  # it shows what it has found
        if start < 0:  # an escape sequence
            return bytes(self._plain[whole])
        with memoryview(self._plain) as view, view[start:stop] as word:
            if self._must_show(word):
                return bytes(word)
            shown = f"Q{keyed_digest([word])}"
            end = b"z" if all(byte not in b"+/" for byte in word) else b"+"
        self._places[shown] = slice(start, stop)
        return shown.encode().ljust(stop - start - 1, b"z") + end

    def _must_show(self, word: memoryview) -> bool:
        is_ours = bytes(word[:24]).lower().startswith(self._starts)
        return is_ours or all(byte in _NUMBER for byte in word)


def _starts(names: Names) -> tuple[bytes, ...]:
    prefixes = (folded(prefix)[:24].encode() for prefix in (names.prefix, DEFAULT_PREFIX))
    return tuple(prefix for prefix in prefixes if len(prefix) >= _SHORTEST_PREFIX)
