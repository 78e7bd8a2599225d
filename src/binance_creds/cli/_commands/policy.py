"""`policy`: what a key may and must not be able to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import binance_creds
from binance_creds.cli._commands import check
from binance_creds.cli._exit_codes import ExitCode
from binance_creds.cli._input._options import add_base_url

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.cli._terminal import Terminal
    from binance_creds.exchange import Policy

EPILOG = """\
  binance-creds policy spot-trading main   does the key of the profile fit it?

A profile names its policy: policy = "spot-trading", with verify = true. A configuration can have
policies of its own, in tables [policies.NAME]."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `policy`."""
    parser.add_argument(
        "name", metavar="POLICY", nargs="?", default=None, help="explain this policy"
    )
    parser.add_argument(
        "profile",
        metavar="PROFILE|SOURCE",
        nargs="?",
        default=None,
        help="check the policy against this key",
    )
    add_base_url(parser)


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """List all, explain one, or check one against a key."""
    known = binance_creds.policies(options.config)
    if options.name is not None and options.name not in known:
        msg = "there is no such policy."
        raise binance_creds.ConfigurationError(msg, hint=f"The policies are {', '.join(known)}.")
    if options.profile is not None:
        options.names, options.all = [options.profile], False
        options.policy, options.offline = options.name, False
        return check.run(options, terminal)
    chosen = known if options.name is None else {options.name: known[options.name]}
    if terminal.is_json:
        found = [each.model_dump(mode="json") for each in chosen.values()]
        terminal.write_json({"policies": found})
    elif options.name is None:
        for name, policy in chosen.items():
            terminal.write(f"{terminal.styled(f'{name:<20}', 'bold')} {_summary(policy)}")
    else:
        terminal.write(_explained(known[options.name], terminal))
    return ExitCode.DONE


def _summary(policy: Policy) -> str:
    rights = ", ".join(sorted(policy.required | policy.one_of)) or "nothing in particular"
    return f"{rights}; IP list {policy.ip_restriction}"


def _explained(policy: Policy, terminal: Terminal) -> str:
    rows = {
        "requires": _listed(policy.required),
        "one of": _listed(policy.one_of),
        "allows": _listed(policy.allowed),
        "forbids": _listed(policy.forbidden),
        "IP list": policy.ip_restriction,
        "key types": ", ".join(each.value for each in policy.key_types),
        "markets": ", ".join(each.value for each in policy.markets),
        "environments": ", ".join(each.value for each in policy.environments),
        "rotate after": f"{policy.rotation_days} days" if policy.rotation_days else "",
        "refused after": f"{policy.greatest_age_days} days" if policy.greatest_age_days else "",
        "source": f"{policy.source or ''} ({policy.date})" if policy.date else policy.source or "",
    }
    lines = [f"  {label:<14} {value}" for label, value in rows.items() if value]
    return "\n".join([terminal.styled(policy.name, "bold"), *lines])


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
