"""Begin the audit that a configuration asks for, once for the process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from binance_creds._config._profiles import checked_configuration
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from binance_creds._config._discovery import Document
    from binance_creds._config._models import Audit

__all__ = ["begin_audit"]

_begun: Audit | None = None


def begin_audit(document: Document) -> None:
    """Begin it, unless it was begun before with the same settings.

    Raises:
        ConfigurationError: the configuration was found in the working directory and not named, so
            it may not say where to write; or it is wrong.
        AccessDeniedError: the file cannot be opened, or is open to others.
    """
    wanted = checked_configuration(document).audit
    global _begun  # noqa: PLW0603  # one for the process
    if wanted is None or wanted == _begun:
        return
    if document.is_found:
        msg = (
            f"[audit] of {document.origin} says which file is written, which a file that was only"
            " found in the working directory may not: it may have come with a repository."
        )
        hint = "Name the file: pass config=..., or set BINANCE_CREDS_CONFIG; or take the table out."
        raise ConfigurationError(msg, source=f"config:{document.origin}", hint=hint)
    from binance_creds import audit  # noqa: PLC0415  # few programs have one

    key_file = None if wanted.key_file is None else os.path.expanduser(wanted.key_file)
    audit.start(
        os.path.expanduser(wanted.path),
        key_file=key_file,
        max_bytes=wanted.max_bytes,
        keep=wanted.keep,
    )
    _begun = wanted
