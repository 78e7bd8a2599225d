"""The environment variables that a program reads its credentials from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from binance_creds._recorded import record
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._credentials import Credentials

__all__ = ["FIELDS", "variable_names", "variables_for"]

FIELDS: Final = ("api_key", "api_secret", "private_key", "environment")
_SETS: Final = {
    "binance": {field: f"BINANCE_{field.upper()}" for field in FIELDS},
    # freqtrade's documentation, "Configuration", Environment variables; read on 2026-11-26
    "freqtrade": {
        "api_key": "FREQTRADE__EXCHANGE__KEY",
        "api_secret": "FREQTRADE__EXCHANGE__SECRET",
    },
}
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What decides which code runs: a secret in one of these breaks the program, or worse.
_DECISIVE: Final = re.compile(
    r"PATH | HOME | SHELL | IFS | ENV | BASH_ENV | PROMPT_COMMAND | PS4 | LD_.* | DYLD_.*"
    r" | NODE_OPTIONS | NODE_PATH | PYTHON.* | PERL5?(?:OPT|LIB) | RUBY(?:OPT|LIB)"
    r" | JAVA_TOOL_OPTIONS | _JAVA_OPTIONS | CLASSPATH | GIT_.* | SSH_.*",
    re.VERBOSE | re.IGNORECASE,
)


def variable_names(text: str = "binance") -> dict[str, str]:
    """Return which field goes into which variable.

    Args:
        text: the name of a set (`binance`, `freqtrade`), or pairs such as
            `api_key=KEY,api_secret=SECRET`; fields are `api_key`, `api_secret`, `private_key`
            and `environment`.

    Raises:
        ConfigurationError: a field or a set is not known, or a variable would change what runs.
    """
    if text in _SETS:
        return dict(_SETS[text])
    names: dict[str, str] = {}
    for pair in text.split(","):
        field, separator, name = pair.strip().partition("=")
        if not separator or field not in FIELDS:
            msg = "the names of variables are not understood."
            hint = (
                f"Write {', '.join(_SETS)}, or pairs such as api_key=KEY,api_secret=SECRET;"
                f" the fields are {', '.join(FIELDS)}."
            )
            raise ConfigurationError(msg, hint=hint)
        _check(name)
        names[field] = name
    return names


def variables_for(
    credentials: Credentials, names: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the variables of a program's environment, with the plaintext of the credentials.

    Args:
        credentials: one snapshot; a sealed one has nothing to give.
        names: which field goes into which variable; `variable_names()` by default. Fields that
            the credentials do not have are left out.

    Raises:
        ConfigurationError: the credentials are sealed, or none of what signs has a variable.
    """
    if credentials.signed_by is not None:
        msg = f"the key of these credentials stays at {credentials.signed_by}: nobody here has it."
        hint = "Run a program that loads the same source with binance_creds."
        raise ConfigurationError(msg, hint=hint)
    if credentials.is_sealed:
        msg = "these credentials are sealed, so their secret cannot be given to a program."
        raise ConfigurationError(msg, hint="Leave sealed out of the profile that it runs with.")
    names = variable_names() if names is None else names
    signing = "private_key" if credentials.api_secret is None else "api_secret"
    if not {"api_key", signing} <= names.keys():
        msg = f"these credentials have api_key and {signing}, and not both have a variable."
        raise ConfigurationError(msg, hint=f"Name both, such as api_key=KEY,{signing}=SECRET.")
    secret = credentials.api_secret or credentials.private_key_pem
    assert secret is not None  # noqa: S101  # they are not sealed
    record("reveal", credentials=credentials, detail="variables of a program")
    given = {names["api_key"]: credentials.api_key.reveal(), names[signing]: secret.reveal()}
    if "environment" in names:
        given[names["environment"]] = credentials.environment.value
    return given


def _check(name: str) -> None:
    if not _NAME.fullmatch(name) or _DECISIVE.fullmatch(name):
        msg = "a variable has a name that cannot be used: it changes what runs, or is no name."
        raise ConfigurationError(msg, hint="Write a name such as BINANCE_API_KEY.")
