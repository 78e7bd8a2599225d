"""What holds for every configuration and every order of places."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import caught

from binance_creds._config import plan_for
from binance_creds.errors import ConfigurationError

pytestmark = pytest.mark.unmeasured


def sources(plan) -> list[str]:
    """Return them without the folders of their paths."""
    return [re.sub(":/[^ ]*/", ":", candidate.redacted) for candidate in plan.candidates]


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["env://A", "5m", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["profiles", "a", "source", "api_key", "refresh", "ttl", "[key]", "timeout"]
            )
            | st.text(max_size=3)
            | st.integers(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.just("profiles") | st.text(max_size=3), ANYTHING, max_size=3))
def test_any_mapping_gives_a_plan_or_our_error(document) -> None:
    """No shape reaches the caller as an error of pydantic or Python."""
    try:
        assert plan_for(None, config=document, environ={}).candidates
    except ConfigurationError as error:
        assert error.__context__ is None


GIVEN = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("source", "config", "SOURCE", "CONFIG", "local", "pyproject", "user"), st.just(value=True)
    ),
)


@given(GIVEN)
def test_the_first_that_is_given_decides(given) -> None:
    """Argument, variable, named file, files that lie about, the defaults."""
    with tempfile.TemporaryDirectory() as folder:
        options = _surroundings(Path(folder), given)
        if {"source", "config"} <= given.keys():
            assert "cannot be combined" in str(caught(plan_for, **options))
            return
        order = ("source", "config", "SOURCE", "CONFIG", "local", "pyproject", "user")
        first = next((name for name in order if name in given), None)
        expected = [f"env:{first}"] if first else ["env:BINANCE", "dotenv:.env"]
        assert sources(plan_for(**options)) == expected


def _surroundings(folder: Path, given: dict[str, bool]) -> dict[str, object]:
    """Return the arguments of a call, and write the files that it finds."""
    files = {
        "config": ("argument.toml", "profiles"), "CONFIG": ("variable.toml", "profiles"),
        "local": ("binance-creds.toml", "profiles"),
        "pyproject": ("pyproject.toml", "tool.binance-creds.profiles"),
        "user": ("home/binance-creds/config.toml", "profiles"),
    }  # fmt: skip
    for name in files.keys() & given.keys():
        path = folder / files[name][0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"[{files[name][1]}.p]\nsource = 'env://{name}'\n")
    environ = {"XDG_CONFIG_HOME": str(folder / "home")}
    if "SOURCE" in given:
        environ["BINANCE_CREDS_SOURCE"] = "env://SOURCE"
    if "CONFIG" in given:
        environ["BINANCE_CREDS_CONFIG"] = str(folder / "variable.toml")
    return {
        "source": "env://source" if "source" in given else None,
        "config": folder / "argument.toml" if "config" in given else None,
        "environ": environ,
        "directory": str(folder),
    }
