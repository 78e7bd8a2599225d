"""What decides where credentials come from."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from support import caught, plain_environ, token

from binance_creds import Environment, SourceURI
from binance_creds._config import plan_for
from binance_creds._config._discovery import LARGEST_BYTES, _user_folder
from binance_creds._config._profiles import configuration_schema
from binance_creds.errors import ConfigurationError
from binance_creds.testing import assert_no_leak

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "config.schema.json"


@pytest.fixture
def plan(tmp_path):
    """Plan with no variable and no file but those of the test."""

    def make(source=None, **options):
        options.setdefault("environ", {})
        options.setdefault("directory", str(tmp_path))
        return plan_for(source, **options)

    return make


def sources(plan) -> list[str]:
    return [candidate.redacted for candidate in plan.candidates]


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


def test_the_first_file_wins_and_nothing_is_merged(plan, tmp_path) -> None:
    """A named one, then two in the working directory, then the user's own."""
    text = '[profiles.p]\nsource = "env://{}"\n'
    user = tmp_path / "home" / "binance-creds" / "config.toml"
    user.parent.mkdir(parents=True)
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "home")}
    user.write_text(text.format("USER"))
    assert sources(plan(environ=environ)) == ["env:USER"]
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    assert sources(plan(environ=environ)) == ["env:USER"]
    (tmp_path / "pyproject.toml").write_text(
        "[tool.binance-creds.profiles.p]\nsource = 'env://PYPROJECT'\n"
    )
    assert sources(plan(environ=environ)) == ["env:PYPROJECT"]
    (tmp_path / "binance-creds.toml").write_text(text.format("LOCAL"))
    assert sources(plan(environ=environ)) == ["env:LOCAL"]
    (tmp_path / "named.toml").write_text("\ufeff" + text.format("NAMED"))
    environ["BINANCE_CREDS_CONFIG"] = str(tmp_path / "named.toml")
    assert sources(plan(environ=environ)) == ["env:NAMED"]
    (tmp_path / "argument.toml").write_text(text.format("ARGUMENT"))
    assert sources(plan(environ=environ, config=tmp_path / "argument.toml")) == ["env:ARGUMENT"]


def test_a_parents_file_is_not_searched(plan, tmp_path) -> None:
    """Another project must not decide."""
    (tmp_path / "binance-creds.toml").write_text('[profiles.p]\nsource = "env://PARENT"\n')
    (tmp_path / "child").mkdir()
    assert sources(plan(directory=str(tmp_path / "child"))) == ["env:BINANCE", "dotenv:.env"]


def test_the_users_folder_is_that_of_the_system() -> None:
    """Linux, macOS, Windows."""
    environ = {"HOME": "/h", "APPDATA": "/a"}
    assert _user_folder(environ, "linux") == "/h/.config"
    assert _user_folder({**environ, "XDG_CONFIG_HOME": "/x"}, "linux") == "/x"
    assert _user_folder(environ, "darwin") == "/h/Library/Application Support"
    assert _user_folder(environ, "win32") == "/a"


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
    assert sources(main) == ["env:A", "dotenv:b"]
    assert (main.environment, main.is_override, main.rotation_days, main.sealed) == (
        Environment.DEMO,
        False,
        30,
        True,
    )
    assert (
        main.timeout_seconds,
        main.ttl_seconds,
        main.continues_when_unavailable,
        main.profile,
    ) == (5, 60, True, "main")
    assert sources(plan(config=FULL, profile="split")) == ["file:/run/k + file:/run/s"]
    assert (
        plan(config=FULL, environ={"BINANCE_CREDS_PROFILE": "testnet"}).environment
        is Environment.TESTNET
    )
    plain = plan(config=FULL, profile="testnet")
    assert (plain.timeout_seconds, plain.ttl_seconds) == (None, 300)


@pytest.mark.parametrize("environment", ["live", Environment.LIVE])
def test_an_argument_overrides_the_environment(plan, environment) -> None:
    """And says that it does."""
    overridden = plan(config=FULL, environment=environment)
    assert (overridden.environment, overridden.is_override) == (Environment.LIVE, True)


def test_the_only_profile_needs_no_name(plan) -> None:
    """Several without a default do."""
    assert plan(config={"profiles": {"one": {"source": "env://A"}}}).profile == "one"
    assert "profiles: a, b" in str(
        caught(plan, config={"profiles": {n: {"source": "env://A"} for n in "ab"}})
    )
    assert "profiles: none" in str(caught(plan, config={}))


WRONG = {
    "unknown name": ({"profiles": {"a": {"sorce": "env://A"}}}, "did you mean 'source'"),
    "unknown top name": ({"zzz": 1}, "known names are default_profile, profiles"),
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
    "no profile": ({"default_profile": "x", "profiles": {"a": {"source": "env://A"}}}, "no profile 'x'; profiles: a"),
    "empty list": ({"profiles": {"a": {"source": []}}}, "profiles.a.source"),
}  # fmt: skip


@pytest.mark.parametrize(("config", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named_by_its_path(plan, config, words) -> None:
    """With what would be right."""
    error = caught(plan, config=config)
    assert isinstance(error, ConfigurationError)
    assert words in str(error)
    assert error.__context__ is None


@pytest.mark.parametrize(
    "shape",
    [
        lambda c: {"profiles": {"a": {"api_key": c, "api_secret": "env://B"}}},
        lambda c: {"profiles": {"a": {"source": c}}},
        lambda c: {"profiles": {"a": {"source": [c]}}},
        lambda c: {"profiles": {"a": {"source": "env://A", c: 1}}},
        lambda c: {"profiles": {"a": {"source": "env://A", "environment": c}}},
        lambda c: {"profiles": {"a": {"source": "env://A", "timeout": c}}},
        lambda c: {"profiles": {"a": {"source": {"x": c}}}},
        lambda c: {c: 1},
        lambda c: {"profiles": c},
    ],
)
def test_a_pasted_key_is_not_repeated(shape) -> None:
    """Wherever it was pasted; through the public function, frames included."""
    from binance_creds import load_credentials

    canary = token()
    error = caught(load_credentials, config=shape(canary))
    assert isinstance(error, ConfigurationError)
    assert_no_leak(canary, error)


def test_arguments_that_contradict_are_refused(plan) -> None:
    """Each with its reason."""
    for options in ({"profile": "a"}, {"config": {}}):
        assert "cannot be combined" in str(caught(plan, "env://A", **options))
    assert "empty" in str(caught(plan, []))
    assert "not int" in str(caught(plan, 5))
    assert "live, testnet, demo" in str(caught(plan, "env://A", environment="prod"))
    assert "no configuration file" in str(caught(plan, profile="x"))


def test_a_file_that_cannot_be_used_is_named(plan, tmp_path) -> None:
    """Absent, a directory, not TOML, not UTF-8, too large; never its text."""
    canary = token()
    path = tmp_path / "c.toml"
    assert "does not exist" in str(caught(plan, config=str(path)))
    assert "cannot be read" in str(caught(plan, config=str(tmp_path)))
    contents = {
        b"line 2, column 8": f"x = 1\nsecret {canary}".encode(),
        b"end of document": f"x = '{canary}".encode() + b"'\n[",
        b"not UTF-8": canary.encode() + b"\xff",
        b"larger than 1 MiB": b"#" * (LARGEST_BYTES + 1),
    }
    for words, data in contents.items():
        path.write_bytes(data)
        error = caught(plan, config=str(path))
        assert words.decode() in str(error)
        assert_no_leak(canary, error)


def test_pyproject_without_a_table_of_ours_is_no_configuration(plan, tmp_path) -> None:
    """Whatever else it holds."""
    for text in ("x = 1\n", "[tool]\nbinance-creds = 5\n", "tool = 5\n"):
        (tmp_path / "pyproject.toml").write_text(text)
        assert sources(plan()) == ["env:BINANCE", "dotenv:.env"]


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
