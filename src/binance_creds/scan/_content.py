"""What a file is, by its content: archives and images are left out, with what unpacks them."""

from __future__ import annotations

import re
from shlex import quote
from typing import Final

from binance_creds.scan._findings import LeftOut

__all__ = ["has_generic_rules", "left_out_by_content"]

_ARCHIVE: Final = "an archive or compressed file"
_IMAGE: Final = "an image"
_KINDS: Final = (
    (b"PK\x03\x04", _ARCHIVE, "unzip -p {}"),
    (b"\x1f\x8b", _ARCHIVE, "gzip -dc {}"),
    (b"BZh", _ARCHIVE, "bzip2 -dc {}"),
    (b"\xfd7zXZ\x00", _ARCHIVE, "xz -dc {}"),
    (b"\x28\xb5\x2f\xfd", _ARCHIVE, "zstd -dc {}"),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE, "7z x -so {}"),
    (b"Rar!\x1a\x07", _ARCHIVE, "unrar p -inul {}"),
    (b"%PDF-", "a PDF file", "pdftotext {} -"),
    (b"\x89PNG\r\n", _IMAGE, "tesseract {} -"),
    (b"\xff\xd8\xff", _IMAGE, "tesseract {} -"),
    (b"GIF8", _IMAGE, "tesseract {} -"),
)
# Hashes of packages; generic rules would find what is none of a key's business.
_LOCK: Final = re.compile(
    r"(?:\.lock|-lock\.(?:json|ya?ml)|\.lock\.(?:hcl|json)|(?:^|/)go\.sum|npm-shrinkwrap\.json"
    r"|(?:^|/)(?:SHA\d+SUMS|checksums?)(?:\.txt)?|\.(?:pem|crt|cer|asc))\Z",
    re.IGNORECASE,
)


def left_out_by_content(path: str, head: bytes) -> LeftOut | None:
    """Return why a file is left out, by its first bytes; `None` if it is read."""
    for magic, reason, command in _KINDS:
        if head.startswith(magic):
            unpack = f"{command.format(quote(path))} | binance-creds scan --stdin"
            return LeftOut(path, reason, unpack)
    return None


def has_generic_rules(path: str) -> bool:
    """Whether generic rules look at a file; own keys are looked for in every file."""
    return _LOCK.search(path) is None
