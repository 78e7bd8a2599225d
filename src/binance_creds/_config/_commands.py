"""Give sources of `command:` the programs of a configuration that was named.

A file that was only found in the working directory never says which program is run:
`_trust` refuses such a source in it, and nothing here reads its tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds._command import Command
from binance_creds._config._profiles import checked_configuration
from binance_creds._time._duration import duration_seconds
from binance_creds.errors import ConfigurationError
from binance_creds.providers._options import check_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._config._discovery import Document
    from binance_creds._config._models import Program
    from binance_creds._plan import Plan
    from binance_creds._uri import SourceURI

__all__ = ["bound"]

_HINT: Final = (
    "Write [commands.NAME] with argv into binance-creds/config.toml in your user configuration"
    " folder, or name the file that has it: pass config=..., or set BINANCE_CREDS_CONFIG."
)


def bound(plan: Plan, document: Document | None) -> Plan:
    """Return the plan with the program of each of its commands.

    Args:
        plan: of which some sources are commands.
        document: a configuration that was named, or `None` where there is none.

    Raises:
        ConfigurationError: it has no table of that name, or is wrong.
    """
    programs = {} if document is None else checked_configuration(document).commands
    origin = "no configuration was named" if document is None else f"in {document.origin}"
    return plan.with_sources(lambda uri: _with_program(uri, programs, origin))


def _with_program(uri: SourceURI, programs: Mapping[str, Program], origin: str) -> SourceURI:
    if uri.scheme != "command":
        return uri
    check_options(uri)
    program = programs.get(uri.location)
    if program is None:
        known = f"; there are: {', '.join(sorted(programs))}" if programs else ""
        msg = f"there is no table [commands.{uri.location}] ({origin}){known}."
        raise ConfigurationError(msg, source=uri.redacted, hint=_HINT)
    return uri.with_settings(_command(program))


def _command(program: Program) -> Command:
    poll = None if program.poll is None else duration_seconds(program.poll, name="poll")
    variables = None if program.variables is None else tuple(program.variables)
    return Command(tuple(program.argv), poll, variables)
