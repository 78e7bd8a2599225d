"""`Package`: the source of binance_creds, read without importing it, so that no extra is needed."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
ROOT = "binance_creds"


@cache
def modules() -> list[str]:
    """Return the names of all modules, packages before what is in them."""
    files = sorted(SOURCE.joinpath(ROOT).rglob("*.py"), key=lambda path: path.with_suffix("").parts)
    names = (".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in files)
    return sorted(name.removesuffix(".__init__") for name in names)


@cache
def tree(module: str) -> ast.Module:
    """Return the parsed module."""
    path = SOURCE.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


def public_modules() -> list[str]:
    """Return the modules without an underscore that export something."""
    return [
        name
        for name in modules()
        if not any(part.startswith("_") for part in name.split(".")) and exports(name)
    ]


def exports(module: str) -> list[str]:
    """Return what `__all__` lists."""
    node = assigned(module, "__all__")
    return [] if node is None else ast.literal_eval(node)


def assigned(module: str, name: str) -> ast.expr | None:
    """Return what a module assigns to a name at its top level."""
    for node in tree(module).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                return value
            case ast.AnnAssign(target=ast.Name(id=found), value=value) if found == name:
                return value
    return None


@cache
def find(module: str, name: str) -> tuple[str, ast.stmt] | None:
    """Return the module that defines a name, and the statement; imports are followed."""
    found = None
    for node in _top_level(tree(module).body):
        match node:
            case ast.ClassDef(name=it) | ast.FunctionDef(name=it) | ast.AsyncFunctionDef(name=it):
                if it == name:
                    found = module, node  # the last one: overloads come before it
            case ast.Assign(targets=[ast.Name(id=it)]) | ast.AnnAssign(target=ast.Name(id=it)):
                if it == name:
                    found = module, node
    return found or _imported(module, name)


@cache
def _origins(module: str) -> dict[str, str]:
    """Return the module that each imported name is from, also where a function imports it."""
    imports = (node for node in ast.walk(tree(module)) if isinstance(node, ast.ImportFrom))
    return {
        alias.name: node.module or ""
        for node in imports
        for alias in node.names
        if not alias.asname
    }


def _imported(module: str, name: str) -> tuple[str, ast.stmt] | None:
    origin = _origins(module).get(name, "")
    if origin not in modules():
        return None
    if f"{origin}.{name}" in modules():
        return f"{origin}.{name}", tree(f"{origin}.{name}").body[0]
    return find(origin, name)


def _top_level(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements of a module, those under `if TYPE_CHECKING:` too."""
    return [one for node in body for one in (node.body if isinstance(node, ast.If) else [node])]


def first_paragraph(text: str | None) -> str:
    """Return the first paragraph of a docstring in one line."""
    return " ".join((text or "").strip().partition("\n\n")[0].split())


def docstring(module: str, node: ast.stmt) -> str:
    """Return the docstring of a definition, or the text that follows an assignment."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return ast.get_docstring(node) or ""
    body = _top_level(tree(module).body)
    if node is body[0]:
        return ast.get_docstring(tree(module)) or ""
    after = body[body.index(node) + 1] if node is not body[-1] else None
    match after:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
    return ""
