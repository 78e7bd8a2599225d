"""`command:NAME`: what a program prints, such as a password manager."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from binance_creds._command import Command
from binance_creds._files._errors import refuse_size
from binance_creds._files._reader import LARGEST_BYTES, FileReader, FileRules
from binance_creds._parse._document import read_document
from binance_creds._raw import answer
from binance_creds._secret import Secret
from binance_creds._working_directory import working_directory
from binance_creds.errors import ConfigurationError, CredentialsError, MalformedSecretError
from binance_creds.providers._options import check_options
from binance_creds.providers._protocols import Diagnosis
from binance_creds.providers.command._errors import hint_for, not_in_time, of_code, of_start
from binance_creds.providers.command._program import argv_of, variables_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._raw import Fields, RawSecret, Unchanged
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI
    from binance_creds.providers.command._process import Ended

__all__ = ["CommandProvider"]

_DAY_SECONDS: Final = 86_400
_LONGEST_QUESTION: Final = 200
# A question in the last line, with what programs draw behind it.
_PROMPT: Final = (
    rb"(?is)(.*\n)?[^\n=]*(password|passphrase|\bpin\b|\botp\b|code|sign ?in|log ?in|unlock)"
    rb"[^\n=]*[:?>](\s|\[[^\]\n]*\]|\x1b\[[0-9;?]*[A-Za-z])*"
)


class CommandProvider:
    """Run a program, and read what it prints as `file:` reads a file.

    Option: `prefix`. `#member` selects a part of a document. The program comes from the table
    `[commands.NAME]` of a configuration that was named, and never from the source itself.

    Args:
        uri: its location is the name of the table, its settings are the program.
        environ: the variables; those of the process by default.

    Raises:
        ConfigurationError: there is an unknown option, no program, or the platform has no process
            groups.
    """

    def __init__(self, uri: SourceURI, *, environ: Mapping[str, str] | None = None) -> None:
        check_options(uri)
        if not isinstance(uri.settings, Command):
            msg = f"no configuration was named that says which program {uri.location!r} is."
            hint = f"Load it with a configuration that has the table [commands.{uri.location}]."
            raise ConfigurationError(msg, source=uri.redacted, hint=hint)
        if not hasattr(os, "killpg"):
            msg = "commands need process groups, which Windows has not."
            raise ConfigurationError(msg, source=uri.redacted, hint="Use keyring: instead.")
        self._uri, self._command = uri, uri.settings
        # A function, not the mapping: whoever prints this provider must not print the variables.
        self._variables: Callable[[], Mapping[str, str]] = lambda: (
            os.environ if environ is None else environ
        )

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Run the program, and return what it prints.

        Raises:
            ConfigurationError: there is no such program, or it cannot be started.
            ProviderUnavailableError: it failed, or did not finish in time; nothing of it is left.
            SecretNotFoundError: by its exit code, it definitely has no such item.
            MalformedSecretError: what it prints is too large, empty, a prompt, or no credentials.
        """
        source = self._uri.redacted
        try:
            fields = self._fields(deadline)
        except CredentialsError as error:
            refusal = error.at(source)
        else:
            return answer(fields, source, known_version)
        raise refusal

    def diagnose(self, deadline: Deadline, *, poll_seconds: float) -> Diagnosis:  # nothing is run
        """Return which program is run, and how often; it is not run for that."""
        try:
            program = argv_of(self._command, self._variables())[0]
        except CredentialsError as error:
            refusal = error.at(self._uri.redacted)
        else:
            own = self._command.poll_seconds
            per_day = 0 if own is None else round(_DAY_SECONDS / max(own, poll_seconds))
            return Diagnosis(f"the program {program}", {"execute": True}, per_day, 0.0)
        raise refusal

    def close(self) -> None:
        """Nothing is open."""

    def _fields(self, deadline: Deadline) -> Fields:
        text = self._text(deadline)
        return read_document(
            text,
            self._uri,
            read_file=lambda path: FileReader(self._uri.redacted, FileRules(), deadline).read_named(
                path, working_directory()
            ),
        )

    def _text(self, deadline: Deadline) -> Secret:
        argv = argv_of(self._command, self._variables())
        ended = self._ended(argv, deadline)
        if isinstance(ended, CredentialsError):
            raise ended
        try:
            _refuse(ended, argv[0])
            return Secret(ended.output)
        finally:
            ended.output[:] = bytes(len(ended.output))

    def _ended(self, argv: list[str], deadline: Deadline) -> Ended | CredentialsError:
        from binance_creds.providers.command._process import run  # noqa: PLC0415  # to be built needs none

        variables = variables_of(self._command, self._variables())
        try:
            return run(argv, variables, deadline, largest_bytes=LARGEST_BYTES)
        except OSError as error:
            return of_start(error)


def _refuse(ended: Ended, program: str) -> None:
    """Refuse what is not the output of a program that did what it was asked for."""
    if ended.is_too_large:
        refuse_size(LARGEST_BYTES)
    if ended.code is None:
        raise not_in_time(program)
    if ended.code != 0:
        raise of_code(ended.code, program)
    last = max(0, len(ended.output) - _LONGEST_QUESTION)
    if re.compile(_PROMPT).fullmatch(ended.output, last):  # no copy of what may be a secret
        raise MalformedSecretError(
            "the program asked for something instead of printing credentials.",
            reason="prompt",
            hint=hint_for(program),
        )
    if re.fullmatch(rb"\s*", ended.output):
        raise MalformedSecretError(
            "the program reported success and printed nothing.",
            reason="empty",
            hint=hint_for(program),
        )
