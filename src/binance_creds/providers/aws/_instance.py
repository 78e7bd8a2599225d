"""The metadata service of an EC2 instance: whether it has no role to give, or does not answer.

botocore takes the second for the first, and for a machine that is no instance at all.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

__all__ = ["is_mute"]

_ADDRESS: Final = "http://169.254.169.254"
_VENDOR: Final = Path("/sys/class/dmi/id/sys_vendor")  # EC2 User Guide, Identify EC2 instances
_SECONDS: Final = 1.0  # as botocore's own
_PASSING: Final = frozenset({200, 429, *range(500, 600)})  # with a role, and no credentials of it


def is_mute() -> bool:
    """Return whether this is an instance whose metadata service gives nothing at the moment.

    Blocks for two seconds at most; asks nobody where this is no instance.
    """
    if os.environ.get("AWS_EC2_METADATA_DISABLED", "").casefold() == "true":
        return False
    named = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT")
    if not named and not _is_instance():
        return False
    try:
        return _status((named or _ADDRESS).rstrip("/")) in _PASSING
    except BotoCoreError:  # refused, silent
        return True
    except ValueError:  # no URL, which botocore has said
        return False


def _is_instance() -> bool:
    try:
        return _VENDOR.read_text(encoding="ascii").strip() == "Amazon EC2"
    except (OSError, ValueError):
        return False


def _status(address: str) -> int:
    """Return the status of the answer to which roles there are."""
    session = URLLib3Session(timeout=_SECONDS)  # uses no proxy
    ask = {"x-aws-ec2-metadata-token-ttl-seconds": "60"}
    token = session.send(AWSRequest("PUT", f"{address}/latest/api/token", headers=ask).prepare())
    shown = {"x-aws-ec2-metadata-token": token.text} if token.status_code == 200 else {}  # noqa: PLR2004  # OK
    roles = f"{address}/latest/meta-data/iam/security-credentials/"
    status: int = session.send(AWSRequest("GET", roles, headers=shown).prepare()).status_code
    return status
