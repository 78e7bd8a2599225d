"""From a configuration document and a profile's name to a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from binance_creds._config._checks import check_of
from binance_creds._config._described import described, meant
from binance_creds._config._models import (
    NAME_PATTERN,
    SPLIT_FIELDS,
    Configuration,
    Profile,
)
from binance_creds._config._sources import parsed_source
from binance_creds._enums import Environment
from binance_creds._plan import Plan, SplitPair, Terms, store_of
from binance_creds._refresh_policy import RefreshPolicy
from binance_creds._time._duration import duration_seconds
from binance_creds._uri import SourceURI
from binance_creds.errors import ConfigurationError
from binance_creds.signers import SignerURI

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._config._discovery import Document
    from binance_creds._plan import Candidate, Check

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
    return f"the configuration is wrong: {'; '.join(dict.fromkeys(map(described, details)))}."


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
        return f"{what}{meant(str(wanted), names)}; {known}"
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
    return _problem_of_parts(split, has_signer=profile.signer is not None)


def _problem_of_parts(split: set[str], *, has_signer: bool) -> str | None:
    """Return what is wrong with the parts of a pair besides its API key."""
    if has_signer and split > {"api_key"}:
        return f"{min(split - {'api_key'})}: there is a signer, which signs with its own key."
    if not has_signer and ("api_secret" in split) == ("private_key" in split):
        return "api_secret: give either api_secret (HMAC) or private_key (Ed25519, RSA)."
    if "passphrase" in split and "private_key" not in split:
        return "passphrase: it opens a private_key, and there is none."
    return None


def _problem_of_sources(profile: Profile) -> str | None:
    """Return what is wrong with a source; parsing happens here so that errors name the entry."""
    entries = {field: getattr(profile, field) for field in ("source", *SPLIT_FIELDS)}
    problem = _problem_of_signer(profile)
    if problem is not None:
        return problem
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


def _problem_of_signer(profile: Profile) -> str | None:
    try:
        _signer_of(profile)
    except ConfigurationError as error:
        return f"signer: {error.message} {error.hint}"
    return None


def _signer_of(profile: Profile) -> SignerURI | None:
    return None if profile.signer is None else SignerURI.parse(profile.signer)


def _parsed(text: str) -> SourceURI | str:
    try:
        return parsed_source(text)
    except ConfigurationError as error:
        return f"{error.message} {error.hint}"


def _plan(profile: Profile, name: str, check: Check | None) -> Plan:
    terms = Terms(
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
        signer=_signer_of(profile),
    )
    return Plan(_candidates(profile), terms)


def _candidates(profile: Profile) -> tuple[Candidate, ...]:
    if profile.source is not None:
        sources = profile.source if isinstance(profile.source, list) else [profile.source]
        return tuple(SourceURI.parse(source) for source in sources)
    parts = ((field, getattr(profile, field)) for field in SPLIT_FIELDS)
    return (SplitPair(tuple((f, SourceURI.parse(text)) for f, text in parts if text is not None)),)
