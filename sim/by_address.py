"""For compiled code only: what is passed as one number, its address.

A World is some fifty arrays of seven values each, a signal 25 numbers: spelt out at every call they cost more than what is done
with them, in compiling and in running. They lie in memory once, and calls pass where.
"""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def laying(fields: Any) -> Any:
    """For compiled code: ``lay(named_tuple, room)`` writes a named tuple of arrays into ``room``, int64[:]; returns its address.
    fields: its numba type."""
    from numba.core import types
    from numba.extending import intrinsic
    from numba.np.arrayobj import make_array

    @intrinsic
    def lay(_context, whole, room):
        def build(context, builder, signature, arguments):
            value, array = arguments
            size = context.get_abi_sizeof(value.type)
            data = make_array(signature.args[1])(context, builder, array).data
            assert size + 8 * len(fields) <= 8 * ROOM, f"a named tuple of {size} bytes does not fit"
            place = builder.bitcast(data, value.type.as_pointer())
            builder.store(value, place)
            for k in range(len(fields)):
                address = builder.ptrtoint(builder.extract_value(value, [k, DATA]), context.get_value_type(types.int64))
                builder.store(address, _data_slot(builder, place, k))
            return builder.ptrtoint(data, context.get_value_type(types.int64))

        return types.int64(fields, types.Array(types.int64, 1, "C")), build

    return lay


ROOM = 1096
"""Whole numbers that a named tuple takes at most. Several lie one behind the other: at a multiple of a page the same field of all
of them would fall on one place of a processor's cache."""
DATA = 4
"""Place of the address of an array's first element among the values numba keeps of an array."""


def _data_slot(builder: Any, place: Any, k: int) -> Any:
    """Where, behind a named tuple at ``place``, the data's address of its field ``k`` stands once more: those of all fields
    together take a few lines of a processor's cache, the tuple fifty."""
    from llvmlite import ir

    whole = ir.IntType(64)
    behind = builder.gep(place, [ir.IntType(32)(1)])
    return builder.gep(builder.bitcast(behind, whole.as_pointer()), [ir.IntType(32)(k)])


@cache
def reference(fields: Any) -> Any:
    """For compiled code: turns the address of a laid named tuple of type ``fields`` into something whose fields can be read.

    Read value by value, not as a whole. Telling the compiler that nothing there changes made loops slower: it kept more than
    there are registers.
    """
    from numba.core import cgutils, types
    from numba.core.imputils import impl_ret_borrowed, lower_getattr_generic
    from numba.core.typing.templates import AttributeTemplate, infer_getattr
    from numba.extending import intrinsic, models, register_model

    class Reference(types.Type):
        def __init__(self, to: Any) -> None:
            self.to = to
            super().__init__(f"Reference({to.name})")

    @register_model(Reference)
    class _Address(models.OpaqueModel):
        def __init__(self, manager: Any, kind: Any) -> None:
            models.PrimitiveModel.__init__(self, manager, kind, manager.lookup(kind.to).get_value_type().as_pointer())

    @infer_getattr
    class _Fields(AttributeTemplate):
        key = Reference

        def generic_resolve(self, kind: Any, name: str) -> Any:  # type: ignore[override]
            return kind.to.types[kind.to.fields.index(name)] if name in kind.to.fields else None

    @lower_getattr_generic(Reference)
    def _read(context, builder, kind, address, name):
        k = kind.to.fields.index(name)
        place, slot = cgutils.gep_inbounds(builder, address, 0, k), _data_slot(builder, address, k)
        array = cgutils.get_null_value(place.type.pointee)
        for part, value in enumerate(place.type.pointee.elements):
            if part == DATA:
                array = builder.insert_value(array, builder.inttoptr(builder.load(slot), value), part)
            elif part > 1:  # who owns the memory is nobody's business here
                read = builder.load(cgutils.gep_inbounds(builder, place, 0, part))
                array = builder.insert_value(array, read, part)
        return impl_ret_borrowed(context, builder, kind.to.types[k], array)

    kind = Reference(fields)

    @intrinsic
    def refer(_context, address):
        def build(context, builder, _signature, arguments):
            return builder.inttoptr(arguments[0], context.get_value_type(kind))

        return kind(types.int64), build

    return refer


@cache
def laid_signal() -> Any:
    """For compiled code: ``laid(signal)`` writes a tuple of float64 down; returns its address, good until the next is written."""
    from numba.core import cgutils, types
    from numba.extending import intrinsic

    @intrinsic
    def laid(_context, signal):
        def build(context, builder, _signature, arguments):
            slot = cgutils.alloca_once(builder, arguments[0].type)
            for k in range(len(signal)):
                builder.store(builder.extract_value(arguments[0], k), cgutils.gep_inbounds(builder, slot, 0, k))
            return builder.ptrtoint(slot, context.get_value_type(types.int64))

        return types.int64(signal), build

    return laid


@cache
def asking() -> Any:
    """For compiled code: ``ask(address, params, memory, signal)`` calls a strategy's machine code (:func:`floats_at` and
    :func:`signal_at` read what it is given)."""
    from llvmlite import ir
    from numba.core import types
    from numba.extending import intrinsic
    from numba.np.arrayobj import make_array

    @intrinsic
    def ask(_context, address, params, memory, signal):
        def build(context, builder, signature, arguments):
            whole = context.get_value_type(types.int64)
            given = []
            for kind, value in zip(signature.args[1:3], arguments[1:3], strict=True):
                array = make_array(kind)(context, builder, value)
                given += [builder.ptrtoint(array.data, whole), array.nitems]
            code = builder.inttoptr(arguments[0], ir.FunctionType(whole, [whole] * 5).as_pointer())
            return builder.call(code, [*given, arguments[3]])

        floats = types.Array(types.float64, 1, "C")
        return types.int64(types.int64, floats, floats, types.int64), build

    return ask


@cache
def floats_at() -> Any:
    """For compiled code: the ``n`` float64 at an address as an array."""
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.extending import intrinsic
    from numba.np.arrayobj import make_array, populate_array

    floats = types.Array(types.float64, 1, "C")

    @intrinsic
    def at(_context, address, n):
        def build(context, builder, _signature, arguments):
            array = make_array(floats)(context, builder)
            size = ir.Constant(context.get_value_type(types.intp), 8)
            data = builder.inttoptr(arguments[0], array.data.type)
            shape = cgutils.pack_array(builder, [arguments[1]])
            strides = cgutils.pack_array(builder, [size])
            populate_array(array, data=data, shape=shape, strides=strides, itemsize=size, meminfo=None)
            return array._getvalue()

        return floats(types.int64, types.int64), build

    return at


@cache
def signal_at(signal: Any) -> Any:
    """For compiled code: the tuple of float64 at an address; signal: its numba type."""
    from numba.core import cgutils, types
    from numba.extending import intrinsic

    @intrinsic
    def at(_context, address):
        def build(context, builder, _signature, arguments):
            kind = context.get_value_type(signal)
            place = builder.inttoptr(arguments[0], kind.as_pointer())
            value = cgutils.get_null_value(kind)
            for k in range(len(signal)):
                value = builder.insert_value(value, builder.load(cgutils.gep_inbounds(builder, place, 0, k)), k)
            return value

        return signal(types.int64), build

    return at
