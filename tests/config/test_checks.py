"""What a profile says of asking the exchange: `verify`, `policy`, `when_unreachable`, policies."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import jsonschema
import pytest
from support import caught, token

from binance_creds import clear_cache
from binance_creds._api._plans import planned
from binance_creds._config._models import Profile
from binance_creds._config._profiles import configuration_schema
from binance_creds._plan import Check
from binance_creds.errors import ConfigurationError
from binance_creds.exchange import policy_named
from binance_creds.testing import assert_no_leak

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "configuration.md"


def profile(policies: dict[str, object] | None = None, **entries: object) -> dict[str, object]:
    """Return a configuration with the profile `main`."""
    document: dict[str, object] = {"profiles": {"main": {"source": "env://A", **entries}}}
    return document if policies is None else {**document, "policies": policies}


@pytest.mark.parametrize("entries", [{}, {"verify": False}])
def test_nothing_is_checked_unless_it_is_asked_for(plan, entries) -> None:
    assert plan(config=profile(**entries)).terms.check is None


def test_a_profile_may_ask_for_a_check(plan) -> None:
    """Of the pair alone, or by a policy; with what follows if nobody answers."""
    assert plan(config=profile(verify=True)).terms.check == Check(None, "use")
    both = profile(verify=True, policy="spot-trading", when_unreachable="refuse")
    assert plan(config=both).terms.check == Check(policy_named("spot-trading"), "refuse")


def test_a_plan_with_a_policy_can_be_remembered(plan) -> None:
    config = profile(verify=True, policy="spot-trading")
    assert len({plan(config=config), plan(config=config)}) == 1


def test_a_configuration_may_have_policies_of_its_own(plan) -> None:
    """Also on top of a packaged one."""
    policies = {
        "grid": {"base": "spot-trading", "allowed": ["margin"], "rotation_days": 45},
        "other": {"required": ["reading"]},
    }
    grid = plan(config=profile(policies, verify=True, policy="grid")).terms.check.policy
    assert (grid.name, grid.rotation_days, grid.ip_restriction) == ("grid", 45, "required")
    assert "margin" in grid.allowed
    assert (
        plan(config=profile(policies, verify=True, policy="other")).terms.check.policy.name
        == "other"
    )


def test_a_policy_may_be_in_a_file_of_its_own(plan, tmp_path) -> None:
    path = tmp_path / "grid.toml"
    path.write_text('base = "read-only"\n')
    check = plan(config=profile(verify=True, policy=str(path))).terms.check
    assert check == Check(policy_named(path), "use", is_of_file=True)


def test_a_file_of_a_policy_is_read_again(tmp_path, monkeypatch) -> None:
    """The configuration that names it has not changed."""
    monkeypatch.setenv("BINANCE_CREDS_CONFIG", str(tmp_path / "c.toml"))
    path = tmp_path / "grid.toml"
    (tmp_path / "c.toml").write_text(
        f'[profiles.main]\nsource = "env://A"\nverify = true\npolicy = {json.dumps(str(path))}\n'
    )
    os.utime(tmp_path / "c.toml", (0, 0))
    for days in (10, 20):
        path.write_text(f"rotation_days = {days}\n")
        assert planned(None, None, None, None).terms.check.policy.rotation_days == days
    clear_cache()


LIST = "read-only, accounting, spot-trading, high-frequency, futures-trading, arbitrage-withdraw, testnet"
WRONG = {
    "verify": (profile(verify="yes"), "profiles.main.verify: "),
    "when_unreachable": (profile(verify=True, when_unreachable="fail"), "profiles.main.when_unreachable: "),
    "policy without verify": (profile(policy="spot-trading"), "profiles.main.policy: nothing is checked without verify = true"),
    "policy and no verify": (profile(verify=False, policy="spot-trading"), "profiles.main.policy: nothing is checked"),
    "outcome without verify": (profile(when_unreachable="refuse"), "profiles.main.when_unreachable: nothing is checked"),
    "unknown policy": (profile(verify=True, policy="spot"), f"profiles.main.policy: there is no such policy, did you mean 'spot-trading'? Write the path of a .toml file, or one of: {LIST}."),
    "unknown own": (profile({"grid": {}}, verify=True, policy="gird"), f"did you mean 'grid'? Write the path of a .toml file, or one of: grid, {LIST}."),
    "no text": (profile(verify=True, policy=5), "profiles.main.policy: "),
    "empty": (profile(verify=True, policy=""), "profiles.main.policy: "),
    "absent file": (profile(verify=True, policy="/nowhere/p.toml"), "profiles.main.policy: policy:/nowhere/p.toml: the policy file does not exist."),
    "rotation": (profile(verify=True, policy="spot-trading", rotation_days=91), "profiles.main.rotation_days: 91 is more than the greatest age of policy 'spot-trading', 90 days"),
    "permission": (profile({"grid": {"forbidden": ["withdraw"]}}), "policies.grid.forbidden.0: no such permission, did you mean 'withdrawals'?"),
    "contradiction": (profile({"grid": {"forbidden": ["margin"], "required": ["margin"]}}), "policies.grid.forbidden: 'margin' is in required as well"),
    "contradiction with the base": (profile({"grid": {"base": "spot-trading", "greatest_age_days": 7}}), "policies.grid.rotation_days: 30 is more than greatest_age_days, 7"),
    "negative": (profile({"grid": {"greatest_age_days": -1}}), "policies.grid.greatest_age_days: write a whole number of days"),
    "type": (profile({"grid": {"required": "reading"}}), "policies.grid.required: write a list of permissions"),
    "entry": (profile({"grid": {"forbid": []}}), "policies.grid.(unknown name), did you mean 'forbidden'?; the known names are allowed, base"),
    "base": (profile({"grid": {"base": "grid"}}), f"policies.grid.base: no packaged policy; they are {LIST}."),
    "packaged name": (profile({"spot-trading": {}}), "policies.spot-trading: a packaged policy has this name"),
    "no table": (profile({"grid": 5}), "policies.grid: write a table"),
    "no tables": ({**profile(), "policies": 5}, "policies: "),
    "name": (profile({"a b": {}}), "policies.(unusable name): a name is 1 to 48 letters"),
    "number as entry": (profile({"grid": {1: 2}}), "policies.grid: write a table"),
}  # fmt: skip


@pytest.mark.parametrize(("config", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named_by_its_path(plan, config, words) -> None:
    """With what would be right; also in a policy that no profile uses."""
    error = caught(plan, config=config)
    assert isinstance(error, ConfigurationError)
    assert words in str(error)
    assert error.__context__ is None


def test_a_policy_file_that_is_wrong_is_named_with_the_profile(plan, tmp_path) -> None:
    path = tmp_path / "grid.toml"
    path.write_text('required = ["trading"]')
    error = caught(plan, config=profile(verify=True, policy=str(path)))
    assert f"profiles.main.policy: policy:{path}: the policy is wrong: required.0: " in str(error)


SHAPES = {
    "policy": lambda c: profile(verify=True, policy=c),
    "path": lambda c: profile(verify=True, policy=f"{c}/x"),
    "verify": lambda c: profile(verify=c),
    "when_unreachable": lambda c: profile(verify=True, when_unreachable=c),
    "policies": lambda c: profile(c),
    "name": lambda c: profile({c: {}}),
    "name of a wrong one": lambda c: profile({c: {"x": c}}),
    "table": lambda c: profile({"grid": c}),
    "entry": lambda c: profile({"grid": {c: 1}}),
    "permission": lambda c: profile({"grid": {"required": [c]}}),
    "base": lambda c: profile({"grid": {"base": c}}),
    "market": lambda c: profile({"grid": {"markets": [c]}}),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_a_pasted_key_is_not_repeated(plan, shape) -> None:
    canary = token()
    error = caught(plan, config=shape(canary))
    assert isinstance(error, ConfigurationError)
    assert_no_leak(canary, error)
    assert error.__context__ is None


def found(folder, text: str) -> None:
    """Write a configuration that lies in the working directory."""
    path = folder / "binance-creds.toml"
    path.write_text(text)
    os.utime(path, (0, 0))


def test_a_found_configuration_may_ask_for_a_check(plan, tmp_path) -> None:
    """And say a policy in itself: it only adds to what the program asks for."""
    found(
        tmp_path,
        '[profiles.main]\nsource = "env://A"\nverify = true\npolicy = "grid"\n[policies.grid]\n',
    )
    assert plan().terms.check.policy.name == "grid"


@pytest.mark.parametrize("path", ["policy.toml", "/etc/policy.toml", r"\\host\share\policy.toml"])
def test_a_found_configuration_names_no_further_file(plan, tmp_path, path) -> None:
    """Whose owner and mode nobody looks at; it is not even opened."""
    text = f'[profiles.main]\nsource = "env://A"\nverify = true\npolicy = {json.dumps(path)}\n'
    found(tmp_path, text)
    error = caught(plan)
    assert "profiles.main.policy: a configuration that was only found" in str(error)
    assert "BINANCE_CREDS_CONFIG" in str(error)
    missing = caught(plan, config=tmp_path / "binance-creds.toml")
    assert "does not exist" in str(missing)


def test_the_page_lists_the_entries_with_their_defaults() -> None:
    section = PAGE.read_text().partition("\n## Check by the exchange\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", section, re.MULTILINE)
    defaults = {
        name: Profile.model_fields[name].default
        for name in ("verify", "policy", "when_unreachable")
    }
    written = {False: "`false`", None: "none", "use": "`use`"}
    assert dict(rows) == {name: written[default] for name, default in defaults.items()}


def test_the_schema_has_the_permissions_and_the_policies() -> None:
    jsonschema.validate(
        profile({"grid": {"base": "read-only", "allowed": ["margin"]}}, verify=True, policy="grid"),
        configuration_schema(),
    )
    for name in ("permission", "negative", "type", "entry", "verify", "when_unreachable"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(WRONG[name][0], configuration_schema())
