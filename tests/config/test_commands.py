"""`command:` gets its program from a configuration that was named, and from no other."""

from __future__ import annotations

import json

import pytest
from language import refusal
from support import caught, token

from binance_creds import SourceURI, aload_credentials, load_credentials, load_many
from binance_creds._command import Command
from binance_creds.errors import ConfigurationError

ARGV = ["pass", "show", "binance"]
TABLE = {"commands": {"main": {"argv": ARGV}}}
PROFILE = {"profiles": {"bot": {"source": "command:main"}}, **TABLE}
TEXT = '[commands.main]\nargv = ["pass", "show", "binance"]\n'


def program(plan) -> object:
    (uri,) = plan.sources
    return uri.settings


def test_a_profile_of_a_named_configuration_gives_the_program(plan, tmp_path) -> None:
    """By argument, as a mapping or path, by variable, and in the user's folder."""
    named = tmp_path / "named.toml"
    named.write_text(f'[profiles.bot]\nsource = "command:main"\n{TEXT}')
    user = tmp_path / "home" / "binance-creds"
    user.mkdir(parents=True)
    (user / "config.toml").write_text(named.read_text())
    for options in (
        {"config": PROFILE},
        {"config": str(named)},
        {"environ": {"BINANCE_CREDS_CONFIG": str(named)}},
        {"environ": {"XDG_CONFIG_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}},
    ):
        assert Command(tuple(ARGV)) == program(plan(**options)), options


def test_a_source_takes_it_from_a_configuration_that_is_named_beside_it(plan, tmp_path) -> None:
    """And so does the variable of sources; a profile beside a source is still refused."""
    named = tmp_path / "named.toml"
    named.write_text(TEXT)
    assert Command(tuple(ARGV)) == program(plan("command:main", config=TABLE))
    assert Command(tuple(ARGV)) == program(plan(SourceURI.parse("command:main"), config=str(named)))
    environ = {"BINANCE_CREDS_CONFIG": str(named), "BINANCE_CREDS_SOURCE": "command:main"}
    assert Command(tuple(ARGV)) == program(plan(environ=environ))
    assert Command(tuple(ARGV)) == program(plan("command:main", environ=environ))
    both = plan(["env://A", "command:main"], config=TABLE)
    assert [None, Command(tuple(ARGV))] == [uri.settings for uri in both.sources]
    for options in ({"config": TABLE, "profile": "bot"}, {"profile": "bot"}):
        assert "cannot be combined" in caught(plan, "command:main", **options).message
    assert "cannot be combined" in caught(plan, "env://A", config=TABLE).message


def test_a_found_configuration_never_says_which_program_runs(plan, tmp_path) -> None:
    """Neither for its own profile nor for a source that was given."""
    found = tmp_path / "binance-creds.toml"
    found.touch(0o600)
    found.write_text(f'[profiles.bot]\nsource = "command:main"\n{TEXT}')
    error = refusal(plan)
    assert ConfigurationError is type(error)
    assert "the scheme 'command' of command:main decides which program is run" in error.message
    for environ in ({}, {"BINANCE_CREDS_SOURCE": "command:main"}):
        source = None if environ else "command:main"
        error = refusal(plan, source, environ=environ)
        assert "no configuration was named" in error.message
        assert "BINANCE_CREDS_CONFIG" in error.hint


def test_the_users_own_table_wins_over_a_found_one(plan, tmp_path) -> None:
    """A source of the program takes it from there, whatever lies in the working directory."""
    for folder, argv in ((tmp_path, "evil"), (tmp_path / "home" / "binance-creds", "pass")):
        folder.mkdir(parents=True, exist_ok=True)
        name = "binance-creds.toml" if argv == "evil" else "config.toml"
        (folder / name).touch(0o600)
        (folder / name).write_text(f'[commands.main]\nargv = ["{argv}"]\n')
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
    assert Command(("pass",)) == program(plan("command:main", environ=environ))


@pytest.mark.parametrize("source", ["command:mian", "command:", "command://other"])
def test_a_table_that_is_not_there_is_told_with_those_that_are(plan, source) -> None:
    error = refusal(plan, source, config=TABLE)
    assert "in the configuration mapping" in error.message
    assert "there are: main" in error.message
    assert "there are" not in refusal(plan, source, config={}).message


@pytest.mark.parametrize("source", ["command:main?argv=id", "command:main?poll=1s"])
def test_a_source_adds_nothing_to_its_table(source) -> None:
    assert "unknown option" in caught(load_credentials, source, config=TABLE).message


WRONG = {
    "no argv": ({"commands": {"a": {}}}, "commands.a.argv: "),
    "empty": ({"commands": {"a": {"argv": []}}}, "commands.a.argv: "),
    "a text": ({"commands": {"a": {"argv": "pass show x"}}}, "commands.a.argv: "),
    "an empty program": ({"commands": {"a": {"argv": [""]}}}, "commands.a.argv.0: "),
    "NUL": ({"commands": {"a": {"argv": ["a", "b\0"]}}}, "commands.a.argv.1: "),
    "unknown name": ({"commands": {"a": {"argv": ["a"], "pol": "1h"}}}, "did you mean 'poll'"),
    "poll": ({"commands": {"a": {"argv": ["a"], "poll": "5"}}}, "commands.a.poll: write a duration"),
    "a variable": ({"commands": {"a": {"argv": ["a"], "variables": ["A=B"]}}}, "commands.a.variables.0: "),
    "its name": ({"commands": {"a b": {"argv": ["a"]}}}, "commands.(unusable name): a name is"),
}  # fmt: skip


@pytest.mark.parametrize(("config", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_in_a_table_is_named_by_its_path(plan, config, words) -> None:
    for source, more in ((None, {"profiles": {"p": {"source": "env://A"}}}), ("command:a", {})):
        error = caught(plan, source, config={**more, **config})
        assert ConfigurationError is type(error)
        assert words in error.message


def test_a_table_says_how_often_and_with_which_variables(plan) -> None:
    table = {"argv": ["op"], "poll": "10m", "variables": ["OP_ACCOUNT"]}
    found = program(plan("command:main", config={"commands": {"main": table}}))
    assert Command(("op",), 600.0, ("OP_ACCOUNT",)) == found


async def loaded(source, config):
    return await aload_credentials(source, config=config)


def test_programs_of_one_name_in_two_configurations_are_two_sources(tmp_path) -> None:
    """Neither the cache nor a remembered plan mixes them."""
    import asyncio

    pairs = [{"api_key": token(), "api_secret": token()} for _ in range(2)]
    for number, pair in enumerate(pairs):
        (tmp_path / str(number)).write_text(json.dumps(pair))
    for number in (0, 1, 0, 1):
        config = {"commands": {"main": {"argv": ["cat", str(tmp_path / str(number))]}}}
        credentials = load_credentials("command:main", config=config)
        assert pairs[number]["api_key"] == credentials.api_key.reveal()
        assert (
            pairs[number]["api_key"] == asyncio.run(loaded("command:main", config)).api_key.reveal()
        )
        assert credentials.origin == "command:main"


def test_an_edited_table_is_seen_at_once(tmp_path, monkeypatch) -> None:
    """A plain source is remembered by its text; this one depends on a file."""
    pair = {"api_key": token(), "api_secret": token()}
    (tmp_path / "pair").write_text(json.dumps(pair))
    named = tmp_path / "named.toml"
    monkeypatch.setenv("BINANCE_CREDS_CONFIG", str(named))
    named.write_text('[commands.main]\nargv = ["no-such-program"]\n')
    assert "not installed" in caught(load_credentials, "command:main").message
    named.write_text(f'[commands.main]\nargv = ["cat", "{tmp_path}/pair"]\n')
    assert pair["api_key"] == load_credentials("command:main").api_key.reveal()
    many = load_many({"a": "command:main", "b": ["command:main"]})
    assert {"a", "b"} == many.keys()
