"""A key that was pasted in the wrong place of a configuration is never shown."""

from __future__ import annotations

import json

import pytest
from support import caught, token

from binance_creds.errors import ConfigurationError
from binance_creds.testing import assert_no_leak

SHAPES = {
    "api_key": lambda c: {"profiles": {"a": {"api_key": c, "api_secret": "env://B"}}},
    "api_secret": lambda c: {"profiles": {"a": {"api_key": "env://B", "api_secret": c}}},
    "private_key": lambda c: {
        "profiles": {"a": {"api_key": "env://B", "private_key": f"-----BEGIN\n{c}\n"}}
    },
    "passphrase": lambda c: {
        "profiles": {"a": {"api_key": "env://B", "private_key": "env://B", "passphrase": c}}
    },
    "source": lambda c: {"profiles": {"a": {"source": c}}},
    "in a list": lambda c: {"profiles": {"a": {"source": ["env://B", c]}}},
    "in a wrong list": lambda c: {"profiles": {"a": {"source": [5, c]}}},
    "source table": lambda c: {"profiles": {"a": {"source": {c: c}}}},
    "unknown name": lambda c: {"profiles": {"a": {"source": "env://A", c: 1}}},
    "environment": lambda c: {"profiles": {"a": {"source": "env://A", "environment": c}}},
    "rotation_days": lambda c: {"profiles": {"a": {"source": "env://A", "rotation_days": c}}},
    "sealed": lambda c: {"profiles": {"a": {"source": "env://A", "sealed": c}}},
    "timeout": lambda c: {"profiles": {"a": {"source": "env://A", "timeout": c}}},
    "fallback": lambda c: {"profiles": {"a": {"source": "env://A", "fallback": c}}},
    "refresh": lambda c: {"profiles": {"a": {"source": "env://A", "refresh": c}}},
    "refresh name": lambda c: {"profiles": {"a": {"source": "env://A", "refresh": {c: 1}}}},
    "ttl": lambda c: {"profiles": {"a": {"source": "env://A", "refresh": {"ttl": c}}}},
    "profile": lambda c: {"profiles": {"a": c}},
    "profile name": lambda c: {"profiles": {c: {"source": "env://A"}, "b": {"source": "env://A"}}},
    "wrong profile's name": lambda c: {"profiles": {c: {"sorce": 1, "refresh": {"x": 1}}}},
    "profiles": lambda c: {"profiles": c},
    "default_profile": lambda c: {"default_profile": c, "profiles": {"a": {"source": "env://A"}}},
    "top name": lambda c: {c: 1},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_a_pasted_key_is_not_repeated(plan, tmp_path, shape) -> None:
    """Wherever in a configuration it was pasted, frames included; mapping, file and public call."""
    from binance_creds import load_credentials

    canary = token()
    path = tmp_path / "c.json.toml"
    path.write_text(_toml(shape(canary)))
    for call, options in (
        (load_credentials, {"config": shape(canary)}),
        (plan, {"config": shape(canary)}),
        (plan, {"config": path}),
    ):
        error = caught(call, **options)
        assert isinstance(error, ConfigurationError)
        assert_no_leak(canary, error)
        assert error.__context__ is None
        assert error.__cause__ is None


def _toml(document: dict[str, object]) -> str:
    """Return the document as TOML: one line, whose inline tables are JSON with equals signs."""
    return "".join(f"{json.dumps(name)} = {_inline(value)}\n" for name, value in document.items())


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return json.dumps(value)


ARGUMENTS = {
    "source": lambda c: {"source": c},
    "list of sources": lambda c: {"source": ["env://A", c]},
    "source and profile": lambda c: {"source": c, "profile": c},
    "environment": lambda c: {"source": "env://A", "environment": c},
    "profile": lambda c: {"profile": c},
    "profile of a mapping": lambda c: {
        "profile": c,
        "config": {"profiles": {"a": {"source": "env://A"}}},
    },
    "path": lambda c: {"config": c},
    "text for a path": lambda c: {"config": f'api_key = "{c}"\n'},
    "source variable": lambda c: {"environ": {"BINANCE_CREDS_SOURCE": c}},
    "profile variable": lambda c: {"environ": {"BINANCE_CREDS_PROFILE": c}},
    "file variable": lambda c: {"environ": {"BINANCE_CREDS_CONFIG": c}},
    "another variable": lambda c: {"environ": {"BINANCE_API_SECRET": c}, "config": {}},
}


@pytest.mark.parametrize("shape", ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_a_key_among_the_arguments_is_not_repeated(plan, shape) -> None:
    """Nor what else the environment holds."""
    canary = token()
    error = caught(plan, **shape(canary))
    assert isinstance(error, ConfigurationError)
    assert_no_leak(canary, error)
    assert error.__context__ is None
