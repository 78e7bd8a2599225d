"""What decides where credentials come from."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from support import caught, plain_environ

from binance_creds import Environment, SourceURI
from binance_creds._config._profiles import configuration_schema
from binance_creds.errors import ConfigurationError

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "config.schema.json"


def sources(plan) -> list[str]:
    """Return them without the folders of their paths."""
    return [re.sub(":/[^ ]*/", ":", candidate.redacted) for candidate in plan.candidates]


def test_without_anything_the_defaults_apply(plan) -> None:
    """The environment, then a .env file."""
    assert sources(plan()) == ["env:BINANCE", "dotenv:.env"]


@pytest.mark.parametrize(
    "given", ["env://A", SourceURI("env", "A"), ["env://A"], (SourceURI("env", "A"),)]
)
def test_a_source_may_be_text_value_or_list(plan, given) -> None:
    """And needs no configuration."""
    assert sources(plan(given, environ={"BINANCE_CREDS_PROFILE": "ignored"})) == ["env:A"]


def test_variables_name_sources_or_a_profile_but_not_both(plan) -> None:
    """Several sources are separated by white space."""
    assert sources(plan(environ={"BINANCE_CREDS_SOURCE": "env://A  dotenv:b"})) == [
        "env:A",
        "dotenv:b",
    ]
    both = {"BINANCE_CREDS_SOURCE": "env://A", "BINANCE_CREDS_PROFILE": "x"}
    assert "both BINANCE_CREDS_PROFILE and" in str(caught(plan, environ=both))


FULL = {
    "default_profile": "main",
    "profiles": {
        "main": {
            "source": ["env://A", "dotenv:b"], "environment": "demo", "rotation_days": 30, "sealed": True,
            "timeout": "5s", "fallback": "unavailable", "refresh": {"ttl": "1m"},
        },
        "split": {"api_key": "file:/run/k", "api_secret": "file:/run/s"},
        "testnet": {"source": "env://T", "environment": "testnet"},
    },
}  # fmt: skip


def test_a_profile_decides_everything(plan) -> None:
    """The default one, a named one, and one named by a variable."""
    main = plan(config=FULL)
    terms = main.terms
    assert sources(main) == ["env:A", "dotenv:b"]
    assert (terms.environment, terms.is_override, terms.rotation_days, terms.sealed) == (
        Environment.DEMO,
        False,
        30,
        True,
    )
    assert (
        terms.timeout_seconds,
        terms.ttl_seconds,
        terms.continues_when_unavailable,
        terms.profile,
    ) == (5, 60, True, "main")
    assert sources(plan(config=FULL, profile="split")) == ["file:k + file:s"]
    assert (
        plan(config=FULL, environ={"BINANCE_CREDS_PROFILE": "testnet"}).terms.environment
        is Environment.TESTNET
    )
    plain = plan(config=FULL, profile="testnet").terms
    assert (plain.timeout_seconds, plain.ttl_seconds) == (None, 300)


@pytest.mark.parametrize("environment", ["live", Environment.LIVE])
def test_an_argument_overrides_the_environment(plan, environment) -> None:
    """And says that it does."""
    overridden = plan(config=FULL, environment=environment).terms
    assert (overridden.environment, overridden.is_override) == (Environment.LIVE, True)


def test_the_only_profile_needs_no_name(plan) -> None:
    """Several without a default do."""
    assert plan(config={"profiles": {"one": {"source": "env://A"}}}).terms.profile == "one"
    assert "profiles: a, b" in str(
        caught(plan, config={"profiles": {n: {"source": "env://A"} for n in "ab"}})
    )
    assert "profiles: none" in str(caught(plan, config={}))


WRONG = {
    "unknown name": ({"profiles": {"a": {"sorce": "env://A"}}}, "did you mean 'source'"),
    "unknown top name": ({"zzz": 1}, "known names are audit, commands, default_profile, policies"),
    "unknown refresh": ({"profiles": {"a": {"source": "env://A", "refresh": {"tttl": "1m"}}}}, "did you mean 'ttl'"),
    "no unit": ({"profiles": {"a": {"source": "env://A", "timeout": "5"}}}, "profiles.a.timeout: write a duration"),
    "days": ({"profiles": {"a": {"source": "env://A", "rotation_days": 0}}}, "profiles.a.rotation_days"),
    "environment": ({"profiles": {"a": {"source": "env://A", "environment": "prod"}}}, "profiles.a.environment"),
    "nothing": ({"profiles": {"a": {}}}, "profiles.a.source: give either source"),
    "both": ({"profiles": {"a": {"source": "env://A", "api_key": "env://B"}}}, "give either source"),
    "two stores": ({"profiles": {"a": {"api_key": "file:a", "api_secret": "env://B"}}}, "different stores"),
    "two vaults": (
        {"profiles": {"a": {"api_key": "vault://a?address=x", "api_secret": "vault://b?address=y"}}}, "different stores",
    ),
    "bad source": ({"profiles": {"a": {"source": ["env://A", "B"]}}}, "profiles.a.source: this is not a source"),
    "no profile": ({"default_profile": "x", "profiles": {"a": {"source": "env://A"}}}, "default_profile: there is no such profile; profiles: a"),
    "zero": ({"profiles": {"a": {"source": "env://A", "timeout": "0s"}}}, "profiles.a.timeout: write a duration"),
    "endless": ({"profiles": {"a": {"source": "env://A", "refresh": {"ttl": "3651d"}}}}, "profiles.a.refresh.ttl: write"),
    "boolean as text": ({"profiles": {"a": {"source": "env://A", "sealed": "no"}}}, "profiles.a.sealed"),
    "number as text": ({"profiles": {"a": {"source": "env://A", "rotation_days": "90"}}}, "profiles.a.rotation_days"),
    "number as source": ({"profiles": {"a": {"source": 5}}}, "profiles.a.source: write a source, or a list of sources."),
    "number in a list": ({"profiles": {"a": {"source": ["env://A", 5]}}}, "profiles.a.source.1: "),
    "name of a profile": ({"profiles": {"a b": {"source": "env://A"}}}, "profiles.(unusable name): a name is"),
    "name that pydantic uses": ({"profiles": {"[key]": {"[key]": 1}}}, "profiles.(unusable name).(unknown name)"),
    "number as name": ({1: 2}, "(unknown name); the known names are audit, commands"),
    "a secret alone": ({"profiles": {"a": {"api_secret": "env://A"}}}, "profiles.a.api_key: it is missing"),
    "a key alone": ({"profiles": {"a": {"api_key": "env://A"}}}, "give either api_secret (HMAC) or private_key"),
    "two kinds": (
        {"profiles": {"a": {"api_key": "env://A", "api_secret": "env://A", "private_key": "env://A"}}}, "give either api_secret",
    ),
    "passphrase of nothing": (
        {"profiles": {"a": {"api_key": "env://A", "api_secret": "env://A", "passphrase": "env://A"}}}, "profiles.a.passphrase: ",
    ),
    "two Azure vaults": ({"profiles": {"a": {"api_key": "azure-kv://v/k", "api_secret": "azure-kv://w/s"}}}, "different stores"),
    "two Google projects": (
        {"profiles": {"a": {"api_key": "gcp-sm:projects/p/k", "api_secret": "gcp-sm:projects/q/s"}}}, "different stores",
    ),
    "two AWS accounts": (
        {"profiles": {"a": {"api_key": "aws-sm:arn:aws:sm:r:1:secret:k", "api_secret": "aws-sm:arn:aws:sm:r:2:secret:s"}}},
        "different stores",
    ),
    "empty list": ({"profiles": {"a": {"source": []}}}, "profiles.a.source"),
}  # fmt: skip


@pytest.mark.parametrize(("config", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named_by_its_path(plan, config, words) -> None:
    """With what would be right."""
    error = caught(plan, config=config)
    assert isinstance(error, ConfigurationError)
    assert words in str(error)
    assert error.__context__ is None


ONE_STORE = {
    "Azure": ("azure-kv://v/k", "azure-kv://v/s"),
    "Google": ("gcp-sm://p/k", "gcp-sm:projects/p/secrets/s"),
    "AWS": ("aws-sm:arn:aws:sm:r:1:secret:k", "aws-sm:arn:aws:sm:r:1:secret:s"),
    "Vault": ("vault://kv/k?address=https://v", "vault://kv/s?address=https://v&version=3"),
}


@pytest.mark.parametrize(("key", "secret"), ONE_STORE.values(), ids=ONE_STORE.keys())
def test_two_secrets_of_one_store_are_a_pair(plan, key, secret) -> None:
    """Whatever else their sources say."""
    made = plan(
        config={"profiles": {"a": {"api_key": key, "private_key": secret, "passphrase": secret}}}
    )
    assert [name for name, _ in made.candidates[0].parts] == [
        "api_key",
        "private_key",
        "passphrase",
    ]


@pytest.mark.parametrize("name", ["mian", "", 5, ["main"]])
def test_a_profile_that_does_not_exist_is_never_the_default_one(plan, name) -> None:
    """Also the empty name, which an unset variable of the caller's leaves behind."""
    message = str(caught(plan, config=FULL, profile=name))
    assert "no such profile" in message
    assert message.endswith("profiles: main, split, testnet.")
    assert ("did you mean 'main'" in message) == (name in ("mian", ["main"]))


def test_arguments_that_contradict_are_refused(plan) -> None:
    """Each with its reason."""
    for options in ({"profile": "a"}, {"config": {}}):
        assert "cannot be combined" in str(caught(plan, "env://A", **options))
    assert "empty" in str(caught(plan, []))
    assert "not int" in str(caught(plan, 5))
    for environment in ("prod", "", ["live"]):
        assert "live, testnet, demo, us" in str(caught(plan, "env://A", environment=environment))
    for config in (5, [1], b"c.toml"):
        assert "config is a path or a mapping, not" in str(caught(plan, config=config))
    assert "no configuration file" in str(caught(plan, profile="x"))
    assert "does not exist" in str(caught(plan, config=""))


def test_a_source_or_the_defaults_need_neither_pydantic_nor_a_parser(tmp_path) -> None:
    """They cost import time that most loads can do without."""
    code = (
        "import sys; from binance_creds._config import plan_for;"
        "plan_for('env://A'); plan_for(None, environ={});"
        "print(sorted({'pydantic', 'tomllib', 'dotenv', 'asyncio'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=plain_environ(),
        check=True,
    )
    assert answer.stdout.strip() == "[]"


def test_the_published_schema_is_the_current_one() -> None:
    """Write it anew with: make schema."""
    assert json.loads(SCHEMA.read_text()) == configuration_schema()


def test_the_schema_takes_what_the_models_take() -> None:
    """And refuses what they refuse by shape."""
    jsonschema.validate(FULL, configuration_schema())
    for name in ("unknown name", "no unit", "days", "environment", "empty list"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(WRONG[name][0], configuration_schema())
