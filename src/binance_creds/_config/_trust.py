"""What a configuration may say that was found in the working directory, and not named.

Whoever clones a repository gets its files too; a bot that is started there must not hand its
owner's login to whom such a file names. docs/explanation/trust.md says how others do it.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from binance_creds._parse._names import DEFAULT_PREFIX, Names, listed
from binance_creds._raw import SIGNING_FIELDS
from binance_creds._uri import SourceURI
from binance_creds._warnings import warn
from binance_creds.errors import ConfigurationError
from binance_creds.providers._options import SCHEMES, Distrusted, distrusted
from binance_creds.providers._registry import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from binance_creds._plan import Plan

__all__ = ["noted_if_surprising", "refuse_distrusted", "refuse_distrusted_data"]

_WRITTEN: Final = Distrusted("`status_dir`", "where a file is written", "BINANCE_CREDS_STATUS_DIR")


def refuse_distrusted(plan: Plan, path: str) -> None:
    """Refuse a plan that says what only a named configuration may say.

    Args:
        plan: of a profile.
        path: of the file that was found.

    Raises:
        ConfigurationError: which file, profile and option, and the ways out.
    """
    for uri in plan.sources:
        _refuse(SOURCES.distrusted(uri), uri, plan, path)
    if plan.terms.signer is not None:
        from binance_creds.providers.signing import SIGNER_SCHEMES  # noqa: PLC0415  # few stay outside

        _refuse(SIGNER_SCHEMES.distrusted(plan.terms.signer), plan.terms.signer, plan, path)
    if plan.terms.status_dir is not None:
        raise _refusal(_WRITTEN.what, _WRITTEN, plan, path)
    for text in plan.terms.refresh.push if plan.terms.refresh else ():
        uri = SourceURI.parse(text)
        if uri.scheme in SCHEMES:  # another is refused where it is listened to
            _refuse(distrusted(uri, SCHEMES[uri.scheme]), uri, plan, path)


def refuse_distrusted_data(plan: Plan) -> None:
    """Refuse a plan of a text in a field of a model that says what only a named source may say.

    Raises:
        ConfigurationError: which part of the source, and the ways out.
    """
    for uri in plan.sources:
        found = SOURCES.distrusted(uri)
        if found is not None:
            msg = (
                f"{found.what} decides {found.decides}. A text in a field may not say that: it may"
                " have come with a repository, or in a request."
            )
            way = f"Set {found.variable}, or give" if found.variable else "Give"
            hint = (
                f"{way} the field a SourceURI that your program has parsed, or credentials that it"
                " has loaded."
            )
            raise ConfigurationError(msg, source=uri.redacted, hint=hint)


def noted_if_surprising(plan: Plan, path: str, environ: Mapping[str, str]) -> Plan:
    """Return the plan; warn and note it if the environment holds a whole pair that is not used.

    Whoever set the variables is nearer than a file that was found, and may not know of it.
    """
    variables = _pair_in(environ)
    first = plan.sources[0]
    is_used = first.scheme == "env" and first.location in {"", DEFAULT_PREFIX}
    if not variables or is_used:
        return plan
    profile = plan.terms.profile
    note = (
        f"{listed(variables)} are set, and the profile {profile!r} of {path} is used instead,"
        " which was found in the working directory."
    )
    warn(
        f"{note} Say which is meant: profile={profile!r} or BINANCE_CREDS_PROFILE, or the"
        f" source 'env://{DEFAULT_PREFIX}'."
    )
    return plan.with_terms(notes=(note,))


def _pair_in(environ: Mapping[str, str]) -> list[str]:
    """Return the variables that hold a whole pair, or nothing."""
    names, found = Names(takes_bare=False), dict[str, str]()
    for name, text in environ.items():
        field = names.field(name.removesuffix("_FILE"))
        if field in SIGNING_FIELDS and text.strip():
            found.setdefault(field, name)
    is_whole = "api_key" in found and len(found) > 1
    return sorted(found.values()) if is_whole else []


def _refuse(found: Distrusted | None, uri: SourceURI, plan: Plan, path: str) -> None:
    if found is not None:
        raise _refusal(f"{found.what} of {uri.redacted}", found, plan, path)


def _refusal(what: str, found: Distrusted, plan: Plan, path: str) -> ConfigurationError:
    msg = (
        f"profiles.{plan.terms.profile}: {what} decides {found.decides}."
        " A file that was only found in the working directory may not say that: it may have come"
        " with a repository."
    )
    variable = f"Take it out and set {found.variable}, or name the file" if found.variable else ""
    hint = (
        f"{variable or 'Name the file'}: pass config=..., set BINANCE_CREDS_CONFIG={quote(path)},"
        " or move it to your user configuration folder."
    )
    return ConfigurationError(msg, source=f"config:{path}", hint=hint)
