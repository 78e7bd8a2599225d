"""The digests of your own keys, in a file of its owner alone, so that a hook needs no store."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any, Final

from binance_creds._files._rules import FileRules
from binance_creds._files._state_folder import state_folder
from binance_creds._files._writer import rewrite
from binance_creds._secret import Secret
from binance_creds._time._deadline import Deadline
from binance_creds.errors import AccessDeniedError, ConfigurationError
from binance_creds.scan._own._digests import OwnKeys
from binance_creds.scan._own._facts import KeyFacts

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials

__all__ = ["remember", "remembered"]

_FORMAT: Final = 2
_NAME: Final = "own-keys.json"
_RULES: Final = FileRules(otherwise="set XDG_STATE_HOME to another folder")
_SECONDS: Final = 10.0  # for a write
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def remembered() -> OwnKeys:
    """Return the keys that were remembered, from `own-keys.json` in the state folder.

    Raises:
        AccessDeniedError: others can read the file.
        ConfigurationError: it is damaged.
    """
    try:
        path = os.path.join(state_folder(os.environ), _NAME)
    except ConfigurationError:  # nothing can have been remembered
        return OwnKeys()
    try:
        with open(path, encoding="utf-8") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & _OTHERS:
                msg = f"others can read {path}, and search keys in it."
                raise AccessDeniedError(msg, hint="Remove it, and remember the profiles again.")
            return _keys(json.load(file))
    except FileNotFoundError:
        return OwnKeys()
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    msg = f"the keys in {path} cannot be read."
    raise ConfigurationError(msg, hint="Remove it, and remember the profiles again.")


def remember(profile: str, credentials: Credentials, *, facts: KeyFacts | None = None) -> str:
    """Keep keyed digests of credentials for later scans, besides those of before.

    Neither a key nor a secret can be told from them. A key of before stays known, because it may
    lie somewhere still.

    Args:
        profile: how findings name them.
        credentials: not sealed; of sealed ones only the API key is kept.
        facts: what the exchange says of the key now, for the day on which it is found.

    Returns:
        The path of the file.

    Raises:
        CredentialsError: the file of before is damaged, or it cannot be written.
    """
    keys = remembered()
    keys.add(profile, credentials)
    if facts is not None:
        keys.facts[profile] = facts
    folder = state_folder(os.environ)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, _NAME)
    text = Secret(f"{json.dumps(_document(keys), indent=1)}\n")
    rewrite(path, lambda _: text, rules=_RULES, deadline=Deadline(_SECONDS))
    return path


def _document(keys: OwnKeys) -> dict[str, Any]:
    profiles = {
        profile: {rule: [digest.hex() for digest in found] for rule, found in rules.items()}
        for profile, rules in keys.digests().items()
    }
    facts = {profile: one._asdict() for profile, one in keys.facts.items()}
    return {"format": _FORMAT, "key": keys.key.hex(), "profiles": profiles, "facts": facts}


def _keys(document: dict[str, Any]) -> OwnKeys:
    if document["format"] != _FORMAT:
        raise ValueError
    return OwnKeys(
        bytes.fromhex(document["key"]),
        {
            profile: {rule: [bytes.fromhex(one) for one in found] for rule, found in rules.items()}
            for profile, rules in document["profiles"].items()
        },
        {profile: KeyFacts.of(row) for profile, row in document["facts"].items()},
    )
