"""The files that keep credentials out of git, and say what they look like."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["with_example", "with_ignored"]

_ALWAYS: Final = (".env", ".env.*", "!.env.example")
_EXAMPLE: Final = """\
# {title}
{prefix}_API_KEY=
{prefix}_API_SECRET=
# for an Ed25519 or RSA key, instead of the secret:
# {prefix}_PRIVATE_KEY_FILE=/path/of/key.pem
"""


def with_ignored(text: str | None, uri: SourceURI, here: str) -> str:
    """Return a .gitignore that keeps `.env` files out, and the file of the source."""
    present = {line.strip() for line in (text or "").splitlines()}
    missing = [line for line in (*_ALWAYS, *_own(uri, here)) if line not in present]
    return _longer(text or "", "".join(f"{line}\n" for line in missing))


def _own(uri: SourceURI, here: str) -> list[str]:
    """Return the pattern of a file or folder of the project that no other pattern covers."""
    if uri.scheme not in {"dotenv", "file"}:
        return []
    path = os.path.join(here, os.path.expanduser(uri.location))
    name = os.path.basename(path)
    is_covered = name == ".env" or (name.startswith(".env.") and name != ".env.example")
    relative = os.path.relpath(path, here).replace(os.sep, "/")
    if is_covered or relative.partition("/")[0] in {".", ".."}:
        return []
    return ["/" + re.sub(r"([*?\[\\ ])", r"\\\1", relative)]


def with_example(text: str | None, uri: SourceURI) -> str:
    """Return a .env.example that has the variables of the source, if it reads any."""
    if uri.scheme not in {"env", "dotenv"}:
        return text or ""
    prefix = (uri.location if uri.scheme == "env" else uri.option("prefix")) or "BINANCE"
    if re.search(rf"^\W*{re.escape(prefix)}_", text or "", re.MULTILINE):
        return text or ""
    name = os.path.basename(uri.location)
    title = f"Copy this file to {name}, fill it in, and keep {name} out of git."
    if uri.scheme == "env":
        title = "Set these variables where the program starts; no value belongs into git."
    return _longer(text or "", _EXAMPLE.format(title=title, prefix=prefix))


def _longer(text: str, more: str) -> str:
    gap = "\n" if text and more and not text.endswith("\n") else ""
    return text + gap + more
