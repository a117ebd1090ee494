"""One command for a day of paper trading: check the services, trade once, account, report."""

import sys

__all__ = ["NamedTuple"]
__version__ = "0.1.0"

TYPE_CHECKING = False

# `NamedTuple` is typing's, made in a sixth of the time. A start makes two hundred of them; typing compiles a
# constructor for each and looks at each field's type, a tenth of a whole day. Here those with as many fields
# share one compiled text, under their own fields' names. What checks types sees typing's own.
if TYPE_CHECKING or sys.version_info >= (3, 14):  # from 3.14 on a class does not hold its annotations
    from typing import NamedTuple
else:
    from collections import _tuplegetter
    from functools import cache
    from types import FunctionType

    _new = tuple.__new__

    @cache
    def _constructor(count):
        names = "".join(f"_{number}, " for number in range(count))
        return eval(f"lambda _cls, {names}: _new(_cls, ({names}))").__code__  # noqa: S307  no one's input

    class _Record(tuple):
        __slots__ = ()

        @classmethod
        def _make(cls, values):
            made = _new(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
            return made

        def _replace(self, /, **changed):
            made = _new(self.__class__, map(changed.pop, self._fields, self))
            if changed:
                raise ValueError(f"Got unexpected field names: {[*changed]!r}")
            return made

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            values = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{self.__class__.__name__}({values})"

        def __getnewargs__(self):
            return tuple(self)

    class _Maker(type):
        def __new__(cls, name, _bases, body):
            """Make a plain class: a tuple with a constructor, a getter for each field, and its own."""
            types = body.get("__annotations__", {})
            fields = tuple(types)
            defaults = {field: body[field] for field in fields if field in body}
            if [*defaults] != [*fields[len(fields) - len(defaults) :]]:
                raise TypeError(f"{name}: a field without a default follows one that has it")
            code = _constructor(len(fields)).replace(
                co_varnames=("_cls", *fields), co_name="__new__", co_qualname=f"{name}.__new__"
            )
            body |= {field: _tuplegetter(at, None) for at, field in enumerate(fields)}
            new = body["__new__"] = FunctionType(code, globals(), "__new__", tuple(defaults.values()))
            new.__annotations__ = types
            body["_fields"] = body["__match_args__"] = fields
            body["_field_defaults"] = defaults
            body["__slots__"] = ()
            return type.__new__(type, name, (_Record,), body)

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {})
