"""What a reader can take in at once: files, functions, classes and folders stay small.

The tables name what is larger, and how large it may be: they only ever get shorter.
"""

from __future__ import annotations

import ast
from pathlib import Path

import binance_creds

PACKAGE = Path(binance_creds.__file__).parent
FILES = {
    "_files/_reader.py": 260,
    "_uri.py": 285,
    "errors.py": 285,
    "exchange/_line.py": 260,
    "live/_handle.py": 305,
    "providers/keychain/_keyring.py": 265,
}
FUNCTIONS = {
    "testing/exchange/_endpoints/_futures_answers.py:described": 31,  # the fields of an answer of the exchange
    "testing/exchange/_streams/_futures_events.py:trade_update": 36,  # as above
}
CLASSES = {  # lines, and methods
    "live/run/_engine.py:Engine": (200, 17),
    "live/_handle.py:LiveCredentials": (250, 21),
    "testing/exchange/_endpoints/_order_book.py:OrderBook": (200, 16),
    "testing/_contract.py:ProviderContract": (200, 18),  # a method for each law
    "providers/google/_versions.py:Versions": (200, 18),
    "providers/aws/_secrets_manager.py:SecretsManagerProvider": (200, 16),
    "rotation/_steps.py:Steps": (200, 19),
    "cli/_terminal.py:Terminal": (200, 19),
    "testing/exchange/_websocket/_session.py:WebSocketSession": (200, 16),
}
FOLDERS = {
    ".": 53,  # a file for each public name that is common to all rooms, and the rooms
    "_parse": 19,
    "adapters": 23,  # a module for each client
    "cli/_commands": 18,  # a module for each command
    "exchange": 17,
    "live/run": 18,
    "rotation": 16,
    "testing/exchange/_endpoints": 22,
}
LINES, FUNCTION, CLASS, METHODS, FOLDER = 250, 30, 200, 15, 15
TREES = {path: ast.parse(path.read_text()) for path in PACKAGE.rglob("*.py")}
DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef)


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def nodes(kind):
    return [
        (path, it) for path, tree in TREES.items() for it in ast.walk(tree) if isinstance(it, kind)
    ]


def length(node: ast.AST) -> int:
    """Return the lines of a function without its signature and its docstring."""
    first = node.body[1 if ast.get_docstring(node) and len(node.body) > 1 else 0]
    return node.end_lineno - first.lineno + 1


def test_files_are_short() -> None:
    sizes = {name_of(path): len(path.read_text().splitlines()) for path in TREES}
    assert [] == [it for it in sizes.items() if it[1] > FILES.get(it[0], LINES)]
    assert [] == [name for name in FILES if sizes[name] <= LINES]


def test_functions_are_short() -> None:
    sizes = {f"{name_of(path)}:{it.name}": length(it) for path, it in nodes(DEFINITION)}
    assert [] == [it for it in sizes.items() if it[1] > FUNCTIONS.get(it[0], FUNCTION)]
    assert [] == [name for name in FUNCTIONS if sizes[name] <= FUNCTION]


def test_classes_have_one_idea() -> None:
    sizes = {}
    for path, it in nodes(ast.ClassDef):
        methods = [one for one in it.body if isinstance(one, DEFINITION) and one.name[:2] != "__"]
        sizes[f"{name_of(path)}:{it.name}"] = (it.end_lineno - it.lineno + 1, len(methods))
    for name, (lines, methods) in sizes.items():
        most = CLASSES.get(name, (CLASS, METHODS))
        assert lines <= most[0], name
        assert methods <= most[1], name
    assert [] == [it for it in CLASSES if sizes[it][0] <= CLASS and sizes[it][1] <= METHODS]


def test_folders_can_be_read_at_a_glance() -> None:
    sizes = {}
    for path in TREES:
        folder = name_of(path.parent)
        inner = [it for it in path.parent.iterdir() if it.is_dir() and any(it.glob("*.py"))]
        sizes[folder] = len(list(path.parent.glob("*.py"))) + len(inner)
    assert [] == [it for it in sizes.items() if it[1] > FOLDERS.get(it[0], FOLDER)]
    assert [] == [name for name in FOLDERS if sizes[name] <= FOLDER]
