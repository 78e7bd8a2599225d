"""Store into a file: only in place of what was read, and only what reads back the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._files._writer import rewrite
from binance_creds._parse._content_version import content_version
from binance_creds._raw import FIELDS, VALUE
from binance_creds.errors import ConfigurationError, CredentialsError
from binance_creds.providers.remote._error_row import CHANGED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._files._rules import FileRules
    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
__all__ = ["Form", "stored"]


class Form(NamedTuple):
    """How a file holds credentials.

    Attributes:
        read: gives the fields of a text, `None` where it has none.
        edit: gives the text with other fields in place of those that it has.
    """

    read: Callable[[Secret], Mapping[str, Secret] | None]
    edit: Callable[[Secret | None, Mapping[str, Secret]], Secret]


def stored(
    path: str,
    form: Form,
    fields: Mapping[str, Secret],
    expected_version: str | None,
    *,
    source: str,
    rules: FileRules,
    deadline: Deadline,
) -> str:
    """Replace the fields in a file; return the version that a fetch of this process will tell.

    Raises:
        ConflictError: the file holds another version than the expected one.
        ConfigurationError: it cannot hold these fields.
        CredentialsError: as `rewrite` does; nothing was written.
    """

    def change(text: Secret | None) -> Secret:
        found = None if text is None else form.read(text)
        if (None if not found else content_version(found)) != expected_version:
            raise CHANGED.error()
        new = form.edit(text, fields)
        if form.read(new) != dict(fields):
            raise _NOT_THE_SAME.again()
        return new

    refusal: CredentialsError
    try:
        _check(fields)
        if rules.takes_pipe:
            raise _A_PIPE.again()
        rewrite(path, change, rules=rules, deadline=deadline)
        return content_version(fields)
    except CredentialsError as error:
        refusal = error.at(source)  # raised anew: the frames below hold plaintext
    raise refusal


def _check(fields: Mapping[str, Secret]) -> None:
    if not fields or not (fields.keys() <= set(FIELDS) or fields.keys() == {VALUE}):
        msg = f"the fields that can be stored are {', '.join(FIELDS)}."
        raise ConfigurationError(msg, hint="Give a whole credential.")


_NOT_THE_SAME: Final = ConfigurationError(
    "the file would not give back what is stored.",
    hint="Check its other lines, or use a file of its own for the credentials.",
)
_A_PIPE: Final = ConfigurationError(
    "a pipe is read once: nothing can be stored into it.", hint="Leave out the option `pipe`."
)
