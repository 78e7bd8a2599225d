"""From a configuration document and a profile's name to a plan."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from binance_creds._config._checks import check_of
from binance_creds._config._models import (
    DURATIONS,
    NAME_PATTERN,
    SPLIT_FIELDS,
    Configuration,
    Profile,
    Program,
    Refresh,
)
from binance_creds._config._sources import parsed_source
from binance_creds._enums import Environment
from binance_creds._plan import Plan, SplitPair, store_of
from binance_creds._refresh_policy import RefreshPolicy
from binance_creds._time._duration import duration_seconds
from binance_creds._uri import SourceURI
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic_core import ErrorDetails

    from binance_creds._check import Check
    from binance_creds._config._discovery import Document
    from binance_creds._plan import Candidate

__all__ = ["checked_configuration", "configuration_schema", "plan_of_profile"]


def plan_of_profile(document: Document, name: str | None) -> Plan:
    """Return the plan of a profile; without a name, of the default or only one.

    Raises:
        ConfigurationError: the document or the profile is wrong; no entry's value is repeated, as
            it may be a key that was pasted where a source belongs.
    """
    source = f"config:{document.origin}"
    checked = _checked(document.content)
    outcome = (
        checked if isinstance(checked, str) else _chosen(checked, name, is_found=document.is_found)
    )
    if isinstance(outcome, Plan):
        return outcome
    del document, checked, name
    raise ConfigurationError(outcome, source=source)


def checked_configuration(document: Document) -> Configuration:
    """Return a configuration that is as it should be.

    Raises:
        ConfigurationError: it is not, with the path of each wrong entry and without its value.
    """
    checked = _checked(document.content)
    if isinstance(checked, Configuration):
        return checked
    source = f"config:{document.origin}"
    del document
    raise ConfigurationError(checked, source=source)


def configuration_schema() -> dict[str, object]:
    """Return the JSON Schema of a configuration."""
    from binance_creds.exchange._policies._model import PolicyTable  # noqa: PLC0415  # few have policies

    schema, table = Configuration.model_json_schema(), PolicyTable.model_json_schema()
    schema["$defs"] |= {**table.pop("$defs"), "PolicyTable": table}
    named = schema["properties"]["policies"]["patternProperties"]
    named[NAME_PATTERN] = {"$ref": "#/$defs/PolicyTable"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _checked(content: Mapping[str, object]) -> Configuration | str:
    try:
        return Configuration.model_validate(dict(content))
    except ValidationError as error:
        details = error.errors(include_input=False, include_context=False, include_url=False)
    return f"the configuration is wrong: {'; '.join(dict.fromkeys(map(_described, details)))}."


def _described(detail: ErrorDetails) -> str:
    """Say which entry is wrong and how; names that are not ours are not repeated."""
    place, kind = detail["loc"], detail["type"]
    if kind in {"extra_forbidden", "invalid_key"}:
        return _unknown(_path(place))
    is_name = place[2:] == ("[key]",)  # how pydantic says that a mapping's key is meant
    path = _path(place[:2] if is_name else place)
    where = ".".join(path)
    if is_name:
        return f"{where}: a name is 1 to 48 letters, digits, '.', '-' and '_'"
    if path[2:] == ["source"] and kind in {"string_type", "list_type"}:
        return f"{where}: write a source, or a list of sources"
    if path[0] == "policies":
        return f"{'.'.join(path[:2])}: write a table"
    if path[-1] in DURATIONS:
        return f"{where}: write a duration with a unit, such as 10s or 24h, in quotes, up to 3650d"
    return f"{where}: {detail['msg']}"


def _path(place: tuple[int | str, ...]) -> list[str]:
    """Return an entry's path without pydantic's branches and without what may be a pasted key."""
    path = [str(part) for part in place]
    if (
        path[0] in {"profiles", "policies", "commands"}
        and len(path) > 1
        and not re.search(NAME_PATTERN, path[1])
    ):
        path[1] = "(unusable name)"
    if path[2:3] == ["source"]:  # the names of a union's branches follow, then list positions
        path[3:] = [str(part) for part in place[3:] if isinstance(part, int)]
    return path


def _unknown(path: list[str]) -> str:
    names = sorted(_known_names(path[:-1]))
    meant = _meant(path[-1], names)
    where = ".".join([*path[:-1], "(unknown name)"])
    return f"{where}{meant}; the known names are {', '.join(names)}"


def _meant(name: str, names: Sequence[str]) -> str:
    close = get_close_matches(name, names, n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _known_names(path: list[str]) -> Iterable[str]:
    if path[:1] == ["commands"]:
        return Program.model_fields
    models: dict[int, type[BaseModel]] = {0: Configuration, 2: Profile, 3: Refresh}
    return models[len(path)].model_fields


def _chosen(configuration: Configuration, name: str | None, *, is_found: bool) -> Plan | str:
    """Return the plan of a profile, or what is wrong; a name that was given is not repeated."""
    names = sorted(configuration.profiles)
    known = f"profiles: {', '.join(names) or 'none'}."
    wanted = configuration.default_profile if name is None else name
    if wanted is None and len(names) == 1:
        wanted = names[0]
    if wanted is None:
        return f"no profile is named and there is no default_profile; {known}"
    if wanted not in names:
        what = "default_profile: there is no such profile" if name is None else "no such profile"
        return f"{what}{_meant(str(wanted), names)}; {known}"
    profile = configuration.profiles[wanted]
    problem = _problem_of_shape(profile) or _problem_of_sources(profile)
    if problem is not None:
        return f"profiles.{wanted}.{problem}"
    check = check_of(configuration, wanted, is_found=is_found)
    if isinstance(check, str):
        return check
    try:
        return _plan(profile, wanted, check)
    except ConfigurationError as error:
        return f"profiles.{wanted}.refresh: {error.message} {error.hint or ''}".rstrip()


def _problem_of_shape(profile: Profile) -> str | None:
    """Return which entries are missing or exclude each other."""
    split = {field for field in SPLIT_FIELDS if getattr(profile, field) is not None}
    if (profile.source is None) == (not split):
        return f"source: give either source, or {', '.join(SPLIT_FIELDS)} as sources of one store."
    if profile.source is not None:
        return None
    if "api_key" not in split:
        return "api_key: it is missing; a key belongs to its secret."
    if ("api_secret" in split) == ("private_key" in split):
        return "api_secret: give either api_secret (HMAC) or private_key (Ed25519, RSA)."
    if "passphrase" in split and "private_key" not in split:
        return "passphrase: it opens a private_key, and there is none."
    return None


def _problem_of_sources(profile: Profile) -> str | None:
    """Return what is wrong with a source; parsing happens here so that errors name the entry."""
    entries = {field: getattr(profile, field) for field in ("source", *SPLIT_FIELDS)}
    stores = set()
    for field, value in entries.items():
        for text in value if isinstance(value, list) else [value]:
            if text is None:
                continue
            uri = _parsed(text)
            if isinstance(uri, str):
                return f"{field}: {uri}"
            stores.add(store_of(uri))
    if profile.source is None and len(stores) > 1:
        return (
            "api_key: the parts of one pair are in different stores; a rotation would mix two"
            " generations. Keep them in one, and name it alike in each part."
        )
    return None


def _parsed(text: str) -> SourceURI | str:
    try:
        return parsed_source(text)
    except ConfigurationError as error:
        return f"{error.message} {error.hint}"


def _plan(profile: Profile, name: str, check: Check | None) -> Plan:
    return Plan(
        candidates=_candidates(profile),
        environment=None if profile.environment is None else Environment(profile.environment),
        sealed=profile.sealed,
        rotation_days=profile.rotation_days,
        ttl_seconds=duration_seconds(profile.refresh.ttl, name="ttl"),
        timeout_seconds=(
            None if profile.timeout is None else duration_seconds(profile.timeout, name="timeout")
        ),
        continues_when_unavailable=profile.fallback == "unavailable",
        profile=name,
        refresh=RefreshPolicy(**profile.refresh.model_dump()),
        check=check,
        status_dir=profile.status_dir,
    )


def _candidates(profile: Profile) -> tuple[Candidate, ...]:
    if profile.source is not None:
        sources = profile.source if isinstance(profile.source, list) else [profile.source]
        return tuple(SourceURI.parse(source) for source in sources)
    parts = ((field, getattr(profile, field)) for field in SPLIT_FIELDS)
    return (SplitPair(tuple((f, SourceURI.parse(text)) for f, text in parts if text is not None)),)
