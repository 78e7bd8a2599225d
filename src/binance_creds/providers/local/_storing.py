"""Store into a file: only in place of what was read, and only what reads back the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._files._writer import check_rewrite, rewrite
from binance_creds._parse._edit._document import is_bare
from binance_creds._parse._edit._dotenv import NO_ENVIRONMENT
from binance_creds._raw import FIELDS, VALUE, content_version
from binance_creds._secret import Secret
from binance_creds.errors import ConfigurationError, CredentialsError, MalformedSecretError
from binance_creds.providers.remote._error_row import CHANGED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._files._rules import FileRules
    from binance_creds._time._deadline import Deadline

__all__ = ["FileStore", "Form"]


class Form(NamedTuple):
    """How a file holds credentials.

    Attributes:
        read: gives the fields of a text, `None` where it has none.
        edit: gives the text with other fields in place of those that it has.
    """

    read: Callable[[Secret], Mapping[str, Secret] | None]
    edit: Callable[[Secret | None, Mapping[str, Secret]], Secret]


class FileStore(NamedTuple):
    """One file that is written.

    Attributes:
        path: absolute.
        form: of its text.
        source: redacted.
        rules: as for reading.
    """

    path: str
    form: Form
    source: str
    rules: FileRules

    def store(
        self, fields: Mapping[str, Secret], expected_version: str | None, deadline: Deadline
    ) -> str:
        """Replace the fields; return the version that a fetch of this process will tell.

        Raises:
            ConflictError: the file holds another version than the expected one.
            ConfigurationError: it cannot hold these fields.
            CredentialsError: as `rewrite` does; nothing was written.
        """

        def change(text: Secret | None) -> Secret:
            self._refuse_other(text, expected_version)
            return self._edited(text, fields)

        def write() -> None:
            _check(fields)
            rewrite(self.path, change, rules=self.rules, deadline=deadline)

        self._told(write)
        return content_version(fields)

    def erase(self, expected_version: str | None, deadline: Deadline) -> None:
        """Remove the fields, and the file where it holds nothing else.

        Raises:
            ConflictError: the file holds another version than the expected one.
            CredentialsError: as `rewrite` does; nothing was removed.
        """

        def change(text: Secret | None) -> Secret | None:
            found = self._refuse_other(text, expected_version)
            if text is None or not found or VALUE in found:
                return None
            new = self.form.edit(text, {})
            return None if is_bare(new) else new

        self._told(lambda: rewrite(self.path, change, rules=self.rules, deadline=deadline))

    def check(self, deadline: Deadline) -> None:
        """Find out whether the file can be replaced, and its text take a pair.

        Raises:
            CredentialsError: as `store` does.
        """

        def change(text: Secret | None) -> Secret:
            try:
                return self._edited(text, _SAMPLE)
            except MalformedSecretError as error:
                if error.reason != "environment_mismatch":
                    raise
            return self.form.edit(text, _SAMPLE)  # it takes a pair of the environment it names

        self._told(lambda: check_rewrite(self.path, change, rules=self.rules, deadline=deadline))

    def _edited(self, text: Secret | None, fields: Mapping[str, Secret]) -> Secret:
        new = self.form.edit(text, fields)
        read = self.form.read(new) or {}
        if read != fields:
            rest = {name: secret for name, secret in read.items() if name != "environment"}
            raise (NO_ENVIRONMENT if rest == fields else _NOT_THE_SAME).again()
        return new

    def _refuse_other(
        self, text: Secret | None, expected_version: str | None
    ) -> Mapping[str, Secret] | None:
        found = None if text is None else self.form.read(text)
        if (content_version(found) if found else None) != expected_version:
            raise CHANGED.error()
        return found

    def _told(self, act: Callable[[], None]) -> None:
        refusal: CredentialsError
        try:
            if self.rules.takes_pipe:
                raise _A_PIPE.again()
            act()
        except CredentialsError as error:
            refusal = error.at(self.source)  # raised anew: the frames below hold plaintext
        else:
            return
        raise refusal


def _check(fields: Mapping[str, Secret]) -> None:
    if not fields or not (fields.keys() <= set(FIELDS) or fields.keys() == {VALUE}):
        msg = f"the fields that can be stored are {', '.join(FIELDS)}."
        raise ConfigurationError(msg, hint="Give a whole credential.")


_SAMPLE: Final = {
    "api_key": Secret("a" * 64), "api_secret": Secret("b" * 64), "environment": Secret("live"),
}  # fmt: skip
_NOT_THE_SAME: Final = ConfigurationError(
    "the file would not give back what is stored.",
    hint="Check its other lines, or use a file of its own for the credentials.",
)
_A_PIPE: Final = ConfigurationError(
    "a pipe is read once: nothing can be stored into it.", hint="Leave out the option `pipe`."
)
