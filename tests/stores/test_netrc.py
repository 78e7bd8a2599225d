"""A `.netrc` is for other programs: no store is given a login of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import requests
import three_bots
from support import pair

from binance_creds import load_credentials
from binance_creds.providers.remote._sessions import keep_to_its_login

HERE, ELSEWHERE = "https://vault.test/v1/x", "https://other.test/v1/x"


@pytest.fixture(autouse=True)
def netrc(machine, tmp_path) -> None:
    """A file with a login for every host, which requests puts over any other."""
    path = tmp_path / "netrc"
    path.touch(0o600)
    path.write_text("default login somebody password theirs\n")
    machine.setenv("NETRC", str(path))


def test_a_store_gets_no_login_of_a_netrc(shop) -> None:
    given, name = pair(), three_bots.name()
    shop.put(name, given)
    loaded = load_credentials(shop.source(name), fresh=True)
    assert given["api_key"] == loaded.api_key.reveal()
    logins = [head.get("Authorization", "") for head in shop.proxy.heads]
    assert not any(login.startswith("Basic ") for login in logins)


@pytest.mark.parametrize(("to", "login"), [(HERE, "Bearer t"), (ELSEWHERE, None)])
def test_a_redirect_gets_none_either(to, login) -> None:
    """The token stays with the host that it was sent to."""
    session = requests.Session()
    keep_to_its_login(session)
    followed = requests.Request("GET", to, headers={"Authorization": "Bearer t"}).prepare()
    asked = SimpleNamespace(request=requests.Request("GET", HERE).prepare())
    session.rebuild_auth(followed, asked)
    assert login == followed.headers.get("Authorization")
