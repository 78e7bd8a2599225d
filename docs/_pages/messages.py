"""Every message of an error, with its fix and the place that raises it, read from the source.

A message is the text given to a class of `errors.py`, directly, by a row of an error table, or through
a function that is given the text. What is known at run time only is shown as an ellipsis.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product

from _pages import package

UNKNOWN = "…"
WORDS = 4  # with fewer a text says nothing by itself
_UNNAMED = {  # the reason of what names none
    "MalformedSecretError": ast.Constant("not_utf8"),  # see `ErrorRow`
    "VerificationError": ast.Constant("-"),  # it is not from the exchange
}
_OTHER = (f"{package.ROOT}.errors", f"{package.ROOT}.testing")
ERRORS = {
    node.name: node
    for node in package.tree(f"{package.ROOT}.errors").body
    if isinstance(node, ast.ClassDef) and node.name.endswith("Error")
}
Values = Mapping[str, list[ast.expr]]
_COMPOUND = (
    ast.If | ast.For | ast.While | ast.With | ast.Try | ast.Match
)  # their blocks come by themselves


@dataclass(frozen=True, order=True)
class Message:
    """What an error says, and what to do."""

    kind: str
    reason: str
    module: str
    text: str
    fix: str


@dataclass
class Scope:
    """What names stand for at one place."""

    module: str
    values: Values = field(default_factory=dict)

    def texts(self, node: ast.expr | None) -> list[str]:
        """Return every text that an expression may give."""
        match node:
            case None | ast.Constant(value=None):
                return [""]
            case ast.Constant(value=value):
                return [str(value)]
            case ast.JoinedStr(values=parts):
                return self._joined(parts)
            case ast.FormattedValue(value=ast.Name() as value):
                return [one if "{" not in one else UNKNOWN for one in self.texts(value)]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined([left, right])
            case ast.IfExp(body=body, orelse=orelse):
                return [*self.texts(body), *self.texts(orelse)]
            case ast.BoolOp(op=ast.Or(), values=values):
                return [one for value in values for one in self.texts(value) if one] or [""]
            case ast.Name(id=name):
                inner = Scope(self.module, {**self.values, name: []})  # it may stand for itself
                found = [text for value in self._meant(name) for text in inner.texts(value)]
                return found or [UNKNOWN]
            case ast.Attribute(value=ast.Name(id=name), attr=part):
                return self._of_row(name, part)
        return [UNKNOWN]

    def _joined(self, parts: Iterable[ast.expr]) -> list[str]:
        return ["".join(texts) for texts in product(*map(self.texts, parts))]

    def _meant(self, name: str) -> list[ast.expr]:
        if name in self.values:
            return self.values[name]
        found = package.find(self.module, name)
        value = package.assigned(found[0], name) if found else None
        return (
            [value]
            if isinstance(value, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Call)
            else []
        )

    def _of_row(self, name: str, part: str) -> list[str]:
        """Return `message` or `hint` of a row that has a name."""
        for value in self._meant(name):
            if isinstance(value, ast.Call) and part in {"message", "hint"}:
                given = _arguments(value, ("kind", "message", "hint"))
                return self.texts(given.get(part))
        return [UNKNOWN]


def messages() -> list[Message]:
    """Return the messages of all modules, without repeats."""
    names = (name for name in package.modules() if not name.startswith(_OTHER))
    found = {one for name in names for one in _of_module(name)}
    fixed = {replace(one, fix="") for one in found if one.fix}
    return sorted(
        one
        for one in found - fixed
        if any(map(str.isalpha, one.text or one.fix)) and not one.text.endswith(" .")
    )


def _of_module(module: str) -> Iterator[Message]:
    for function in _functions(module):
        for values in _alternatives(function):
            yield from _raised(Scope(module, values), function)
    inside = {id(node) for function in _functions(module) for node in ast.walk(function)}
    for node in ast.walk(package.tree(module)):
        if id(node) not in inside:
            yield from _rows(Scope(module), node)


@cache
def _functions(module: str) -> list[ast.FunctionDef]:
    return [one for one in ast.walk(package.tree(module)) if isinstance(one, ast.FunctionDef)]


@cache
def _calls() -> dict[str, list[tuple[str, ast.FunctionDef, ast.Call]]]:
    """Return by name where functions are called: the module, the caller, and the call."""
    calls: dict[str, list[tuple[str, ast.FunctionDef, ast.Call]]] = {}
    for module in package.modules():
        for caller in _functions(module):
            for node in ast.walk(caller):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    calls.setdefault(node.func.id, []).append((module, caller, node))
    return calls


def _alternatives(function: ast.FunctionDef) -> Iterator[Values]:
    """Return what the names of a function may stand for; names that are set together stay so."""
    single: dict[str, list[ast.expr]] = {}
    together: list[dict[str, list[ast.expr]]] = []
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                single.setdefault(name, []).append(value)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                names = [ast.unparse(target) for target in targets]
                together.append({name: [one] for name, one in zip(names, values, strict=True)})
    for group in together or [{}]:
        yield single | group


def _raised(scope: Scope, function: ast.FunctionDef) -> Iterator[Message]:
    """Return the messages of a function: for each of its callers where they give the text."""
    parameters = {one.arg for one in (*function.args.args, *function.args.kwonlyargs)}
    for block in _blocks(function):
        values = dict(scope.values)
        for statement in block:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    values[name] = [value]  # in the same block: no other is meant
            for node in ast.walk(statement):
                here = Scope(scope.module, values)
                used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} & parameters
                if _is_error(node) and used:
                    yield from _given(here, node, function)
                elif not isinstance(statement, _COMPOUND):
                    yield from _rows(here, node)


def _blocks(function: ast.FunctionDef) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(function):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield [one for one in block if not isinstance(one, ast.FunctionDef)]


def _is_error(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS


def _given(scope: Scope, call: ast.Call, function: ast.FunctionDef) -> Iterator[Message]:
    """Return the messages of an error whose text the function is given, as its callers give it."""
    rows = list(_rows(scope, call))
    if all(map(_is_telling, rows)):
        yield from rows
        return
    names = tuple(one.arg for one in function.args.args)
    is_called = False
    for module, caller, given in _calls().get(function.name, ()):
        if module != scope.module and package.find(module, function.name) != (
            scope.module,
            function,
        ):
            continue
        is_called = True
        for values in _alternatives(caller):
            outer = Scope(module, values)
            bound = {
                argument: [ast.Constant(text) for text in outer.texts(value)]
                for argument, value in _arguments(given, names).items()
            }
            for message in _rows(Scope(scope.module, {**scope.values, **bound}), call):
                yield replace(message, module=module)
    if not is_called:
        yield from rows


def _is_telling(message: Message) -> bool:
    """Return whether it says enough without what only the callers know."""
    return message.reason != UNKNOWN and len(re.findall(r"[\w-]+", message.text)) >= WORDS


def _rows(scope: Scope, node: ast.AST) -> Iterator[Message]:
    """Return the messages of an error that is made, or of a row of a table."""
    match node:
        case ast.Call(func=ast.Name(id=kind)) if kind in ERRORS:
            given = _arguments(node, ("text",))
        case ast.Call(args=[ast.Name(id=kind), *_]) if kind in ERRORS:
            given = _arguments(node, ("kind", "text", "hint"))
        case ast.Tuple(elts=[ast.Name(id=kind), text, *more]) if kind in ERRORS:
            given = {"text": text, "hint": more[0] if more else None}
        case _:
            return
    text = given.get("text", given.get("message"))
    unnamed = _UNNAMED.get(kind)
    reasons = scope.texts(given.get("reason", unnamed)) if unnamed else [""]
    for one, fix, reason in product(scope.texts(text), scope.texts(given.get("hint")), reasons):
        yield Message(kind, reason, scope.module, _shown(one), _shown(fix))


def _shown(text: str) -> str:
    """Return a text without what is only known at run time at its edges."""
    return re.sub(f"{UNKNOWN}+", UNKNOWN, text).strip() if text.strip(UNKNOWN) else ""


def _arguments(call: ast.Call, names: tuple[str, ...]) -> dict[str, ast.expr]:
    positional = dict(zip(names, call.args, strict=False))
    return positional | {one.arg: one.value for one in call.keywords if one.arg}
