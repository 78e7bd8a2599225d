"""What is printed in several writes is redacted as one line; nothing else about a stream changes."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from support import new_key, plain_environ

from binance_creds import KeyType

SIGNATURE = "a1" * 32


@pytest.fixture
def printing(monkeypatch, install):
    """Return what redacts a stream in place of stdout."""

    def begin(stream=None):
        out = stream or io.StringIO()
        monkeypatch.setattr(sys, "stdout", out)
        return out, install(streams=True)

    return begin


def test_a_value_is_hidden_by_a_name_that_was_written_before(printing) -> None:
    out, _ = printing()
    print("signature=", SIGNATURE, sep="")
    print("signature:", SIGNATURE, "end")
    assert "signature=[redacted]\nsignature: [redacted] end\n" == out.getvalue()


def test_a_secret_in_two_writes_is_hidden(canary, printing) -> None:
    out, _ = printing()
    for half in ("a ", canary.secret[:20], canary.secret[20:], " b", "\n"):
        sys.stdout.write(half)
    assert "a [redacted] b\n" == out.getvalue()


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_a_line_is_written_when_it_ends(printing, end) -> None:
    """Also what a progress bar writes again and again."""
    out, _ = printing()
    sys.stdout.write("half")
    assert "" == out.getvalue()
    sys.stdout.write(f" whole{end}next")
    assert f"half whole{end}" == out.getvalue()


def test_a_prompt_is_shown_by_a_flush_and_by_the_end(printing) -> None:
    out, undo = printing()
    print("name? ", end="", flush=True)
    assert "name? " == out.getvalue()
    print("rest", end="")
    undo()
    assert "name? rest" == out.getvalue()


def test_a_name_before_a_flush_hides_what_comes_after(canary, printing) -> None:
    """And the second half of a secret; on the next line it names nothing."""
    out, _ = printing()
    print("signature=", end="", flush=True)
    print(SIGNATURE)
    print(canary.secret[:20], end="", flush=True)
    print(canary.secret[20:], "x")
    print("signature:", end="\n.\n")
    print(SIGNATURE)
    expected = (
        f"signature=[redacted]\n{canary.secret[:20]}[redacted] x\nsignature:\n.\n{SIGNATURE}\n"
    )
    assert expected == out.getvalue()


@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.RSA])
@pytest.mark.parametrize("is_flushed", [False, True])
def test_a_private_key_is_hidden_line_by_line(printing, key_type, is_flushed) -> None:
    """Though it was never loaded; what comes after it is shown."""
    lines = new_key(key_type).private_key_pem.splitlines()
    out, _ = printing()
    print("begin:", *lines, sep="\n", flush=is_flushed)
    for line in lines:
        print(line, flush=is_flushed)
    print("the end.")
    assert out.getvalue().startswith("begin:\n[redacted]")
    assert out.getvalue().endswith("\nthe end.\n")
    assert not [line for line in lines if line in out.getvalue()]


def test_a_very_long_line_is_written_in_pieces(canary, printing) -> None:
    """And no secret is cut, wherever it stands."""
    out, _ = printing()
    for _ in range(300):
        sys.stdout.write("word " * 20)
        sys.stdout.write(canary.secret[:30])
        sys.stdout.write(canary.secret[30:] + " ")
    assert len(out.getvalue()) > 20_000
    print("x" * 20_000, end="")
    print()
    assert 300 == out.getvalue().count("[redacted]")
    assert 6_000 == out.getvalue().count("word ")
    assert out.getvalue().endswith("[redacted] " + "x" * 20_000 + "\n")
    assert not canary.is_in(out.getvalue())


def test_a_named_value_without_an_end_stays_hidden(printing) -> None:
    out, _ = printing()
    sys.stdout.write("signature=")
    for _ in range(40):
        sys.stdout.write("a1" * 500)
    print()
    assert "a1a1" not in out.getvalue()


def test_an_error_inside_shows_nothing(printing, monkeypatch) -> None:
    def fail(text):
        raise RuntimeError(text)

    out, _ = printing()
    monkeypatch.setattr("binance_creds.redact._python._streams.secret_spans", fail)
    print("the text")
    assert "[not shown: the redaction failed]\n" == out.getvalue()


def test_all_else_is_that_of_the_stream(printing) -> None:
    reader, writer = os.pipe()
    with open(writer, "w", encoding="utf-8") as stream, open(reader, encoding="utf-8") as read:
        _, undo = printing(stream)
        given = sys.stdout.fileno(), sys.stdout.encoding, sys.stdout.isatty(), sys.stdout.closed
        assert (writer, "utf-8", False, False) == given
        assert len("rest") == sys.stdout.write("rest")
        sys.stdout.close()
        assert "rest" == read.read()
        sys.stdout.write("lost")
        undo()
        assert sys.stdout is stream


def test_without_a_stream_nothing_fails(monkeypatch, install) -> None:
    """A windowed program has none."""
    monkeypatch.setattr(sys, "stdout", None)
    undo = install(streams=True)
    print("nowhere")
    undo()
    assert sys.stdout is None


PROGRAM = """
import sys
from binance_creds.redact import install_redaction
install_redaction(streams=True)
name = input("prompt")
print("signature=", end=name)
print("rest", end="", file=sys.stderr)
"""


def test_the_end_of_the_program_writes_the_rest() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=SIGNATURE, capture_output=True, text=True,
        check=False, timeout=60, env=plain_environ(),
    )  # fmt: skip
    assert ("promptsignature=[redacted]", "rest") == (done.stdout, done.stderr)
