"""What the modules of a first load need of `typing` while they run.

To import `typing` and `re`, which it imports, takes a sixth of a first load. Annotations are texts,
so that a checker alone looks at what they name: such names are imported for it alone.
"""

from __future__ import annotations

TYPE_CHECKING = False  # a checker takes it for true

if TYPE_CHECKING:
    from typing import NamedTuple, cast, final, overload
else:
    from collections import namedtuple

    final = overload = lambda decorated: decorated
    cast = lambda _kind, value: value  # noqa: E731  # as those of `typing`

    class _Maker(type):
        """That of `typing` compiles each annotation, which takes a twentieth of a first load."""

        def __new__(cls, name, bases, body):  # noqa: ANN001, ANN204, ARG004  # no checker reads it
            """Return a class of tuples with what the body of the class has."""
            fields = body.get("__annotations__", {})
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # noqa: PYI024
            for key, value in body.items():
                setattr(made, key, value)
            return made

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {})

__all__ = ["TYPE_CHECKING", "NamedTuple", "cast", "final", "overload"]
