"""The shape of the house: ranks, one importer a library, exports, callers of reveal."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import binance_creds

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "binance_creds"
FILES = sorted(PACKAGE.rglob("*.py"))
RANKS = {
    "errors": 0, "_version": 0,
    "_secret": 1, "_uri": 1, "_enums": 1, "_time": 1, "_warnings": 1, "_error_row": 1,
    "_working_directory": 1, "_threads": 2, "_raw": 2, "_refresh_policy": 2,
    "_plan": 3, "signers": 3, "_credentials": 4, "_parse": 5, "exchange": 6, "providers": 6,
    "_config": 7, "_chain": 7, "_cache": 7, "live": 8, "_api": 9,
    "adapters": 10, "redact": 10, "scan": 10, "cli": 11, "testing": 11, "__init__": 12,
}  # fmt: skip


def top(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Return every dotted name that a file imports, also for types only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_the_ranks(path) -> None:
    """Or stay inside their own folder."""
    own = top(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "binance_creds" and len(parts) > 1 and parts[1] != own:
            assert RANKS[parts[1]] < RANKS[own], f"{own} imports {name}"


@pytest.mark.parametrize(
    ("library", "importers"),
    [
        (
            "azure",
            {
                "providers/azure_key_vault.py",
                "providers/_azure_errors.py",
                "providers/_azure_login.py",
                "live/event_grid.py",
            },
        ),
        ("dotenv", {"_parse/_dotenv_text.py"}),
        (
            "requests",
            {
                "adapters/requests.py",
                "adapters/python_binance.py",
                "providers/hashicorp_vault.py",
                "providers/_vault_login.py",
            },
        ),
        ("boto3", {"providers/_aws_login.py", "live/sqs.py"}),
        (
            "botocore",
            {
                "providers/aws_secrets_manager.py",
                "providers/_aws_agent.py",
                "providers/_aws_login.py",
                "providers/_vault_methods.py",
                "live/sqs.py",
            },
        ),
        ("redis", {"live/push/redis.py"}),
        (
            "google",
            {
                "providers/google_secret_manager.py",
                "providers/_google_login.py",
                "providers/_google_place.py",
                "live/pubsub.py",
            },
        ),
        ("grpc", {"providers/_google_place.py", "live/pubsub.py"}),
        (
            "hvac",
            {
                "providers/hashicorp_vault.py",
                "providers/_vault_kv.py",
                "providers/_vault_login.py",
                "providers/_vault_methods.py",
            },
        ),
        ("httpx", {"adapters/httpx.py"}),
        ("binance", {"adapters/python_binance.py"}),
        ("pydantic", {"_config/_models.py", "_config/_profiles.py", "_secret.py"}),
        ("pydantic_core", {"_config/_profiles.py", "_secret.py"}),
    ],
)
def test_each_library_has_one_importer(library, importers) -> None:
    """Its idea stays in one place."""
    users = {
        str(p.relative_to(PACKAGE))
        for p in FILES
        if library in {n.split(".")[0] for n in imports(p)}
    }
    assert users == importers


def test_only_the_keychain_files_know_keyring_and_only_keys_know_cryptography() -> None:
    """Each within its own room."""
    for path in FILES:
        tops = {name.split(".")[0] for name in imports(path)}
        name = str(path.relative_to(PACKAGE))
        if "keyring" in tops or "secretstorage" in tops:
            assert name.startswith(
                ("providers/keyring", "providers/_keychain", "providers/_secret_service")
            )
        if "cryptography" in tops:
            assert name in {"_parse/_pem.py", "signers/_signer.py", "testing/exchange/_keys.py"}


def public_modules() -> list[str]:
    names = ["binance_creds"]
    for info in pkgutil.walk_packages(binance_creds.__path__, "binance_creds."):
        if not any(part.startswith("_") for part in info.name.split(".")[1:]):
            names.append(info.name)
    return names


@pytest.mark.parametrize("name", public_modules())
def test_exports_are_sorted_complete_and_documented(name) -> None:
    """A stranger finds what a module gives in `__all__`."""
    module = importlib.import_module(name)
    assert module.__all__ == sorted(module.__all__)
    assert module.__doc__
    public = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and getattr(value, "__module__", None) == name
    }
    assert public <= set(module.__all__)
    for key in module.__all__:
        value = getattr(module, key)
        if callable(value):
            assert value.__doc__, key


def test_what_is_imported_late_is_listed_as_well() -> None:
    """A shell completes names by `dir`; a name that is nowhere is an AttributeError."""
    assert set(binance_creds.__all__) <= set(dir(binance_creds))
    with pytest.raises(AttributeError, match="no attribute 'load_all'"):
        binance_creds.load_all


ALLOWED = re.compile(
    r"^(signers/|adapters/|_parse/|testing/|_secret\.py|providers/(keyring|_keychain_items|_payload|_secret_service|aws_secrets_manager|azure_key_vault|_vault_methods|_vault_login|_vault_kv|google_secret_manager)\.py)"
)


def test_plaintext_is_revealed_in_few_places() -> None:
    """Signers, adapters, the parser, and what writes into a store."""
    callers = {str(p.relative_to(PACKAGE)) for p in FILES if ".reveal()" in p.read_text()}
    assert {name for name in callers if not ALLOWED.match(name)} == set()


def test_every_exception_from_a_check_has_a_reason() -> None:
    """`pragma`, `noqa` and `type: ignore` say why; `noqa: PLC0415` imports where it is used."""
    for path in FILES:
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            for mark in re.findall(r"# (pragma: no \w+|type: ignore(?:\[[^]]*\])?)(.*)$", line):
                assert "# " in mark[1] or "  #" in mark[1] or "type: ignore" in mark[0], (
                    f"{path.name}:{number}"
                )


def test_the_project_speaks_of_itself() -> None:
    """No path of a machine, nothing outside its own tree."""
    for path in (
        p
        for folder in ("src", "tests", "examples", "docs")
        for p in (ROOT / folder).rglob("*")
        if p.is_file()
    ):
        if path.suffix in {".py", ".md", ".toml", ".json"} and path != Path(__file__):
            text = path.read_text()
            assert "/root/" not in text, path
            assert "../shared" not in text, path
