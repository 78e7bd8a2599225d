"""Decide what a load does: argument, then environment variable, then file."""

from __future__ import annotations

import os

from binance_creds._enums import Environment
from binance_creds._plan import Plan, Terms
from binance_creds._typing import TYPE_CHECKING
from binance_creds._uri import SourceURI
from binance_creds._working_directory import working_directory
from binance_creds.errors import ConfigurationError, CredentialsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Final, TypeGuard

    from binance_creds._config._discovery import Document

__all__ = ["environment_named", "plan_for"]

DEFAULT_SOURCES: Final = ("env://BINANCE", "dotenv:.env")
PROFILE_VARIABLE: Final = "BINANCE_CREDS_PROFILE"
SOURCE_VARIABLE: Final = "BINANCE_CREDS_SOURCE"
_SEPARATORS: Final = frozenset(",; \t\n")
_WITH_PATHS: Final = frozenset({"dotenv", "file"})


def plan_for(
    source: str | SourceURI | Sequence[str | SourceURI] | None,
    *,
    profile: str | None = None,
    config: str | os.PathLike[str] | Mapping[str, object] | None = None,
    environment: Environment | str | None = None,
    environ: Mapping[str, str] | None = None,
    directory: str = ".",
) -> Plan:
    """Return the plan of a load.

    Args:
        source: one source or several in order; needs no configuration.
        profile: a configured profile.
        config: path of a configuration file, or its content as a mapping.
        environment: `live`, `testnet`, `demo` or `us`; overrides everything else.
        environ: environment variables; those of the process by default.
        directory: where the search for a configuration file begins and ends, and relative paths of
            sources begin; the working directory of now by default.

    Raises:
        ConfigurationError: something contradicts or does not exist. No frame of its traceback
            holds what was given, which may be a key that was pasted in the wrong place.
        CredentialsError: a configuration that was found cannot be read, or others could change it.
    """
    outcome = _outcome(source, profile, config, environment, environ, directory)
    if isinstance(outcome, CredentialsError):
        del source, profile, config, environment, environ
        raise outcome
    return outcome


def _outcome(
    source: str | SourceURI | Sequence[str | SourceURI] | None,
    profile: str | None,
    config: str | os.PathLike[str] | Mapping[str, object] | None,
    environment: Environment | str | None,
    environ: Mapping[str, str] | None,
    directory: str,
) -> Plan | CredentialsError:
    """Return the plan, or an error without the frames that it passed."""
    environ = os.environ if environ is None else environ
    try:
        plan = _decided(source, profile, config, environ, directory)
        plan = plan.with_sources(lambda uri: _anchored(uri, directory))
        wanted = None if environment is None else environment_named(environment)
    except CredentialsError as error:
        return error.again()
    return plan if wanted is None else plan.with_terms(environment=wanted, is_override=True)


def _decided(
    source: str | SourceURI | Sequence[str | SourceURI] | None,
    profile: str | None,
    config: str | os.PathLike[str] | Mapping[str, object] | None,
    environ: Mapping[str, str],
    directory: str,
) -> Plan:
    if source is not None:
        plan = Plan(_candidates(_listed(source)))
        if profile is not None or (config is not None and not _has_command(plan)):
            msg = "source cannot be combined with profile or config."
            raise ConfigurationError(msg, hint="Name the source in a profile instead.")
        return _with_programs(plan, config, environ)
    return _configured(profile, config, environ, directory)


def _configured(
    profile: str | None,
    config: str | os.PathLike[str] | Mapping[str, object] | None,
    environ: Mapping[str, str],
    directory: str,
) -> Plan:
    if profile is None and config is None:
        plan = _of_variable(environ)
        if plan is not None:
            return plan
    if profile is None:
        profile = environ.get(PROFILE_VARIABLE) or None
    from binance_creds._config._discovery import find_document  # noqa: PLC0415  # a source needs none

    document = find_document(config, environ=environ, directory=directory)
    if document is None:
        return _without_document(profile)
    from binance_creds._config._profiles import plan_of_profile  # noqa: PLC0415  # pulls pydantic in

    plan = plan_of_profile(document, profile)
    if "audit" in document.content:
        from binance_creds._config._audit import begin_audit  # noqa: PLC0415  # few have one

        begin_audit(document)
    if not document.is_found:
        return _bound(plan, document)
    from binance_creds._config import _trust  # noqa: PLC0415  # as above

    _trust.refuse_distrusted(plan, document.origin)
    plan = plan.with_terms(is_found=True)
    is_asked_for = profile is not None
    return plan if is_asked_for else _trust.noted_if_surprising(plan, document.origin, environ)


def _of_variable(environ: Mapping[str, str]) -> Plan | None:
    """Return the plan of the sources that a variable names, if it does."""
    sources = environ.get(SOURCE_VARIABLE, "").strip()
    if not sources:
        return None
    if environ.get(PROFILE_VARIABLE):
        msg = f"both {PROFILE_VARIABLE} and {SOURCE_VARIABLE} are set."
        raise ConfigurationError(msg, hint="Unset one of them.")
    from binance_creds._config._sources import parsed_variable  # noqa: PLC0415  # often unset

    return _with_programs(Plan(parsed_variable(sources)), None, environ)


def _has_command(plan: Plan) -> bool:
    return any(uri.scheme == "command" for uri in plan.sources)


def _with_programs(
    plan: Plan,
    config: str | os.PathLike[str] | Mapping[str, object] | None,
    environ: Mapping[str, str],
) -> Plan:
    """Return the plan with the programs of a configuration that was named, where it needs some."""
    if not _has_command(plan):
        return plan
    from binance_creds._config._discovery import find_document  # noqa: PLC0415  # as above

    return _bound(plan, find_document(config, environ=environ, directory=None))


def _bound(plan: Plan, document: Document | None) -> Plan:
    if not _has_command(plan):
        return plan
    from binance_creds._config._commands import bound  # noqa: PLC0415  # few plans need it

    return bound(plan, document)


def _without_document(profile: str | None) -> Plan:
    if profile is None:
        return Plan(_candidates(DEFAULT_SOURCES), Terms(is_found=True))
    if not isinstance(profile, str):
        msg = f"profile is a str, not {type(profile).__name__}."  # type: ignore[unreachable]  # untyped callers
        raise ConfigurationError(msg)
    from binance_creds._uri_advice import advice  # noqa: PLC0415  # only for an error

    msg = "a profile is named, and there is no configuration file that could hold it."
    hint = "Write binance-creds.toml, or name its path in BINANCE_CREDS_CONFIG."
    raise ConfigurationError(msg, hint=advice(profile).strip() or hint)


def _listed(source: str | SourceURI | Sequence[str | SourceURI]) -> Sequence[str | SourceURI]:
    if _is_one(source):
        return (source,)
    if not isinstance(source, list | tuple):
        from binance_creds._uri_advice import advice  # noqa: PLC0415  # only for an error

        msg = f"source is a str, a SourceURI or a list of them, not {type(source).__name__}."
        raise ConfigurationError(msg, hint=advice(source).strip() or None)
    if not source:
        msg = "the list of sources is empty."
        raise ConfigurationError(msg, hint="Name at least one source.")
    return source


def _is_one(source: object) -> TypeGuard[str | SourceURI]:
    return isinstance(source, str | SourceURI)


def _candidates(sources: Iterable[str | SourceURI]) -> tuple[SourceURI, ...]:
    return tuple(map(_parsed, sources))


def _parsed(source: str | SourceURI) -> SourceURI:
    if not isinstance(source, str) or _SEPARATORS.isdisjoint(source):
        return SourceURI.parse(source)
    from binance_creds._config._sources import parsed_source  # noqa: PLC0415  # few texts get here

    return parsed_source(source)


def _anchored(uri: SourceURI, directory: str) -> SourceURI:
    """Return the source with its path of now: a program may go elsewhere before it reads again."""
    if uri.scheme not in _WITH_PATHS:
        return uri
    from binance_creds._files._paths import located  # noqa: PLC0415  # most sources have no path

    return located(uri, os.path.normpath(os.path.join(working_directory(), directory)))


def environment_named(name: object) -> Environment:
    """Return the environment of this name.

    Raises:
        ConfigurationError: Binance has none of this name.
    """
    if isinstance(name, Environment):
        return name
    known = {environment.value: environment for environment in Environment}
    if not isinstance(name, str) or name not in known:
        msg = f"environment must be one of {', '.join(known)}."
        raise ConfigurationError(msg)
    return known[name]
