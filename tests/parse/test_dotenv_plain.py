"""Plain lines of a `.env` are read without python-dotenv, and as it reads them."""

from __future__ import annotations

import sys
from io import StringIO

import dotenv
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import token

from binance_creds import load_credentials
from binance_creds._parse._dotenv_plain import plain_variables

PIECES = ["A", "b_1", "1", "=", "=", "\n", "\n", " ", "\t", "#", "'", '"', "\\", "$A", "export ", "\r", "\x0c", "é",
          "\ufeff", "-", "x/y+", "`", "\x85", "\u2028", "\x00", "\x1c", "-----BEGIN "]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
def test_they_mean_what_they_mean_to_python_dotenv(text) -> None:
    found = plain_variables(text.encode())
    theirs = dotenv.dotenv_values(stream=StringIO(text), interpolate=False)
    assert found is None or {name: value.reveal() for name, value in found.items()} == theirs


@given(
    st.dictionaries(
        st.from_regex(r"[A-Z_][A-Z0-9_]{0,30}", fullmatch=True), st.text("aZ09+/=_.:@-,%?&*")
    )
)
def test_what_programs_write_is_plain(variables) -> None:
    text = "".join(
        f"# of {name}\n\n  # b\nexport {name}='{value}'\n" for name, value in variables.items()
    )
    found = plain_variables(text.replace("'", '"').replace("export ", "").encode())
    assert variables == {name: value.reveal() for name, value in (found or {}).items()}
    assert variables.keys() == (plain_variables(text.encode()) or {}).keys()


@pytest.mark.parametrize("form", ["{}", "'{}'", '"{}"'])
def test_a_file_of_them_needs_no_python_dotenv(form, tmp_path, monkeypatch) -> None:
    key, secret = token(), token()
    path = tmp_path / ".env"
    path.touch(0o600)
    path.write_text(
        f"BINANCE_API_KEY={form.format(key)}\nexport BINANCE_API_SECRET={form.format(secret)}"
    )
    monkeypatch.setitem(sys.modules, "dotenv", None)
    creds = load_credentials(f"dotenv:{path}")
    assert (key, secret) == (creds.api_key.reveal(), creds.api_secret.reveal())
