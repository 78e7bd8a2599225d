"""How often tests reach for a private name of the library: what holds its rooms in place."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured

GREATEST = 28  # a third are of Pub/Sub and Storage Queue: as in a forked child, or while one waits
ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "binance_creds"
TESTS = ROOT / "tests"
TUPLES = {"_replace", "_asdict", "_fields", "_make"}  # public names of `NamedTuple`
# Of a client, an SDK or a double, which happen to be called as one of ours.
NOT_OURS = {
    "adapters/test_binance_sdk.py": {"_session", "_signer"},
    "adapters/test_ccxt_streams.py": {"_streams"},
    "adapters/test_encoding.py": {"_delete"},
    "adapters/test_freqtrade.py": {"_api"},
    "adapters/test_freqtrade_exchange.py": {"_api"},
    "adapters/test_httpx.py": {"_request", "_stream", "_transport"},
    "adapters/test_plain.py": {"_get_request_kwargs"},
    "adapters/test_python_binance.py": {"_request"},
    "adapters/test_python_binance_streams.py": {"_loop", "_queue", "_url"},
    "adapters/test_targets.py": {"_url"},
    "providers/azure/test_login_faults.py": {"_server"},
    "providers/gcp/test_google_secret_manager.py": {"_channel"},
    "redact/test_forks.py": {"_better"},
    "stores/test_versions.py": {"_server"},
}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name.strip("_") != ""


def bound_in(tree: ast.AST) -> set[str]:
    """Return the names that a file gives to functions, classes, variables and attributes."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def trees(folder: Path) -> Iterator[tuple[Path, ast.AST]]:
    """Give one after the other: all at once keep the garbage collector busy for seconds."""
    for path in sorted(folder.rglob("*.py")):
        yield path, ast.parse(path.read_text())


def touched(tree: ast.AST) -> list[str]:
    """Return the private names that a test reads of something else than itself, also as a text."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            is_own = isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}
            found += [] if is_own else [node.attr]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("binance_creds"):
            folder = SOURCE.parent.joinpath(*node.module.split("."))
            names = (alias.name for alias in node.names)
            found += [
                n for n in names if not ((folder / n).is_dir() or (folder / f"{n}.py").exists())
            ]
        elif isinstance(node, ast.Call):  # such as `monkeypatch.setattr(module, "_NAME", ...)`
            texts = [a.value for a in node.args[:2] if isinstance(a, ast.Constant)]
            found += [t.rpartition(".")[2] for t in texts if isinstance(t, str) and t.isprintable()]
    return list(filter(is_private, found))


def touches() -> Counter[tuple[str, str]]:
    """Count, by test file, the touches of names that are private in the library."""
    ours = set().union(*(bound_in(tree) for _, tree in trees(SOURCE))) - TUPLES
    found: Counter[tuple[str, str]] = Counter()
    for path, tree in trees(TESTS):
        file = path.relative_to(TESTS).as_posix()
        foreign = bound_in(tree) | NOT_OURS.get(file, set())
        found.update((file, n) for n in touched(tree) if n in ours and n not in foreign)
    return found


def test_tests_reach_for_few_private_names() -> None:
    """Take a public seam instead of another one, and lower the number with each that goes."""
    found = touches()
    listed = [f"{count} {file} {name}" for (file, name), count in sorted(found.items())]
    assert sum(found.values()) <= GREATEST, "\n".join(listed)
