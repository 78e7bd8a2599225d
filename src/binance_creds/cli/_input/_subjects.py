"""Whose credentials a command is about: profiles and sources by the words of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import binance_creds

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from binance_creds import Credentials, LiveCredentials

__all__ = ["Subject", "add_subjects", "subject_named", "subjects_of"]

_LONGEST_NAME: Final = 48  # characters, as configurations have it


class Subject(NamedTuple):
    """One profile or source.

    Attributes:
        name: how it is called in output.
        arguments: of `load_credentials`.
    """

    name: str
    arguments: dict[str, Any]

    def load(self) -> Credentials:
        """Load the credentials anew, without asking the exchange.

        Raises:
            CredentialsError: as `load_credentials` does.
        """
        found = binance_creds.load_credentials(fresh=True, verify=False, **self.arguments)
        return cast("Credentials", found)

    def follow(self, verify: Callable[[Credentials], object] | None = None) -> LiveCredentials:
        """Load live credentials; the profile says whether the exchange is asked, unless given.

        Raises:
            CredentialsError: as `load_credentials` does.
        """
        found = binance_creds.load_credentials(live=True, verify=verify, **self.arguments)
        return cast("LiveCredentials", found)


def add_subjects(parser: ArgumentParser) -> None:
    """Add the words that name profiles and sources."""
    parser.add_argument(
        "names",
        nargs="*",
        default=[],
        metavar="PROFILE|SOURCE",
        help="a profile of the configuration, or a source such as dotenv:.env; without any, what"
        " load_credentials() loads",
    )
    parser.add_argument("--all", action="store_true", default=False, help="every profile")


def subjects_of(options: Namespace) -> list[Subject]:
    """Return what the words name, each once.

    Raises:
        ConfigurationError: the configuration, which `--all` reads, is wrong.
    """
    names = [*options.names, *(binance_creds.profile_names(options.config) if options.all else ())]
    if not names and not options.all:
        return [subject_named(None, options)]
    return [subject_named(name, options) for name in dict.fromkeys(names)]


def subject_named(name: str | None, options: Namespace) -> Subject:
    """Return what one word names; without one, what `load_credentials()` loads."""
    if name is None:
        return Subject("default", _config(options))
    if ":" in name:  # no profile's name has one
        from binance_creds import SourceURI  # noqa: PLC0415  # profiles need none

        uri = SourceURI.parse(name)
        return Subject(uri.redacted, {"source": uri})
    is_name = len(name) <= _LONGEST_NAME  # else it may be a key that was pasted
    return Subject(name if is_name else "(the named profile)", {"profile": name} | _config(options))


def _config(options: Namespace) -> dict[str, Any]:
    return {} if options.config is None else {"config": options.config}
