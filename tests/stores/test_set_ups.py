"""`doctor` over broken set-ups, on real parts; docs/reference/doctor.md is what it says of them.

`WRITE_PAGES=1 pytest tests/stores/test_set_ups.py` writes the page anew.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from set_ups import SET_UPS, Bench, SetUp

from binance_creds.cli import main
from binance_creds.diagnosis import diagnose
from binance_creds.errors import CredentialsError
from binance_creds.testing import FakeExchange

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "doctor.md"
HEAD = """\
# What `doctor` says

Each of these set-ups was prepared, on a real server where there is one, and `binance-creds doctor` was run.
`FOLDER`, `HOST` and `NAME` stand for what is different on each machine.
A test prepares them again and compares this page with what it finds.

| set-up | what it finds | what to do | exit code |
|---|---|---|---|
"""


@pytest.fixture
def bench(tmp_path, machine, open_shop):
    with FakeExchange() as exchange:
        bench = Bench(tmp_path, machine, exchange, open_shop)
        yield bench
        bench.close()


@pytest.mark.parametrize("set_up", SET_UPS, ids=lambda each: each.title)
def test_cause_and_fix_are_named(set_up: SetUp, bench, capsys) -> None:
    code, rows = _diagnosed(set_up, bench, capsys)
    assert code == set_up.code
    assert any(set_up.cause in text for text, _ in rows)
    assert any(set_up.fix in fix or set_up.fix in text for text, fix in rows)
    assert not any(value in str(rows) for value in bench.fields.values())
    line = _line(set_up, rows, code, bench)
    if os.environ.get("WRITE_PAGES"):
        _write(line)
    assert line in PAGE.read_text()


def test_the_page_has_nothing_else() -> None:
    assert PAGE.read_text().startswith(HEAD)
    assert len(PAGE.read_text().removeprefix(HEAD).splitlines()) == len(SET_UPS)


def test_a_configuration_that_is_refused_is_an_error_of_the_function(bench) -> None:
    with pytest.raises(CredentialsError, match="decides where"):
        diagnose(**next(each for each in SET_UPS if "repository" in each.title).prepare(bench))


def _write(line: str) -> None:
    """Put a line into the page, in the order of the set-ups."""
    text = PAGE.read_text() if PAGE.exists() else HEAD
    lines = [*text.removeprefix(HEAD).splitlines(keepends=True), line]
    by_title = {each.split(" | ")[0].removeprefix("| "): each for each in lines}
    PAGE.write_text(HEAD + "".join(by_title.get(each.title, "") for each in SET_UPS))


def _diagnosed(set_up: SetUp, bench: Bench, capsys) -> tuple[int, list[tuple[str, str]]]:
    """Return the exit code of the command, and what matters of what it found."""
    words = bench.words(set_up.prepare(bench))
    code = main(["doctor", "--json", "--base-url", bench.exchange.url, *words])
    document = json.loads(capsys.readouterr().out)
    if "error" in document:
        return code, [(document["error"]["message"], document["error"]["hint"])]
    (diagnosed,) = document["diagnoses"]
    found = [each for each in diagnosed["findings"] if each["severity"] != "good"]
    return code, [(each["text"], each["fix"] or "") for each in found if _matters(each)]


def _matters(finding: dict[str, str]) -> bool:
    return finding["severity"] in {"problem", "warning"} or "proxy" in finding["text"]


def _line(set_up: SetUp, rows: list[tuple[str, str]], code: int, bench: Bench) -> str:
    text = "<br>".join(dict.fromkeys(each for each, _ in rows))
    fix = "<br>".join(dict.fromkeys(each for _, each in rows if each))
    line = f"| {set_up.title} | {text} | {fix} | {code} |\n".replace("...", "…")
    line = line.replace(str(bench.folder), "FOLDER")
    line = re.sub(r"bot-\w{12}", "NAME", line)
    line = re.sub(r"[0-9.]+ s off", "0.0 s off", line)
    return re.sub(r"(127\.0\.0\.1|myvault\.vault\.test):\d+", "HOST", line)
