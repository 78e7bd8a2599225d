"""`--json`: one document with a version, the exit code of the text, and never a secret."""

from __future__ import annotations

import io
import json

import pytest
from support import pair, write_dotenv

from binance_creds.cli import ExitCode, main
from binance_creds.cli._commands import COMMANDS

DONE, FINDING, USAGE = ExitCode.DONE, ExitCode.FINDING, ExitCode.USAGE
CASES = [
    ("--version", DONE, "binance-creds"),
    ("", USAGE, None),
    ("nothing", USAGE, "error"),
    ("check main --offline", DONE, "checks"),
    ("check other --offline", FINDING, "checks"),
    ("check third --offline", USAGE, "error"),
    ("check broken --offline", FINDING, "checks"),
    ("check --jump", USAGE, "error"),
    ("doctor main --offline", DONE, "diagnoses"),
    ("doctor other --offline", FINDING, "diagnoses"),
    ("doctor broken --offline", FINDING, "diagnoses"),
    ("init dotenv:.env --profile bot --dry-run", DONE, "files"),
    ("init", USAGE, "error"),
    ("show --all", FINDING, "credentials"),
    ("show other", FINDING, "credentials"),
    ("show broken", FINDING, "credentials"),
    ("show --find 00000000", FINDING, "credentials"),
    ("show main --reveal", USAGE, "error"),
    ("watch other", FINDING, "code"),
    ("watch broken", FINDING, "code"),
    ("put dotenv:new.env --offline", FINDING, "error"),
    ("put main --offline", FINDING, "error"),
    ("put memory:x --offline", USAGE, "error"),
    ("put", USAGE, "error"),
    ("copy main dotenv:new.env --offline", DONE, "stored"),
    ("copy other dotenv:new.env --offline", FINDING, "error"),
    ("copy broken dotenv:new.env --offline", FINDING, "error"),
    ("rollback main --offline", USAGE, "error"),
    ("keygen dotenv:key.env", DONE, "key"),
    ("keygen dotenv:none/key.env", USAGE, "error"),
    ("rotate nosuch", USAGE, "error"),
    ("exec other -- true", 125, "error"),
    ("exec broken -- true", 125, "error"),
    ("exec main -- no-such-program", 127, "error"),
    ("exec main -- /dev/null", 126, "error"),
    ("exec main", 125, "error"),
    ("policy", DONE, "policies"),
    ("policy nope", USAGE, "error"),
    ("scan main.env", FINDING, "findings"),
    ("scan none", FINDING, "error"),
    ("runbook", DONE, "runbooks"),
    ("runbook leak broken --offline", DONE, "runbook"),
    ("runbook nope", USAGE, "error"),
    ("audit verify none", FINDING, "error"),
    ("completion bash", DONE, "completion"),
    ("completion words show", DONE, "completion"),
    ("completion tcsh", USAGE, "error"),
]  # fmt: skip


@pytest.fixture
def canary(tmp_path, monkeypatch) -> dict[str, str]:
    """A pair in a working folder, in a profile that works and in one that does not."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    fields = pair()
    write_dotenv(tmp_path / "main.env", fields)
    (tmp_path / "broken.env").write_text(f"{fields['api_secret']}\nBINANCE_API_KEY='\n")
    (tmp_path / "binance-creds.toml").write_text(
        "".join(
            f'[profiles.{name}]\nsource = "dotenv:{name}.env"\n'
            for name in ("main", "other", "broken")
        )
    )
    return fields


def test_every_command_has_a_case() -> None:
    assert set(COMMANDS) <= {words.partition(" ")[0] for words, _, _ in CASES}


@pytest.mark.parametrize(("words", "code", "member"), CASES)
def test_one_document_with_the_exit_code_of_the_text(canary, capfd, words, code, member) -> None:
    """Run each twice; `--json` stands first, where any command accepts it."""
    assert main(["--json", *words.split()]) == code
    shown = capfd.readouterr()
    if member is not None:
        document = json.loads(shown.out)
        assert document["version"] == 1
        assert member in document
        if "error" in document:
            assert set(document["error"]) == {"code", "message", "hint"}
            assert all(document["error"][name] for name in ("code", "message"))
    if words.startswith(("copy", "keygen")) and code == DONE:
        return  # which would find what the first has written
    assert main(words.split()) == code
    again = capfd.readouterr()
    for text in (*shown, *again):
        assert not any(value in text for value in canary.values())
        assert "Traceback" not in text
