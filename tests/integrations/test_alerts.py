"""The rules for alerts: of metrics that a real exporter gives, and right by Prometheus's own tests."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from programs import program
from prometheus_client.parser import text_string_to_metric_families
from support import plain_environ

ROOT = Path(__file__).parents[2]
RULES = ROOT / "docs" / "howto" / "operate" / "alerts.yml"
CASES = Path(__file__).with_name("alerts_test.yml")


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """What Prometheus reads from the example, by its own parser."""
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "metrics_prometheus.py"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path_factory.mktemp("bot"),
        env=plain_environ(),
        timeout=60,
    )
    families = text_string_to_metric_families(done.stdout)
    return {one.name: one for family in families for one in family.samples}


def test_every_rule_is_of_metrics_that_a_bot_gives(samples) -> None:
    """And of labels that they have; `error_type` is there after a failure."""
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    expressions = " ".join(rule["expr"] for rule in group["rules"])
    assert set(re.findall(r"binance_creds_live_\w+", expressions)) <= set(samples)
    labels = {label for one in samples.values() for label in one.labels} | {"error_type"}
    assert set(re.findall(r"(\w+)=~?\"", expressions)) <= labels


def test_the_example_gives_the_times_of_the_key(samples) -> None:
    """In seconds: 60 days until it should be replaced, 90 until its right to trade ends."""
    for name, days in (("rotate_by", 60), ("trading_ends", 90)):
        value = samples[f"binance_creds_live_{name}_seconds"].value
        assert abs(value - days * 86_400) < 600


@pytest.mark.product
@pytest.mark.parametrize("command", [["check", "rules", "alerts.yml"], ["test", "rules", "t.yml"]])
def test_promtool_finds_the_rules_right(tmp_path, command) -> None:
    """Stale, failed, due and rejected raise their alerts, and a healthy bot raises none."""
    promtool = program("promtool")
    shutil.copy(RULES, tmp_path / "alerts.yml")
    shutil.copy(CASES, tmp_path / "t.yml")
    done = subprocess.run([promtool, *command], cwd=tmp_path, capture_output=True, text=True)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout
