"""The measuring itself: copies are found wherever they are, and only those of the program."""

from __future__ import annotations

from base64 import b64encode, encodebytes

import pytest
from outside import STOP, Kept, stopped, why_not
from support import new_key, token

from binance_creds import KeyType

REASON = why_not()
pytestmark = [pytest.mark.skipif(bool(REASON), reason=REASON), pytest.mark.unmeasured]


def test_a_program_without_the_secret_has_no_copy(tmp_path) -> None:
    """Those of the test are not counted."""
    assert Kept(tmp_path, token(), token()).counts("file:pair", "") == [0]


def test_the_environment_keeps_two(tmp_path) -> None:
    """The kernel's, and that of `os.environ`."""
    assert Kept(tmp_path, token(), token()).counts("env:", "") == [2]


READ = "text = bytearray(64); open('pair/api_secret', 'rb', 0).readinto(text)"


@pytest.mark.parametrize(
    ("code", "copies"),
    [
        ("", 1),
        ("kept = [text.decode() for _ in range(3)]", 4),
        ("kept = text.decode() + '\u20ac'", 3),
        ("kept = text.decode() + '\U0001f511'", 3),
    ],
    ids=["buffer", "text", "wide text", "wider text"],
)
def test_each_copy_is_counted(tmp_path, code, copies) -> None:
    """As bytes and in each width of text; what it was made from is still there as well."""
    assert Kept(tmp_path, token(), token()).counts("file:", f"{READ}\n{code}") == [copies]


def test_what_was_freed_is_counted(tmp_path) -> None:
    """Until something else is written there."""
    code = f"{READ}\nfreed = [text.decode() for _ in range(99)]\ndel freed"
    assert Kept(tmp_path, token(), token()).counts("file:", code) > [50]


def test_a_pem_counts_by_its_body(tmp_path) -> None:
    """Whatever its first line and its line ends are."""
    kept = Kept(tmp_path, token(), new_key(KeyType.RSA).private_key_pem)
    code = "text = open('pair/private_key', 'rb', 0).readall()"
    join = "text = b''.join(text.splitlines()[1:-1])"
    assert all(kept.counts("file:pair", f"{code}\n{STOP}\n{join}"))


FORMS = {
    "bytes": lambda key: key,
    "little-endian": lambda key: key[::-1],
    "hexadecimal": lambda key: key.hex().encode(),
    "letters": lambda key: key.hex().upper().encode(),
    "a number": lambda key: str(int.from_bytes(key, "big")).encode(),
    "base64": lambda key: b64encode(key),
    "base64 of more": lambda key: b64encode(b"?" + key + b"?"),
    "lines of base64": lambda key: encodebytes(b"??" + key),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_found_in_each_form(tmp_path, form) -> None:
    """A number of its length in CPython's own digits, too; its decimals alone are not looked for."""
    key = bytes(range(1, 129))
    (tmp_path / "form").write_bytes(FORMS[form](key))
    code = "text = open('form', 'rb', 0).readall()"
    number = "\nnumber = int(text)" if form == "a number" else ""
    with stopped(code + number, {}, tmp_path) as stops:
        assert next(stops)(key) > 0


def test_a_program_that_fails_says_why() -> None:
    """Its error is that of the test."""
    with stopped("1/0", {}) as stops, pytest.raises(AssertionError, match="ZeroDivisionError"):
        next(stops)
