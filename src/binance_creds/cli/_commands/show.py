"""`show`: masked credentials."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from binance_creds import ConfigurationError, CredentialsError
from binance_creds._recorded import record
from binance_creds.cli._exit_codes import ExitCode, exit_code_of
from binance_creds.cli._input._prompt import line, shown_until_enter
from binance_creds.cli._input._subjects import add_subjects, subjects_of
from binance_creds.cli._terminal import error_row

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds import Credentials
    from binance_creds.cli._terminal import Terminal

EPILOG = """\
Nothing is sent to the exchange, and no value is shown, except by --reveal. A key is named by its
fingerprint: the first 8 hex digits of the SHA-256 of the API key, which logs and errors show as
well."""

_LEAST_PREFIX = 6  # characters of an API key; two of a thousand keys share so many once in 10^5


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `show`."""
    add_subjects(parser)
    parser.add_argument(
        "--find",
        metavar="FINGERPRINT",
        default=None,
        help="tell which profiles have this key; the first 6 or more characters of the API key"
        " do as well",
    )
    parser.add_argument(
        "--reveal",
        action="store_true",
        default=False,
        help="show the secret on the terminal, after you have typed the key's fingerprint",
    )


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Show each; a failure of one does not hide the others."""
    options.all = options.all or (options.find is not None and not options.names)
    found, failures = _loaded(options)
    if options.find is not None:
        found = {name: each for name, each in found.items() if _is_named(options.find, each)}
    if options.reveal:
        terminal.need_terminal("--reveal")
        for name, each in found.items():
            _reveal(name, each)
    elif terminal.is_json:
        _write_json(terminal, found, failures)
    else:
        for name, each in found.items():
            terminal.write(_text(name, each, terminal))
    for name, error in failures.items():
        terminal.fail(error, about=name)
    if failures:
        return exit_code_of(next(iter(failures.values())))
    return ExitCode.DONE if found else _nothing(options, terminal)


def _loaded(options: Namespace) -> tuple[dict[str, Credentials], dict[str, CredentialsError]]:
    found, failures = {}, {}
    for subject in subjects_of(options):
        try:
            found[subject.name] = subject.load()
        except CredentialsError as error:
            failures[subject.name] = error.again()
    return found, failures


def _nothing(options: Namespace, terminal: Terminal) -> ExitCode:
    terminal.say(
        "No profile has this key." if options.find else "The configuration has no profile."
    )
    return ExitCode.FINDING


def _reveal(name: str, credentials: Credentials) -> None:
    """Show the plaintext until Enter, on a screen that the terminal does not keep.

    Raises:
        ConfigurationError: something else was typed, or there is no plaintext.
    """
    secret = credentials.api_secret or credentials.private_key_pem
    if credentials.signed_by is not None:
        msg = f"the key of {name} stays at {credentials.signed_by}: nobody here has it."
        raise ConfigurationError(msg, hint="Ask whoever keeps it there.")
    if secret is None:
        msg = f"the credentials of {name} are sealed, so there is nothing to show."
        raise ConfigurationError(msg, hint="Leave sealed out of the profile.")
    if line(f"Type {credentials.fingerprint} to show the secret of {name}") != (
        credentials.fingerprint
    ):
        msg = "this is not the fingerprint, and nothing was shown."
        raise ConfigurationError(msg)
    record("reveal", credentials=credentials, detail="terminal")
    shown_until_enter(
        f"{name}\n\nAPI key\n{credentials.api_key.reveal()}\n\n"
        f"{'API secret' if credentials.api_secret else 'private key'}\n{secret.reveal()}\n\n"
        "Enter hides this."
    )


def _is_named(wanted: str, credentials: Credentials) -> bool:
    if credentials.fingerprint.startswith(wanted.lower()):
        return True
    return len(wanted) >= _LEAST_PREFIX and credentials.api_key.reveal().startswith(wanted)


def _text(name: str, credentials: Credentials, terminal: Terminal) -> str:
    title = terminal.styled(name, "bold")
    rows = {
        "key": f"{credentials.fingerprint} ({credentials.key_type.value})",
        "environment": credentials.environment.value,
        "source": credentials.origin,
        "version": credentials.version or "(the source has none)",
        "created": _day(credentials.created_at),
        "rotate by": _day(credentials.rotate_by),
    }
    if credentials.signed_by is not None:
        rows["signed by"] = credentials.signed_by
    lines = [f"  {label:<12} {value}" for label, value in rows.items()]
    lines += [f"  {'note':<12} {note}" for note in credentials.explain().notes]
    return "\n".join([title, *lines])


def _day(date: datetime | None) -> str:
    if date is None:
        return "(unknown)"
    days = (date - datetime.now(UTC)).days
    distance = f"in {days} days" if days >= 0 else f"{-days} days ago"
    return f"{date:%Y-%m-%d} ({distance})"


def _write_json(
    terminal: Terminal, found: dict[str, Credentials], failures: dict[str, CredentialsError]
) -> None:
    terminal.write_json(
        {
            "credentials": [_row(name, each) for name, each in found.items()],
            "errors": [{"name": name, **error_row(error)} for name, error in failures.items()],
        }
    )


def _row(name: str, credentials: Credentials) -> dict[str, Any]:
    dates = {
        "loaded_at": credentials.loaded_at,
        "created_at": credentials.created_at,
        "rotate_by": credentials.rotate_by,
    }
    return {
        "name": name,
        "fingerprint": credentials.fingerprint,
        "key_type": credentials.key_type.value,
        "environment": credentials.environment.value,
        "source": credentials.origin,
        "version": credentials.version,
        "signed_by": credentials.signed_by,
        **{label: date and date.isoformat() for label, date in dates.items()},
    }
