"""The page of public names: each with its signature and the first paragraph of its docstring."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from _pages import package

WIDEST = 88
HEAD = """\
# Public names

Everything that is not on this page begins with an underscore and may change.
This page is generated from the source by `make docs`.

"""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def page() -> str:
    """Return the page."""
    homes: dict[tuple[str, str], str] = {}
    order = sorted(package.public_modules(), key=lambda name: (name.count("."), name))
    order.sort(key=lambda name: name not in {package.ROOT, f"{package.ROOT}.errors"})
    order.sort(key=lambda name: name != f"{package.ROOT}.errors")  # the home of the errors
    for module in order:
        for name in package.exports(module):
            homes.setdefault(_identity(module, name), module)
    order.sort(key=lambda name: name != package.ROOT)
    return HEAD + "\n".join(_section(module, homes) for module in order)


def _identity(module: str, name: str) -> tuple[str, str]:
    found = package.find(module, name)
    return (found[0], name) if found else (module, name)


def _section(module: str, homes: dict[tuple[str, str], str]) -> str:
    text = package.first_paragraph(ast.get_docstring(package.tree(module)))
    lines = [f"## `{module}`", "", text, ""]
    elsewhere: dict[str, list[str]] = {}
    for name in package.exports(module):
        home = homes[_identity(module, name)]
        if home == module:
            lines += _entry(module, name)
        else:
            elsewhere.setdefault(home, []).append(f"`{name}`")
    for home, names in elsewhere.items():
        lines += [f"Also here, from [`{home}`](#{home.replace('.', '')}): {', '.join(names)}.", ""]
    return "\n".join(lines)


def _entry(module: str, name: str) -> list[str]:
    found = package.find(module, name)
    if found is None:  # a name of another package
        return [f"### `{name}`", ""]
    origin, node = found
    if origin == f"{module}.{name}":
        return [f"### `{name}`", "", f"The module {_link(origin)}.", ""]
    code = list(_code(origin, name, node))
    block = ["```py", *code, "```", ""] if code else []
    text = package.first_paragraph(package.docstring(origin, node))
    return [f"### `{name}`", "", *block, *([text, ""] if text else []), *_members(origin, node)]


def _link(module: str) -> str:
    return f"[`{module}`](#{module.replace('.', '')})"


def _code(module: str, name: str, node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from signature(node)
        case ast.ClassDef():
            yield from _of_class(module, node)
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            yield f"{name} = {ast.unparse(value)}"


def signature(node: Function, *, name: str = "", skip_self: bool = False) -> list[str]:
    """Return the lines of a signature; one argument a line where it is long."""
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    head = name or f"{word} {node.name}"
    result = f" -> {ast.unparse(node.returns)}" if node.returns and not name else ""
    arguments = _arguments(node.args, skip_self=skip_self)
    line = f"{head}({', '.join(arguments)}){result}"
    if len(line) <= WIDEST:
        return [line]
    return [f"{head}(", *(f"    {one}," for one in arguments), f"){result}"]


def _arguments(args: ast.arguments, *, skip_self: bool) -> list[str]:
    """Return the arguments as they are written, each with its annotation and default."""
    positional = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(positional) - len(args.defaults)) + list(args.defaults)
    shown = [_argument(*pair) for pair in zip(positional, defaults, strict=True)]
    if args.posonlyargs:
        shown.insert(len(args.posonlyargs), "/")
    if skip_self:
        shown = shown[1:]
    if args.vararg:
        shown.append(f"*{_argument(args.vararg, None)}")
    elif args.kwonlyargs:
        shown.append("*")
    shown += [_argument(*pair) for pair in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    return shown + ([f"**{_argument(args.kwarg, None)}"] if args.kwarg else [])


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    text = argument.arg
    if argument.annotation:
        text += f": {ast.unparse(argument.annotation)}"
    if default is None:
        return text
    return (
        f"{text} = {ast.unparse(default)}"
        if argument.annotation
        else f"{text}={ast.unparse(default)}"
    )


def _of_class(module: str, node: ast.ClassDef) -> Iterator[str]:
    made = _constructor(module, node)
    if made is not None and not _is_for_users(module, made):
        yield f"class {node.name}"
        return
    if made is not None:
        yield from signature(made, name=f"class {node.name}", skip_self=True)
        return
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    yield f"class {node.name}({bases})" if bases else f"class {node.name}"
    for one in _fields(module, node):
        yield f"    {ast.unparse(one)}"


def _fields(module: str, node: ast.ClassDef) -> Iterator[ast.stmt]:
    """Return the attributes that a class lists, with those of its private bases."""
    for base in node.bases:
        found = package.find(module, base.id) if isinstance(base, ast.Name) else None
        if found and base.id.startswith("_") and isinstance(found[1], ast.ClassDef):
            yield from _fields(*found)
    for one in node.body:
        match one:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                if not name.startswith("_"):
                    yield one


def _is_for_users(module: str, made: Function) -> bool:
    """Return whether no argument is of a private class of this package."""
    names = {one.id for one in ast.walk(made.args) if isinstance(one, ast.Name)}
    found = {(name, package.find(module, name)) for name in names}
    classes = {(it[0], name) for name, it in found if it and isinstance(it[1], ast.ClassDef)}
    listed = {
        _identity(public, name)
        for public in package.public_modules()
        for name in package.exports(public)
    }
    return classes <= listed


def _constructor(module: str, node: ast.ClassDef) -> Function | None:
    """Return `__init__` or `__new__`, of the class or of a base in this package."""
    for one in node.body:
        if isinstance(one, ast.FunctionDef) and one.name in {"__init__", "__new__"}:
            return one
    for base in node.bases:
        found = package.find(module, base.id) if isinstance(base, ast.Name) else None
        if found and isinstance(found[1], ast.ClassDef):
            return _constructor(*found)
    return None


def _members(module: str, node: ast.stmt) -> list[str]:
    """Return a line for each public attribute, method and property of a class."""
    lines = [
        *_attributes(node),
        *(
            f"* `{_called(one)}`: {package.first_paragraph(ast.get_docstring(one))}"
            for one in _methods(module, node)
            if not one.name.startswith("_") and ast.get_docstring(one)
        ),
    ]
    return [*lines, ""] if lines else []


def _attributes(node: ast.stmt) -> Iterator[str]:
    """Give a line for each attribute with a slot that the docstring describes."""
    slots = {
        one.value
        for it in getattr(node, "body", ())
        if isinstance(it, ast.Assign) and ast.unparse(it.targets[0]) == "__slots__"
        for one in ast.walk(it.value)
        if isinstance(one, ast.Constant)
    }
    told = (ast.get_docstring(node) if slots else None) or ""
    told = told.partition("\nAttributes:\n")[2]
    for name, text in re.findall(r"^    (\w+): ((?:.+\n?)(?:^ {8}.+\n?)*)", told, re.MULTILINE):
        if name in slots:
            yield f"* `{name}`: {' '.join(text.split())}"


def _methods(module: str, node: ast.stmt) -> Iterator[Function]:
    """Return the methods of a class, then those of its bases that have no entry of their own."""
    if not isinstance(node, ast.ClassDef):
        return
    yield from (one for one in node.body if isinstance(one, Function))
    for base in node.bases:
        found = package.find(module, base.id) if isinstance(base, ast.Name) else None
        if found and not _is_public(found[0], base.id):
            yield from _methods(*found)


def _is_public(module: str, name: str) -> bool:
    return any(
        name in package.exports(public) and _identity(public, name) == (module, name)
        for public in package.public_modules()
    )


def _called(node: Function) -> str:
    decorators = {ast.unparse(one) for one in node.decorator_list}
    if "property" in decorators:
        return node.name
    lines = signature(node, name=node.name, skip_self="staticmethod" not in decorators)
    return " ".join(line.strip() for line in lines).replace("( ", "(").replace(", )", ")")
