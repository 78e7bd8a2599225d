"""The descriptions of AWS's services, read once."""

from __future__ import annotations

from functools import cache

import botocore.session


def read_once() -> None:
    """Let all sessions of this process share what each would read anew: megabytes of JSON."""
    if not hasattr(botocore.session.create_loader, "cache_clear"):
        botocore.session.create_loader = cache(botocore.session.create_loader)
