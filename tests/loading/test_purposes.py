"""One key per purpose: two profiles that load one key warn."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest
from support import new_key, plain_environ, token

from binance_creds import CredentialsWarning, load_credentials
from binance_creds.providers import memory


@pytest.fixture
def names():
    """Give names of profiles that no other test has."""
    unique = token()[:8]
    return [f"{letter}-{unique}" for letter in "abc"]


@pytest.fixture
def load(names):
    """Load a profile whose source has its name; each source has a key of its own."""
    for name in names:
        memory.register(name, new_key().fields())
    config = {"profiles": {name: {"source": f"memory:{name}"} for name in names}}

    def warned(name: str, key=None, **options: object) -> list[str]:
        if key is not None:
            memory.register(name, key.fields())
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            loaded = load_credentials(profile=name, config=config, **options)
            if options.get("live"):
                loaded.close()
        assert all(one.category is CredentialsWarning for one in found)
        return [str(one.message) for one in found]

    yield warned
    for name in names:
        memory.unregister(name)


def test_two_profiles_with_one_key_warn_once(names, load) -> None:
    """With both names, whichever comes first, and with what to do."""
    key = new_key()
    assert load(names[1], key) == []
    (warning,) = load(names[0], key)
    assert f"the profiles {names[0]!r} and {names[1]!r} load the same API key" in warning
    assert "Create a key for each purpose" in warning
    for name in names[:2]:
        assert load(name, fresh=True) == []


def test_the_warning_of_two_profiles_is_not_repeated_after_a_rotation(names, load) -> None:
    for number in range(3):
        key = new_key()
        first, second = names[:2] if number % 2 else names[1::-1]
        found = load(first, key, fresh=True) + load(second, key, fresh=True)
        assert len(found) == (number == 0)


def test_each_further_profile_warns(names, load) -> None:
    key = new_key()
    assert [len(load(name, key)) for name in names] == [0, 1, 1]


def test_profiles_with_keys_of_their_own_do_not_warn(names, load) -> None:
    """Nor one profile that is loaded again, or that rotates."""
    assert [load(name) for name in [*names, *names]] == [[]] * 6
    assert load(names[0], new_key(), fresh=True) == []


def test_a_key_that_a_profile_has_left_is_free(names, load) -> None:
    old = new_key()
    load(names[0], old)
    load(names[0], new_key(), fresh=True)
    assert load(names[1], old) == []


def test_live_credentials_count_as_well(names, load) -> None:
    key = new_key()
    load(names[0], key, live=True)
    assert len(load(names[1], key, live=True)) == 1


def test_a_load_without_a_profile_needs_none_of_it() -> None:
    key = new_key()
    environ = {"BINANCE_API_KEY": key.api_key, "BINANCE_API_SECRET": key.api_secret}
    code = (
        "import sys, binance_creds; binance_creds.load_credentials('env://BINANCE');"
        "print('binance_creds._chain._purposes' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=plain_environ(**environ),
    )  # fmt: skip
    assert found.stdout.strip() == "False"
