"""Who plays the chunks: this process, workers of this machine (loky), or a cluster (Dask, Ray), all through joblib.

Results come as they are ready, in any order; what a chunk gives does not depend on who played it.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

from sim.jobs.interrupts import deaf
from sim.jobs.plan import Chunk, Plan, order, play_chunk
from sim.jobs.program import program
from sim.setup.settings import SettingError
from sim.words import _

TRIES = 3
"""Times in a row that workers may die before anything more is played."""
Played = tuple[Chunk, Any]
"""A chunk and its figures, float64 [run, metric], or its part where the plan is sealed."""


class WorkersLost(OSError):
    """Workers keep dying; the message is one sentence."""


class OtherProgram(ValueError):
    """A worker runs another version; the message is one sentence."""


@dataclass(frozen=True)
class Pool:
    """``workers``: processes at work. ``play``: chunks to results as they come. ``lost``: exceptions that mean a worker died.
    ``rest``: lets processes of this machine go; the next chunks start new ones."""

    workers: int
    play: Callable[[Plan, Sequence[Chunk]], Iterator[Played]]
    lost: tuple[type[BaseException], ...] = ()
    rest: Callable[[], None] = lambda: None


@contextmanager
def pool(engine: str, address: str, workers: int) -> Iterator[Pool]:
    """The pool of an engine. workers: processes of this machine; 0: one a core."""
    must_be_possible(engine, address)
    if engine == "local":
        yield _local(workers or _cores())
    elif engine == "dask":
        with _dask(address) as client:
            yield client
    else:
        with _ray(address) as client:
            yield client


def must_be_possible(engine: str, address: str) -> None:
    """:class:`SettingError` where an engine cannot be had, as far as is known without asking a cluster."""
    if engine == "local" and address:
        raise SettingError(_("address= is of a cluster; choose engine=dask or engine=ray with it"))
    if engine == "dask" and not address:
        raise SettingError(_("engine=dask needs the scheduler's address, as in address=tcp://10.0.0.5:8786"))
    if engine == "dask" and find_spec("distributed") is None:
        raise SettingError(_("engine=dask needs the package dask; install it with pip install 'stockcue[dask]'"))
    if engine == "ray" and find_spec("ray") is None:
        raise SettingError(_("engine=ray needs the package ray; install it with pip install 'stockcue[ray]'"))


def steady(pool: Pool, plan: Plan, chunks: Sequence[Chunk], note: Callable[[str], None]) -> Iterator[Played]:
    """Results of all chunks as they come, though workers die: new ones play what is left. Raises WorkersLost where they do so
    TRIES times in a row. note(text): told when it happens."""
    left, deaths = list(chunks), 0
    while left:
        waiting = dict.fromkeys(left)
        try:
            for chunk, values in pool.play(plan, left):
                del waiting[chunk]
                deaths = 0
                yield chunk, values
        except pool.lost:
            deaths += 1
            if deaths >= TRIES:
                sentence = _(
                    "workers died {tries} times in a row, as they do when memory runs out: take fewer, or machines with more"
                ).format(tries=TRIES)
                raise WorkersLost(sentence) from None
            note(_("a worker died; what it had not finished is played by new ones ({n} to go)").format(n=len(waiting)))
        left = list(waiting)


def at_once(engine: str, workers: int) -> int:
    """How many of ``workers`` can be at work at the same moment: on this machine no more than it has cores."""
    return min(workers, _cores()) if engine == "local" else workers


def _cores() -> int:
    from joblib import cpu_count

    return int(cpu_count())


def _alone(plan: Plan, chunks: Sequence[Chunk]) -> Iterator[Played]:
    for chunk in chunks:
        yield chunk, play_chunk(order(plan, chunk), chunk)


# -- this machine ---------------------------------------------------------------------------------------------


def _local(workers: int) -> Pool:
    if workers == 1:
        return Pool(1, _alone)
    from joblib.externals.loky.process_executor import BrokenProcessPool

    def play(plan: Plan, chunks: Sequence[Chunk]) -> Iterator[Played]:
        from joblib import Parallel, parallel_config

        # What joblib says of workers that stop, or of tasks given up, is said by the sweep in its own words, or of no concern.
        for words in ("A worker stopped", ".*tasks which were still being processed"):
            warnings.filterwarnings("ignore", words, UserWarning)
        try:
            with parallel_config(backend="loky", n_jobs=workers):
                run = Parallel(return_as="generator_unordered", batch_size=1)
                with deaf():
                    results = run(_tasks(plan, chunks, os.getpid()))
                yield from results
        except BaseException:
            _stop(now=True)  # nothing of an interrupted sweep goes on in the background
            raise

    return Pool(workers, play, (BrokenProcessPool,), _stop)


def _stop(now: bool = False) -> None:
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=not now, kill_workers=now)


def _tasks(plan: Plan, chunks: Sequence[Chunk], parent: int = 0) -> Iterator[Any]:
    from joblib import delayed

    own_program = program()
    return (delayed(_task)(order(plan, chunk), chunk, own_program, parent) for chunk in chunks)


def _task(ordered: bytes, chunk: Chunk, wanted: str, parent: int) -> Played:
    """One chunk in a worker: deaf to Ctrl-C, which is for the process that asked; refusing to mix versions."""
    if parent:
        _leave_with(parent)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if program() != wanted:
        raise OtherProgram(_("a worker runs another StockCue than this process; install the same version everywhere"))
    return chunk, play_chunk(ordered, chunk)


@cache
def _leave_with(parent: int) -> None:
    """End this worker soon after the process that started it, which may be killed before it can say so."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


# -- clusters -------------------------------------------------------------------------------------------------


@contextmanager
def _dask(address: str) -> Iterator[Pool]:
    """Workers of a running Dask scheduler. It plays a lost worker's chunks again itself."""
    from distributed import Client
    from distributed.client import FutureCancelledError
    from distributed.scheduler import KilledWorker

    try:
        client = Client(address, timeout=5, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SettingError(
            _("no Dask scheduler answers at {address!r} ({name}); start one, or correct address=").format(
                address=address, name=type(error).__name__
            )
        ) from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise SettingError(
                _("the Dask scheduler at {address!r} has no workers; start some with dask worker {address} --nthreads 1").format(
                    address=address
                )
            )

        def play(plan: Plan, chunks: Sequence[Chunk]) -> Iterator[Played]:
            from joblib import Parallel, parallel_config

            with parallel_config(backend="dask", client=client, n_jobs=-1):
                yield from Parallel(return_as="generator_unordered", batch_size=1)(_tasks(plan, chunks))

        yield Pool(threads, play, (KilledWorker, FutureCancelledError))


@contextmanager
def _ray(address: str) -> Iterator[Pool]:
    """Workers of a Ray cluster, of this machine without an address. joblib's Ray backend gives no result before all of a
    call are done, so chunks are handed over in waves."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    from ray.util.joblib import register_ray

    try:
        ray.init(address=address or None, include_dashboard=False if not address else None, log_to_driver=False)
    except (ConnectionError, ValueError) as error:
        raise SettingError(
            _("no Ray cluster answers at {address!r} ({name}); start one, or correct address=").format(
                address=address, name=type(error).__name__
            )
        ) from None
    try:
        register_ray()
        workers = max(1, int(ray.cluster_resources().get("CPU", 1)))

        def play(plan: Plan, chunks: Sequence[Chunk]) -> Iterator[Played]:
            from joblib import Parallel, parallel_config

            wave = 8 * workers
            with parallel_config(backend="ray", n_jobs=workers):
                for k in range(0, len(chunks), wave):
                    yield from Parallel(batch_size=1)(_tasks(plan, chunks[k : k + wave]))

        yield Pool(workers, play, (ray.exceptions.RayActorError, ray.exceptions.WorkerCrashedError))
    finally:
        ray.shutdown()
