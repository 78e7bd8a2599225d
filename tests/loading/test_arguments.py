"""What is given to a load by mistake: a `ConfigurationError` says what to write instead."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support import caught, new_key

from binance_creds import aload_credentials, load_credentials, load_many
from binance_creds.errors import ConfigurationError
from binance_creds.providers import memory
from binance_creds.providers.signing import SIGNER_SCHEMES


@pytest.fixture(autouse=True)
def _stored():
    memory.register("api", new_key().fields())
    yield
    memory.unregister("api")


def load_in_loop(*arguments, **options):
    return asyncio.run(aload_credentials(*arguments, **options))


BOTH = pytest.mark.parametrize("load", [load_credentials, load_in_loop], ids=["sync", "async"])


@BOTH
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"live": "yes"}, "live is True or False, not str"),
        ({"fresh": "no"}, "fresh is True or False, not str"),
        ({"fresh": 1}, "fresh is True or False, not int"),
        ({"fresh": None}, "fresh is True or False, not NoneType"),
        ({"timeout_seconds": True}, "timeout_seconds must be a positive number"),
        ({"live": None}, "live is True or False, not NoneType"),
        ({"live": True, "fresh": True}, "refresh() of the handle reads again"),
        ({"live": True, "refresh": {"poll": "30s"}}, "not dict. Write refresh=RefreshPolicy("),
        ({"refresh": {"poll": "30s"}}, "Write live=True as well"),
        ({"on_rotation": print}, "Write live=True as well"),
        ({"live": True, "timeout_seconds": "5"}, "timeout_seconds must be a positive"),
        ({"live": True, "timeout_seconds": 0}, "timeout_seconds must be a positive"),
        ({"timeout_seconds": "5"}, "timeout_seconds must be a positive"),
        ({"timeout_seconds": 1e18}, "of ten years at most"),
        ({"timeout_seconds": float("inf")}, "of ten years at most"),
        ({"environment": ["live"]}, "environment must be one of live, testnet, demo, us"),
    ],
)
def test_an_argument_that_does_not_fit_is_named(load, options, words) -> None:
    error = caught(load, "memory:api", **options)
    assert isinstance(error, ConfigurationError)
    assert words in str(error)


@BOTH
@pytest.mark.parametrize(
    ("source", "words"),
    [
        (".env", "Write dotenv: before the path of a .env file"),
        ("/srv/bot/prod.env", "Write dotenv: before"),
        ("/run/secrets/binance", "Write file: before a path"),
        ("C:\\secrets\\binance", "Write file: before a path"),
        (Path(".env"), "not PosixPath"),
        ("aws-ms://x", "did you mean 'aws-sm'?"),
        ("valt://x", "did you mean 'vault'?"),
        *(
            (f"{scheme}:x", "is no source. Set it as BINANCE_SIGNER")
            for scheme in SIGNER_SCHEMES.built_in
        ),
        ("kubernetes://x", "unknown scheme; the known ones are"),
    ],
)
def test_a_source_that_is_none_says_what_it_could_be(load, source, words) -> None:
    error = caught(load, source)
    assert isinstance(error, ConfigurationError)
    assert words in str(error)


@pytest.mark.parametrize("sources", [["memory:api"], "memory:api", None])
def test_many_sources_are_a_mapping(sources) -> None:
    error = caught(load_many, sources)
    assert isinstance(error, ConfigurationError)
    assert 'Write {"main": "env://BINANCE"}' in str(error)


@BOTH
@pytest.mark.parametrize("options", [{"profile": ["main"]}, {"profile": 1}, {"profile": b"main"}])
def test_a_profile_is_named_by_a_text(load, options) -> None:
    error = caught(load, **options)
    assert isinstance(error, ConfigurationError)
    assert "profile is a str, not" in error.message


def test_many_take_a_bool_as_well() -> None:
    """As the load of one."""
    error = caught(load_many, {"main": "memory:api"}, fresh="no")
    assert "fresh is True or False, not str" in str(error)
