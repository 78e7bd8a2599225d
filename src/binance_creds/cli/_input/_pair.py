"""The pair that a command is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.cli._input._prompt import entered, hidden

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds import Secret
    from binance_creds.cli._terminal import Terminal

__all__ = ["given_pair"]

_FROM: Final = "Give a file with it: --from pair.json"
_QUESTIONS: Final = {
    "api_key": "API key (hidden): ",
    "api_secret": "API secret, or private key as PEM (hidden): ",
    "passphrase": "Passphrase of the private key (hidden): ",
}


def given_pair(path: str | None, terminal: Terminal) -> Mapping[str, Secret]:
    """Return a pair from a file, from prompts for what it lacks, or from standard input.

    Raises:
        CredentialsError: there is none.
    """
    from binance_creds.storing import missing_fields, pair_of_file, pair_of_text  # noqa: PLC0415  # the help needs none of it

    fields = dict(pair_of_file(path)) if path is not None else {}
    if terminal.asks:
        while missing := missing_fields(fields):
            fields |= {name: hidden(_QUESTIONS[name]) for name in missing}
    elif path is None:
        fields = dict(pair_of_text(entered("pair", _FROM)))
    elif missing_fields(fields)[:1] == ("api_key",):
        fields["api_key"] = entered("pair", _FROM)
    return fields
