"""From a configuration document and a profile's name to a plan."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ValidationError

from binance_creds._config._models import SPLIT_FIELDS, Configuration, Profile, Refresh
from binance_creds._duration import duration_seconds
from binance_creds._enums import Environment
from binance_creds._plan import Candidate, Plan
from binance_creds._uri import SourceURI
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

    from binance_creds._config._discovery import Document

__all__ = ["configuration_schema", "plan_of_profile"]

# What says where a store is: two parts that differ in one of these are in two stores.
_STORE_OPTIONS: Final = (
    "address", "backend", "cloud", "endpoint", "endpoint_url", "location", "namespace", "profile",
    "region", "role_arn",
)  # fmt: skip


def plan_of_profile(document: Document, name: str | None) -> Plan:
    """Return the plan of a profile; without a name, of the default or only one.

    Raises:
        ConfigurationError: the document or the profile is wrong; no entry's value is repeated, as
            it may be a key that was pasted where a source belongs.
    """
    outcome = _checked(document.content)
    if not isinstance(outcome, Configuration):
        del document
        msg = f"the configuration is wrong: {'; '.join(outcome)}."
        raise ConfigurationError(msg)
    name = _name(outcome, name, document.origin)
    problem = _problem(outcome.profiles[name])
    if problem is None:
        return _plan(outcome.profiles[name], name)
    del outcome, document
    msg = f"profiles.{name}.{problem}"
    raise ConfigurationError(msg)


def configuration_schema() -> dict[str, object]:
    """Return the JSON Schema of a configuration."""
    schema = Configuration.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _checked(content: Mapping[str, object]) -> Configuration | list[str]:
    try:
        return Configuration.model_validate(dict(content))
    except ValidationError as error:
        return [_described(detail) for detail in error.errors(include_input=False)]


def _described(detail: ErrorDetails) -> str:
    """Say which entry is wrong and how; names that are not ours are not repeated."""
    path = [str(part) for part in detail["loc"]]
    if detail["type"] == "extra_forbidden":
        names = sorted(_known_names(path[:-1]))
        close = get_close_matches(path[-1], names, n=1)
        meant = f", did you mean {close[0]!r}?" if close else ""
        known = ", ".join(names)
        return f"{'.'.join([*path[:-1], '(unknown name)'])}{meant}; the known names are {known}"
    if detail["type"] == "string_pattern_mismatch":
        return f"{'.'.join(path)}: write a duration with a unit, such as 30s, 5m or 24h"
    return f"{'.'.join(path)}: {detail['msg']}"


def _known_names(path: list[str]) -> Iterable[str]:
    models: dict[int, type[BaseModel]] = {0: Configuration, 2: Profile, 3: Refresh}
    return models[len(path)].model_fields


def _name(configuration: Configuration, name: str | None, origin: str) -> str:
    names = ", ".join(sorted(configuration.profiles)) or "none"
    wanted = name or configuration.default_profile
    if wanted is None and len(configuration.profiles) == 1:
        return next(iter(configuration.profiles))
    if wanted is None:
        msg = f"no profile is named and there is no default_profile; profiles: {names}."
        raise ConfigurationError(msg, source=f"config:{origin}")
    if wanted not in configuration.profiles:
        msg = f"there is no profile {wanted!r}; profiles: {names}."
        raise ConfigurationError(msg, source=f"config:{origin}")
    return wanted


def _problem(profile: Profile) -> str | None:
    """Return what the models cannot check; parsing happens here so that errors name the entry."""
    split = [field for field in SPLIT_FIELDS if getattr(profile, field) is not None]
    if (profile.source is None) == (not split):
        return f"source: give either source, or {', '.join(SPLIT_FIELDS)} as sources of one store."
    entries = {field: getattr(profile, field) for field in split} or {"source": profile.source}
    stores = set()
    for field, value in entries.items():
        for text in value if isinstance(value, list) else [value]:
            uri = _parsed(text)
            if isinstance(uri, str):
                return f"{field}: {uri}"
            stores.add(_store(uri))
    if split and len(stores) > 1:
        return (
            "api_key: the parts of one pair are in different stores; a rotation would mix two"
            " generations. Keep them in one."
        )
    return None


def _parsed(text: str) -> SourceURI | str:
    try:
        return SourceURI.parse(text)
    except ConfigurationError as error:
        return f"{error.message} {error.hint}"


def _store(uri: SourceURI) -> tuple[object, ...]:
    return uri.scheme, *(uri.option(name) for name in _STORE_OPTIONS)


def _plan(profile: Profile, name: str) -> Plan:
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
    )


def _candidates(profile: Profile) -> tuple[Candidate, ...]:
    if profile.source is not None:
        sources = profile.source if isinstance(profile.source, list) else [profile.source]
        return tuple(Candidate(((None, SourceURI.parse(source)),)) for source in sources)
    parts = ((field, getattr(profile, field)) for field in SPLIT_FIELDS)
    return (Candidate(tuple((f, SourceURI.parse(text)) for f, text in parts if text is not None)),)
