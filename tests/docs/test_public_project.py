"""What the hosting site reads: forms, workflows, updates."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema.validators import validator_for

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("[0-9]*.yml"))


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        *(("github-workflows", path) for path in WORKFLOWS),
        *(("github-issue-forms", path) for path in FORMS),
        ("github-issue-config", GITHUB / "ISSUE_TEMPLATE" / "config.yml"),
        ("dependabot", GITHUB / "dependabot.yml"),
    ],
    ids=lambda it: it if isinstance(it, str) else it.name,
)
def test_a_file_has_the_form_that_the_site_expects(schema, path) -> None:
    expected = get_builtin_schema(f"vendor.{schema}")
    document = yaml.safe_load(path.read_text())
    if True in document:
        document["on"] = document.pop(True)  # YAML 1.1 reads `on` as true, and the site does not
    assert [] == [it.message for it in validator_for(expected)(expected).iter_errors(document)]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda it: it.name)
def test_a_workflow_may_read_and_each_job_says_what_more_it_needs(path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert {"contents": "read"} == workflow["permissions"]
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 180
        for step in job["steps"]:
            if "actions/checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


def test_only_what_was_tested_and_attested_is_published_without_a_token() -> None:
    jobs = yaml.safe_load((GITHUB / "workflows/release.yml").read_text())["jobs"]
    needs = {name: job.get("needs") for name, job in jobs.items()}
    assert {
        "test": None, "build": "test", "attest": "build", "publish": "attest", "announce": "publish",
    } == needs  # fmt: skip
    assert ("pypi", {"id-token": "write"}) == (
        jobs["publish"]["environment"], jobs["publish"]["permissions"],
    )  # fmt: skip
    assert "secrets." not in (GITHUB / "workflows/release.yml").read_text()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda it: it.name)
def test_no_script_of_a_workflow_has_an_expression(path) -> None:
    """A branch or a title may have the text of a command: it comes by a variable."""
    for job in yaml.safe_load(path.read_text())["jobs"].values():
        assert [] == [it["run"] for it in job["steps"] if "${{" in it.get("run", "")]


def test_what_the_workflows_call_exists() -> None:
    called = {
        name for path in WORKFLOWS for name in re.findall(r"\bmake ([a-z-]+)", path.read_text())
    }
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert called
    assert called <= targets
