"""The prefix rule: which variables hold the fields of a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds._parse._names import collected
from binance_creds.errors import CredentialsError, MalformedSecretError, SecretNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from binance_creds._secret import Secret

__all__ = ["DEFAULT_PREFIX", "fields_of_prefix"]

DEFAULT_PREFIX: Final = "BINANCE"

# The short names are those of sub-accounts: BINANCE_SUB_ALPHA_KEY, BINANCE_SUB_ALPHA_SECRET.
_SUFFIXES: Final = {
    "api_key": ("API_KEY", "KEY"),
    "api_secret": ("API_SECRET", "SECRET"),
    "private_key": ("PRIVATE_KEY",),
    "passphrase": ("PRIVATE_KEY_PASSPHRASE",),
    "environment": ("ENVIRONMENT",),
    "created": ("CREATED",),
    "rotation_days": ("ROTATION_DAYS",),
}


def fields_of_prefix(
    variables: Mapping[str, Secret],
    prefix: str,
    *,
    source: str,
    read_file: Callable[[str], Secret],
) -> dict[str, Secret]:
    """Return the fields that variables of a prefix hold, directly or in a file (`..._FILE`).

    Args:
        variables: names to values.
        prefix: such as `BINANCE`.
        source: redacted, for errors.
        read_file: reads the file that a `..._FILE` variable names.

    Raises:
        SecretNotFoundError: none of them is set.
        MalformedSecretError: one is empty, or two contradict each other.
    """
    try:
        fields = collected(_entries(variables, prefix, read_file))
    except CredentialsError as error:
        refusal = error if error.source else error.at(source)
        refusal = refusal.again()
    else:
        if fields:
            return fields
        refusal = SecretNotFoundError(
            f"none of {prefix}_API_KEY, {prefix}_API_SECRET and {prefix}_PRIVATE_KEY is set.",
            source=source,
            hint="Set the API key and one of the others.",
        )
    raise refusal


def _entries(
    variables: Mapping[str, Secret], prefix: str, read_file: Callable[[str], Secret]
) -> Iterator[tuple[str, str, Secret]]:
    for field, suffixes in _SUFFIXES.items():
        for suffix in suffixes:
            name = f"{prefix}_{suffix}"
            value, path = variables.get(name), variables.get(f"{name}_FILE")
            if value is not None and path is not None:
                raise MalformedSecretError(
                    f"both {name} and {name}_FILE are set.",
                    reason="ambiguous",
                    field=field,
                    hint="Unset one of them.",
                )
            if value is not None:
                _refuse_empty(value, name, field)
                yield field, name, value
            if path is not None:
                _refuse_empty(path, f"{name}_FILE", field)
                yield field, f"{name}_FILE", _read(path, f"{name}_FILE", field, read_file)


def _read(path: Secret, name: str, field: str, read_file: Callable[[str], Secret]) -> Secret:
    try:
        return read_file(path.reveal().strip())
    except SecretNotFoundError:
        # A variable that is set is no absence: moving on would hide the typing error.
        raise MalformedSecretError(
            f"the file that {name} names does not exist.",
            reason="missing_file",
            field=field,
            hint="Correct the path, or unset the variable.",
        ) from None


def _refuse_empty(value: Secret, name: str, field: str) -> None:
    if not value.reveal().strip():
        raise MalformedSecretError(
            f"{name} is set but empty.",
            reason="empty",
            field=field,
            hint="Give it a value, or unset it.",
        )
