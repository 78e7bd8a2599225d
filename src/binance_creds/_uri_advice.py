"""What to write instead of what is no source; imported only where something is refused."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final

__all__ = ["advice", "signer_advice", "source_advice"]

_QUOTES: Final = "\"'`\u2018\u2019\u201c\u201d\u00ab"
_NO_JSON: Final = (
    " It looks like JSON: a source says where credentials are. Write them into a file, and its path"
    " behind file:."
)


_SIGNERS: Final = {  # how the places themselves name a key
    r"SHA256:": "Write ssh-agent: before the fingerprint of a key in an SSH agent.",
    r"MD5:": "`ssh-add -l` lists SHA-256 fingerprints; write ssh-agent: before one of these.",
    r"arn:[\w-]+:kms:": "Write aws-kms:// before the ARN of a key.",
    r"projects/": "Write gcp-kms: before the name of a key's version.",
    r"https://[\w.-]+/keys/": "Write azure-keys://VAULT/KEY for a key of Azure.",
    r"(vault|openbao|https?|transit)(:|/)": "A key of Transit is vault-transit://MOUNT/KEY?address=...",
    r"(file:|[~.]*/|\w:\\)": (
        "A signer is no file: a private key in a file is named by the field private_key_file."
    ),
}


_SOURCES: Final = {  # how stores and other programs name a secret
    r"arn:[\w-]+:secretsmanager:": "Write aws-sm: before the ARN of a secret.",
    r"arn:[\w-]+:ssm:": "Parameters of AWS are not read: keep the pair in AWS Secrets Manager.",
    r"projects/[^/]+/(locations/[^/]+/)?secrets/": "Write gcp-sm: before the name of a secret.",
    r"https://[\w-]+\.vault\.(azure|usgovcloudapi)\.": "Write azure-kv://VAULT/NAME.",
    r"op://": "Let `op read` print it, as a program of command:NAME.",
    r"https?://": "A server is named by the option address or endpoint of its store's scheme.",
    r"\$|\{\{|%\w+%": "It holds a variable that nothing has replaced.",
}


def source_advice(text: str) -> str | None:
    """Return what to write for a secret that is named as its own store names it."""
    return next((told for start, told in _SOURCES.items() if re.match(start, text)), None)


def advice(given: object) -> str:
    """Return a sentence with a space before it, or nothing; what was given may be a key."""
    if isinstance(given, os.PathLike):
        scheme = "dotenv" if str(given).endswith(".env") else "file"
        return f' Write f"{scheme}:{{path}}".'
    if isinstance(given, Mapping):
        return (
            " A source says where credentials are; to hand them over, use"
            " providers.memory.register(NAME, fields) and the source memory:NAME."
        )
    return _advice_on_text(given) if isinstance(given, str) else ""


def _advice_on_text(text: str) -> str:
    scheme, colon, _ = text.partition(":")
    of_store = source_advice(text)
    if of_store is not None:
        return f" {of_store}"
    told = {
        " It is in quotes: write it without them.": text[:1] in tuple(_QUOTES),
        " There is white space around it: take it off.": text != text.strip(),
        _NO_JSON: text[:1] in {"{", "["},
        " It looks like a key: a source says where credentials are.": text.startswith("-----"),
        " Write the scheme in lower case.": colon and scheme.isupper() and len(scheme) > 1,
        " Write dotenv: before the path of a .env file.": text.endswith(".env"),
        " Write file: before a path.": "/" in text or "\\" in text,
    }
    return next((sentence for sentence, is_so in told.items() if is_so), "")


def signer_advice(text: str) -> str | None:
    """Return what to write for a key that is named as its own place names it."""
    return next((told for start, told in _SIGNERS.items() if re.match(start, text)), None)
