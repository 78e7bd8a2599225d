"""The prefix rule: which variables hold the fields of a credential, directly or in a file."""

from __future__ import annotations

from binance_creds._parse._clean import secret_of, stripped
from binance_creds._parse._facts import environment_said
from binance_creds._parse._names import Names, collected
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import CredentialsError, MalformedSecretError, SecretNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from binance_creds._raw import Fields
    from binance_creds._secret import Secret

    ReadFile = Callable[[str], Secret]

__all__ = ["fields_of_prefix", "prefixed_fields"]


def fields_of_prefix(
    variables: Mapping[str, Secret | str | bytes], prefix: str, *, source: str, read_file: ReadFile
) -> Fields:
    """Return the fields that variables of a prefix hold, directly or in a file (`..._FILE`).

    Args:
        variables: names to values.
        prefix: such as `BINANCE`.
        source: redacted, for errors.
        read_file: reads the file that a `..._FILE` variable names.

    Raises:
        SecretNotFoundError: none of them is set, or the environment alone.
        MalformedSecretError: one is empty, or two contradict each other.
    """
    names = Names(prefix, takes_bare=False)
    environment = None
    try:
        fields = prefixed_fields(variables, names, read_file)
        if fields.keys() == {"environment"}:
            environment = environment_said(fields.pop("environment")).value
    except CredentialsError as error:
        refusal: CredentialsError = error.at(source)
    else:
        if fields:
            return fields
        refusal = SecretNotFoundError(
            f"none of {names.all} is set{names.near(variables)}.",
            source=source,
            hint="Set the API key and one of the others.",
        )
        refusal.environment = environment
    del variables  # they may be plaintext
    raise refusal


def prefixed_fields(
    variables: Mapping[str, Secret | str | bytes], names: Names, read_file: ReadFile | None
) -> Fields:
    """Return the fields that variables hold; the caller raises errors anew.

    Without `read_file` a name that ends in `_FILE` is none of ours.
    """
    ours = names.roles(variables, files=read_file is not None)
    _refuse_both(ours)
    others = (name for name in variables if name not in ours)
    return collected(_entries(ours, variables, read_file), names, others)


def _refuse_both(ours: Mapping[str, tuple[str, bool]]) -> None:
    direct = {field: name for name, (field, is_file) in ours.items() if not is_file}
    for name, (field, is_file) in ours.items():
        if is_file and field in direct:
            raise MalformedSecretError(
                f"both {direct[field]} and {name} are set.",
                reason="ambiguous",
                field=field,
                hint="Unset one of them.",
            )


def _entries(
    ours: Mapping[str, tuple[str, bool]],
    variables: Mapping[str, Secret | str | bytes],
    read_file: ReadFile | None,
) -> Iterator[tuple[str, str, Secret]]:
    for name, (field, is_file) in ours.items():
        value = secret_of(variables[name], field, name=name)
        if is_file and read_file is not None:
            value = _read(value, name, field, read_file)
        yield field, name, value


def _read(path: Secret, name: str, field: str, read_file: ReadFile) -> Secret:
    try:
        return read_file(stripped(path.reveal()))
    except SecretNotFoundError as error:
        where = error.message
    # A variable that is set is no absence: moving on would hide the typing error.
    raise MalformedSecretError(
        f"the file that {name} names does not exist: {where}",
        reason="missing_file",
        field=field,
        hint="Correct the path, or unset the variable.",
    )
