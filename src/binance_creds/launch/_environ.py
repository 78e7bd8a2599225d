"""The environment of a child: not that of its parent, which holds logins to stores."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["child_environ"]

_HARMLESS: Final = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_.*|TZ|TERM|COLORTERM|NO_COLOR|TMPDIR|PWD"
    r"|XDG_RUNTIME_DIR|SYSTEMROOT|TEMP|TMP|COMSPEC|PATHEXT"
)
# What logs in at a store, or says where our own credentials are.
_LOGINS: Final = re.compile(
    r"AWS_.*|VAULT_.*|BAO_.*|AZURE_.*|IDENTITY_.*|MSI_.*|GOOGLE_.*|CLOUDSDK_.*|GCLOUD_.*"
    r"|OP_SERVICE_ACCOUNT_TOKEN|OP_CONNECT_.*|OP_SESSION.*|BW_SESSION|BW_PASSWORD|BINANCE_CREDS_.*"
)


def child_environ(
    environ: Mapping[str, str],
    variables: Mapping[str, str],
    *,
    is_clean: bool = False,
    keep: Collection[str] = (),
) -> dict[str, str]:
    """Return the environment of a program.

    Args:
        environ: of this process. Logins to stores, such as `AWS_*` and `VAULT_*`, are left out.
        variables: what is added.
        is_clean: leave out everything but names such as `PATH`, `HOME`, `LANG` and `TZ`.
        keep: names that are not left out.
    """
    kept = {name: value for name, value in environ.items() if _is_kept(name, is_clean, keep)}
    return kept | dict(variables)


def _is_kept(name: str, is_clean: bool, keep: Collection[str]) -> bool:
    if name in keep:
        return True
    return bool(_HARMLESS.fullmatch(name)) if is_clean else not _LOGINS.fullmatch(name)
