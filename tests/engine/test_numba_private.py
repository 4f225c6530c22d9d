"""A canary: what the project uses of numba that numba promises nobody. A numba that breaks one of these fails here, by name."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from sim.by_address import ROOM, asking, floats_at, laid_signal, laying, reference, signal_at
from sim.native import PASSES, CompiledEntry, lean, numba_or_none

numba = numba_or_none()
pytestmark = pytest.mark.skipif(numba is None, reason="compiling is switched off")
WHO = f"numba {getattr(numba, '__version__', '')}"


class Pair(NamedTuple):
    """Two arrays."""

    less: Any
    more: Any


def item(array, k):
    return array[k]


def both(pair):
    return pair.less[0] + pair.more[0]


def twice(x):
    return 2 * x


@pytest.mark.parametrize("option", ["_nrt", "no_cpython_wrapper", "no_cfunc_wrapper", "forceinline"])
def test_a_target_option_is_known(option):
    """Used by ``sim.native.compiled`` and ``_inner``."""
    machine = numba.njit(["int64(int64)"], **{option: option != "_nrt"})(twice)
    assert machine.targetoptions.get(option) is (option != "_nrt"), f"{WHO} has no option {option}"


@pytest.mark.parametrize("option", ["nrt_of_no_numba"])
def test_an_unknown_option_is_refused(option):
    """Else the test above would show nothing."""
    with pytest.raises(KeyError):
        numba.njit(["int64(int64)"], **{option: True})(twice)


def test_reference_counting_can_be_switched_off():
    machine = numba.njit(["int64(int64)"], _nrt=False)(twice)
    assert machine(4) == 8, f"{WHO} does not run code without reference counting"


def test_machine_code_has_an_entry_point():
    """Used by ``sim.native.CompiledEntry`` and ``sim.engine.compiled.WorldEntry``: the call without checks of types."""
    machine = numba.njit(["int64(int64)"])(twice)
    (code,) = machine.overloads.values()
    assert code.entry_point(4) == 8, f"{WHO} has no overloads[...].entry_point that can be called"


def test_machine_code_has_an_address():
    """Used by ``sim.engine.folds.CompiledFold``."""
    import ctypes

    machine = numba.njit(["int64(int64)"])(twice)
    result = machine.get_compile_result(numba.types.int64(numba.types.int64))
    at = result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name)
    assert ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(at)(4) == 8, f"{WHO} gives no address of a C function"


def test_a_named_tuple_can_be_laid_down_and_read_by_its_address():
    """Used by ``sim.engine.compiled``: a data model of its own, and reading a field value by value."""
    fields = numba.types.NamedUniTuple(numba.float64[::1], 2, Pair)
    lay, refer, kinds = laying(fields), reference(fields), numba.types

    @numba.njit
    def second(pair):
        return pair.more[1]

    put = numba.njit([kinds.int64(fields, kinds.int64[::1])])(lambda pair, room: lay(pair, room))
    read = numba.njit([kinds.float64(kinds.int64)])(lambda address: second(refer(address)))
    room, pair = np.zeros(ROOM, np.int64), Pair(np.zeros(1), np.array([3.0, 4.0]))
    assert read(put(pair, room)) == 4.0, f"{WHO} does not read a field through an address"


def test_a_strategy_can_be_asked_by_addresses_alone():
    """Used by ``sim.engine.folds``: arrays and tuples at an address, and a call of machine code at one."""
    kinds = numba.types
    ask, laid, floats, signal = asking(), laid_signal(), floats_at(), signal_at(kinds.UniTuple(kinds.float64, 3))

    @numba.njit([kinds.int64(*[kinds.int64] * 5)])
    def fold(params, n_params, memory, n_memory, shown):
        floats(memory, n_memory)[0] = floats(params, n_params)[1] + signal(shown)[2]
        return len(floats(memory, n_memory))

    (code,) = fold.overloads.values()
    address = code.library.get_pointer_to_function(code.fndesc.llvm_cfunc_wrapper_name)

    @numba.njit
    def call(address, params, memory, x):
        return ask(address, params, memory, laid((x, x, 2 * x)))

    memory = np.zeros(4)
    assert (call(address, np.array([1.0, 2.0]), memory, 5.0), memory[0]) == (4, 12.0), f"{WHO} does not call by addresses"


@pytest.mark.parametrize("name", PASSES)
def test_a_pass_is_known(name):
    """Used by ``sim.native.lean``."""
    from numba.core import compiler

    assert hasattr(compiler, name), f"{WHO} has no pass {name}"


def test_the_short_way_to_machine_code_gives_the_same_answers():
    assert numba.njit(["int64(int64)"], pipeline_class=lean())(twice)(4) == 8, f"{WHO} lacks passes that lean() leaves out"


def test_the_cache_has_a_folder_of_its_own():
    """Used by ``sim.native.numba_or_none``."""
    assert hasattr(numba.config, "CACHE_DIR"), f"{WHO} has no config.CACHE_DIR"


def test_numba_asks_of_an_index_whether_it_counts_from_the_end():
    """Used by ``sim.native.count_from_the_front``: for the engine's functions it does not ask, for all others it does."""
    from numba.np import arrayobj

    from sim.native import count_from_the_front

    assert callable(arrayobj.fix_integer_index), f"{WHO} has no numba.np.arrayobj.fix_integer_index"
    count_from_the_front()
    machine = numba.njit(["int64(int64[::1], int64)"])(item)
    assert machine(np.array([3, 4, 5]), -1) == 5

    def last(array, k):
        return array[k]

    last.__module__ = "sim.core.nowhere"
    code = numba.njit(["int64(int64[::1], int64)"])(last)
    asks = [str(*code_of.inspect_llvm().values()).count("select") for code_of in (machine, code)]
    assert asks[1] < asks[0], f"{WHO} does not take an index as it is"


def test_an_entry_checks_arrays_of_other_kinds():
    """Machine code would read a column of bytes as one of whole numbers: kinds that were not checked go through numba's check."""
    entry = CompiledEntry(numba.njit([numba.types.int64(numba.types.NamedUniTuple(numba.int64[::1], 2, Pair))])(both))
    pair = Pair(np.array([3]), np.array([4]))
    assert entry(pair) == entry(Pair(np.array([3]), np.array([4]))) == 7
    with pytest.raises(TypeError):
        entry(Pair(np.array([3], np.int8), np.array([4])))
    with pytest.raises(TypeError):
        entry(Pair(np.arange(4)[::2], np.array([4])))


def test_a_world_of_other_kinds_is_refused():
    """Machine code reads arrays at an address as the kinds a World declares."""
    from scenarios.registry import load
    from sim.core.stage import set_stage
    from sim.demand.draw import draw_tape
    from sim.engine.compiled import compiled_seen
    from sim.setup.policies import make_policy

    show = load("ls1")
    world = set_stage(show, draw_tape(show, 1)).world(make_policy("silent"))
    assert compiled_seen()(world, 0, 0, 0) == compiled_seen()(world, 0, 0, 2) == show.skus[0].stock
    for other in ({"t": world.t.astype(np.int32)}, {"t": world.t.copy(), "stock": world.stock.astype(float)}):
        with pytest.raises(AssertionError, match="kinds that no World"):
            compiled_seen()(world._replace(**other), 0, 0, 0)
