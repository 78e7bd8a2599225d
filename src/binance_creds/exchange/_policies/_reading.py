"""From a name, a path or a table to a `Policy`."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from binance_creds._files._toml import parsed, read_bytes
from binance_creds._working_directory import working_directory
from binance_creds.errors import ConfigurationError
from binance_creds.exchange._policies._model import POLICY_NAME, Policy, PolicyTable
from binance_creds.exchange._policies._problems import meant, problem_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PACKAGED", "is_path", "policy_named", "policy_of_table"]

PACKAGED: Final = (
    "read-only", "accounting", "spot-trading", "high-frequency", "futures-trading",
    "arbitrage-withdraw", "testnet",
)  # fmt: skip
_FOLDER: Final = "binance_creds.exchange._policies"
_ENDING: Final = ".toml"


def policy_named(
    policy: Policy | str | os.PathLike[str], *, own: Mapping[str, Policy] | None = None
) -> Policy:
    """Return a policy.

    Args:
        policy: the name of a packaged or an own one, the path of a TOML file, or a policy.
        own: further ones by name, such as those of a configuration.

    Raises:
        ConfigurationError: there is none of that name, or the file cannot be used; it names the
            file and the entry. What was given is not repeated: it may be a key that was pasted.
    """
    if isinstance(policy, Policy):
        return policy
    outcome = _of_file(os.fsdecode(policy)) if is_path(policy) else _of_name(policy, own or {})
    if isinstance(outcome, Policy):
        return outcome
    del policy
    raise outcome


def is_path(policy: object) -> bool:
    """Return whether a policy is given as the path of a file; what has no ending needs a slash."""
    if isinstance(policy, os.PathLike):
        return True
    return isinstance(policy, str) and (
        policy.endswith(_ENDING) or "/" in policy or os.sep in policy
    )


def policy_of_table(written: Mapping[str, object], name: str, where: str = "") -> Policy | str:
    """Return the policy that a table describes, or what is wrong with it.

    Args:
        written: the table.
        name: of the policy.
        where: the table's path in the document, such as `policies.mine`.
    """
    try:
        table = PolicyTable.model_validate(written)
    except ValidationError as error:
        return problem_of(error, where)
    base = None
    if table.base is not None:
        if table.base not in PACKAGED:
            before = f"{where}.base" if where else "base"
            known = ", ".join(PACKAGED)
            return f"{before}: no packaged policy{meant(table.base, PACKAGED)}; they are {known}"
        base = packaged(table.base)
    try:
        return table.named(name, base)
    except ValidationError as error:
        return problem_of(error, where)


@lru_cache(maxsize=len(PACKAGED))
def packaged(name: str) -> Policy:
    """Return one of the policies that are part of this library."""
    text = (files(_FOLDER) / f"{name}{_ENDING}").read_bytes()
    return PolicyTable.model_validate(parsed(text)).named(name)


def _of_name(name: object, own: Mapping[str, Policy]) -> Policy | ConfigurationError:
    if isinstance(name, str) and name in own:
        return own[name]
    if isinstance(name, str) and name in PACKAGED:
        return packaged(name)
    known = [*own, *PACKAGED]
    question = meant(name, known) if isinstance(name, str) else ""
    return ConfigurationError(
        f"there is no such policy{question or '.'}",
        hint=f"Write the path of a {_ENDING} file, or one of: {', '.join(known)}.",
    )


def _of_file(text: str) -> Policy | ConfigurationError:
    path = os.path.join(working_directory(), os.path.expanduser(text))
    content = read_bytes(path)
    document = parsed(content) if isinstance(content, bytes) else content
    if isinstance(document, dict):
        name = os.path.basename(path).removesuffix(_ENDING)
        outcome = policy_of_table(document, name if re.search(POLICY_NAME, name) else "own")
        if isinstance(outcome, Policy):
            return outcome
        problem = f"the policy is wrong: {outcome}."
    else:
        problem = f"the policy file {document or 'does not exist'}."
    is_shown = path.endswith(_ENDING) and path.isprintable()
    return ConfigurationError(problem, source=f"policy:{path if is_shown else '(the named file)'}")
