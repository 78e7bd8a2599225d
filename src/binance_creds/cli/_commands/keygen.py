"""`keygen`: make a key pair whose private half nobody sees."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Final

from binance_creds.cli._exit_codes import ExitCode
from binance_creds.cli._input._options import (
    add_base_url,
    add_offline,
    add_policy,
    add_replace,
    verify_of,
)
from binance_creds.cli._input._prompt import entered, hidden
from binance_creds.cli._output._stored import write_stored

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds import KeyType
    from binance_creds.cli._terminal import Terminal
    from binance_creds.rotation import NewKey

EPILOG = """\
  binance-creds keygen vault://secret/bot
  binance-creds keygen vault://secret/bot --finish
  binance-creds keygen --signer vault-transit://transit/bot
The private half goes into the store, beside the pair that is there, where no bot reads it; the
public half is printed. Register it at Binance. Then --finish asks for the API key on a terminal, or
reads it from standard input; the pair is proven with the exchange and takes its place.
With --signer the key is made where it will sign, and its private half never leaves that place."""

_HINT: Final = "Write it there, as in: binance-creds keygen SOURCE --finish < api-key.txt"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `keygen`."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("target", metavar="SOURCE|PROFILE", nargs="?", help="where it is written")
    where.add_argument(
        "--signer", metavar="URI", default=None, help="make it there, where it stays and signs"
    )
    parser.add_argument(
        "--type",
        dest="key_type",
        choices=("ed25519", "rsa"),
        default=None,
        help="type of a new key (default: ed25519); one that is there of another type is refused",
    )
    parser.add_argument(
        "--finish",
        action="store_true",
        default=False,
        help="enter the API key that Binance gave, and start to use the pair",
    )
    add_replace(parser)
    add_policy(parser)
    add_base_url(parser)
    add_offline(parser)


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Make a key, or put one that was made in its place."""
    import binance_creds  # noqa: PLC0415  # the help needs none of it

    binance_creds.harden_process()
    if options.signer is not None:
        _make_outside(options, terminal)
    elif options.finish:
        _finish(options, terminal)
    else:
        _make(options, terminal)
    return ExitCode.DONE


def _make(options: Namespace, terminal: Terminal) -> None:
    from binance_creds.rotation import keygen  # noqa: PLC0415  # the help needs none of it

    key = keygen(options.target, key_type=_type_of(options), config=options.config)
    _write(key, terminal)
    made = "waits" if key.is_new else "was waiting already"
    terminal.say(
        f"The private half {made} in {key.target}. Register this public half at Binance, then give"
        f" the API key to: binance-creds keygen {quote(options.target)} --finish"
    )


def _make_outside(options: Namespace, terminal: Terminal) -> None:
    from binance_creds.errors import ConfigurationError  # noqa: PLC0415  # the help needs none of it
    from binance_creds.rotation import keygen_outside  # noqa: PLC0415  # as above

    if options.finish:
        msg = "a key of a signer is in its place already, so `--finish` has nothing to do."
        raise ConfigurationError(msg, hint="Write BINANCE_API_KEY and BINANCE_SIGNER.")
    key = keygen_outside(options.signer, key_type=_type_of(options))
    _write(key, terminal)
    made = "was made" if key.is_new else "was there already"
    terminal.say(
        f"The {key.key_type.value} key {made}, and stays in {key.target}. Register this public half"
        f" at Binance, then write the API key as BINANCE_API_KEY, and"
        f" BINANCE_SIGNER={options.signer}"
    )


def _type_of(options: Namespace) -> KeyType | None:
    from binance_creds import KeyType  # noqa: PLC0415  # the help needs none of it

    return KeyType[options.key_type.upper()] if options.key_type else None


def _write(key: NewKey, terminal: Terminal) -> None:
    if terminal.is_json:
        terminal.write_json({"key": {**key._asdict(), "key_type": key.key_type.value}})
    else:
        terminal.write(key.public_key.rstrip())


def _finish(options: Namespace, terminal: Terminal) -> None:
    from binance_creds.rotation import finish_keygen  # noqa: PLC0415  # the help needs none of it

    verify = verify_of(options, options.target)
    asked = hidden("API key (hidden): ") if terminal.asks else entered("API key", _HINT)
    stored = finish_keygen(
        options.target, asked, replace=options.replace, config=options.config, verify=verify
    )
    write_stored(stored, terminal)
