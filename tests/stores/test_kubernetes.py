"""The manifests of the Kubernetes page fit together, and what they mount loads."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
import yaml
from support import token

from binance_creds import SourceURI, load_credentials
from binance_creds.providers._registry import provider_for

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "deploy" / "kubernetes.md"
MANIFESTS = [
    manifest
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    for manifest in yaml.safe_load_all(block)
]
PODS = [manifest for manifest in MANIFESTS if manifest["kind"] == "Pod"]
INJECTED = "/vault/secrets"  # where the injector mounts without being asked


def container(pod) -> dict:
    return pod["spec"]["containers"][0]


def source(pod) -> str:
    (variable,) = container(pod)["env"]
    assert variable["name"] == "BINANCE_CREDS_SOURCE"
    return variable["value"]


def mounted(pod) -> list[str]:
    mounts = [mount["mountPath"] for mount in container(pod).get("volumeMounts", [])]
    is_injected = "vault.hashicorp.com/agent-inject" in pod["metadata"].get("annotations", {})
    return [*mounts, *([INJECTED] if is_injected else [])]


def test_the_page_shows_three_ways() -> None:
    assert len(PODS) == 3
    kinds = [manifest["kind"] for manifest in MANIFESTS]
    assert sorted(kinds) == ["ExternalSecret", *["Pod"] * 3, "SecretProviderClass"]


@pytest.mark.parametrize("pod", PODS, ids=source)
def test_a_pod_reads_where_it_mounts(pod) -> None:
    uri = SourceURI.parse(source(pod))
    assert uri.scheme == "file"
    provider_for(uri)
    assert any(f"{uri.location}/".startswith(f"{path}/") for path in mounted(pod))
    volumes = {volume["name"] for volume in pod["spec"].get("volumes", [])}
    assert volumes == {mount["name"] for mount in container(pod).get("volumeMounts", [])}


def test_the_secret_that_is_made_is_the_one_that_is_mounted() -> None:
    (external,) = (manifest for manifest in MANIFESTS if manifest["kind"] == "ExternalSecret")
    assert (
        PODS[0]["spec"]["volumes"][0]["secret"]["secretName"] == external["spec"]["target"]["name"]
    )
    (given,) = (manifest for manifest in MANIFESTS if manifest["kind"] == "SecretProviderClass")
    attributes = PODS[1]["spec"]["volumes"][0]["csi"]["volumeAttributes"]
    assert attributes["secretProviderClass"] == given["metadata"]["name"]


def test_a_mounted_secret_loads_and_rotates(tmp_path) -> None:
    """As the kubelet lays it out, with the mode of the manifest; no warning."""
    mode = PODS[0]["spec"]["volumes"][0]["secret"]["defaultMode"]
    for generation in range(2):
        fields = {"api_key": token(), "api_secret": token()}
        _publish(tmp_path, generation, fields, mode)
        creds = load_credentials(f"file:{tmp_path}", fresh=True)
        assert fields["api_secret"] == creds.api_secret.reveal()


def test_the_files_of_the_driver_load(tmp_path) -> None:
    (given,) = (manifest for manifest in MANIFESTS if manifest["kind"] == "SecretProviderClass")
    (secret,) = yaml.safe_load(given["spec"]["parameters"]["objects"])
    held = {"api_key": token(), "api_secret": token()}
    files = {part["objectAlias"]: held[part["path"]] for part in secret["jmesPath"]}
    _publish(tmp_path, 0, files, 0o440)
    assert held["api_secret"] == load_credentials(f"file:{tmp_path}").api_secret.reveal()


def test_the_file_of_the_agent_loads(tmp_path) -> None:
    """With the name and the mode of the annotations, and the JSON that `toJSON` writes."""
    notes = PODS[2]["metadata"]["annotations"]
    name = Path(SourceURI.parse(source(PODS[2])).location).name
    prefix = "vault.hashicorp.com/agent-inject"
    assert notes[f"{prefix}-secret-{name}"] in notes[f"{prefix}-template-{name}"]
    fields = {"api_key": token(), "api_secret": token()}
    path = tmp_path / name
    path.touch(int(notes[f"{prefix}-perms-{name}"], 8) | 0o200)
    path.write_text(json.dumps(fields, separators=(",", ":")))
    path.chmod(int(notes[f"{prefix}-perms-{name}"], 8))
    assert fields["api_key"] == load_credentials(f"file:{path}").api_key.reveal()


def _publish(folder: Path, generation: int, fields: dict[str, str], mode: int) -> None:
    """Write a generation and move the link `..data` to it."""
    data = folder / f"..{generation}"
    data.mkdir(0o755)
    for name, text in fields.items():
        (data / name).write_text(text)
        (data / name).chmod(mode)
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    (folder / "..data_tmp").symlink_to(data.name)
    os.replace(folder / "..data_tmp", folder / "..data")
