"""What a configuration names: its profiles, and the policies that profiles can ask for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from binance_creds._config._checks import own_policies
from binance_creds._config._discovery import find_document
from binance_creds._config._profiles import checked_configuration
from binance_creds.errors import ConfigurationError
from binance_creds.exchange._policies._reading import PACKAGED, policy_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.exchange import Policy

__all__ = ["policies", "profile_names"]

Config = str | os.PathLike[str]


def profile_names(config: Config | Mapping[str, object] | None = None) -> tuple[str, ...]:
    """Return the names of the profiles of a configuration, in its order; none where there is none.

    Args:
        config: a configuration file's path, or the configuration itself as a mapping; `None`
            searches, as `load_credentials` does.

    Raises:
        ConfigurationError: the configuration cannot be read, or is wrong.
    """
    document = find_document(config, environ=os.environ)
    return tuple(checked_configuration(document).profiles) if document else ()


def policies(config: Config | Mapping[str, object] | None = None) -> dict[str, Policy]:
    """Return every policy that a profile of a configuration can name: its own, then the packaged.

    Args:
        config: as for `profile_names`.

    Raises:
        ConfigurationError: the configuration cannot be read, or is wrong.
    """
    document = find_document(config, environ=os.environ)
    own = own_policies(checked_configuration(document)) if document else {}
    if isinstance(own, str):
        raise ConfigurationError(own, source=f"config:{document.origin}" if document else None)
    return own | {name: policy_named(name) for name in PACKAGED}
