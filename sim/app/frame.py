"""What all verbs share, once: where a study goes, whether it is finished, its estimate, its room, its run folder, its last lines.

A verb settles its arguments into records, describes them as facts and hands a :class:`Task` over with a function that plays and
writes (:func:`published`), with a :class:`Study` where what was played is kept and gone on with (:func:`resumed`), or with one
that goes on beside a live show and writes as it goes (:func:`followed`).
"""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from sim.app.pages import VERBS, written
from sim.app.progress import Listener
from sim.app.result import HERE, Result, Statement, written_just_now
from sim.core.export import for_file_name, for_page
from sim.jobs.folder import (
    ACCOUNT,
    carry,
    claimed,
    config_hash,
    fresh,
    no_room,
    out_folder,
    refuse_place,
    versions,
    write_manifest,
)
from sim.jobs.pool import Pool, at_once, must_be_possible, pool
from sim.jobs.work_folder import INCOMPLETE, Worth, begun, finished, refuse_begun
from sim.setup.settings import settle
from sim.words import LANGUAGES, _, speaking

Out = str | Path | None
"""Where a run folder goes: a path; "": ``runs/`` under a name made from the settings; None: it stays with the Result."""


PYTHON = {"diff": "compare"}
"""Verbs whose function has another name than their command."""


@dataclass(frozen=True, eq=False)
class Task:
    """One call of a verb. ``stem``: its name without the hash. ``facts``: all that decides the result, as plain data, kept in the
    manifest under ``key``. ``out``: see :data:`Out`. ``command``: words of the command that asked for it; empty: Python did.
    ``more``: further facts for the manifest."""

    verb: str
    stem: str
    facts: Mapping[str, Any]
    out: Out = None
    command: Sequence[str] | None = None
    key: str = "config"
    more: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def hash(self) -> str:
        """Name of the settings."""
        return config_hash(self.facts)

    @cached_property
    def room(self) -> tempfile.TemporaryDirectory[str] | None:
        """A place for a run folder nobody named; it goes with the Result."""
        return None if self.out is not None else tempfile.TemporaryDirectory(prefix="stockcue-", ignore_cleanup_errors=True)

    @cached_property
    def final(self) -> Path:
        """Where the run folder is to be."""
        if self.room is not None:
            return Path(self.room.name) / f"{for_file_name(self.stem)}-{self.hash}"
        return out_folder(str(self.out), f"runs/{for_file_name(self.stem)}-{self.hash}")

    def repeat(self) -> str:
        """For a page: how to make it again."""
        if self.command is None:
            return _("Made from Python by `stockcue.{verb}`; every setting is in `manifest.json`.").format(
                verb=PYTHON.get(self.verb, self.verb)
            )
        return _("To repeat it: `{command}`").format(command=command_line(self.verb, self.command))

    def asked(self) -> str:
        """The command, or what stands for it."""
        return f"stockcue.{self.verb}(...)" if self.command is None else command_line(self.verb, self.command)

    def manifest(self, sentences: Statement) -> dict[str, Any]:
        """What ``manifest.json`` says beside versions and checksums."""
        who = ["python", self.verb] if self.command is None else ["stockcue", self.verb, *self.command]
        noted = {"command": who, self.key: self.facts, "config_hash": self.hash, **self.more, **sentences.noted}
        spoken = {"text": sentences.text, "verdict": list(sentences.verdict), "last": list(sentences.last)}
        return noted | {"said": spoken | ({"told": _in_all(sentences.again)} if sentences.again else {})}


def command_line(verb: str, words: Sequence[str]) -> str:
    """A command as a shell takes it, whatever is in its words.

    >>> command_line("sweep", ["out=my run", "scenario=first_show"])
    "stockcue sweep 'out=my run' scenario=first_show"
    """
    return shlex.join(["stockcue", verb, *words])


def command_word(key: str, value: Any) -> str:
    """One word of a command as a shell takes it.

    >>> command_word("files", "my show/")
    "'files=my show/'"
    """
    return shlex.quote(f"{key}={value}")


class NothingToPlay(Exception):
    """Everything that was asked for holds, and nothing is to be played."""


_trying: ContextVar[bool] = ContextVar("trying", default=False)


@contextmanager
def trying() -> Iterator[None]:
    """Verbs called in here settle what they are asked for, refuse what does not hold, and end before anything is played."""
    token = _trying.set(True)
    try:
        with suppress(NothingToPlay):
            yield
    finally:
        _trying.reset(token)


def is_trying() -> bool:
    """Whether only the settings are asked for."""
    return _trying.get()


def tried(task: Task | None = None) -> None:
    """From here on work begins that refuses nothing but the place of its results: who only asks for the settings ends here."""
    if not _trying.get():
        return
    if task is not None and task.room is None:
        refuse_place(task.final, task.verb)
    raise NothingToPlay


def _in_all(again: Callable[[], Sequence[str]]) -> dict[str, list[str]]:
    """The verdict in every language."""
    told = {}
    for name in LANGUAGES:
        with speaking(name):
            told[name] = list(again())
    return told


def published(task: Task, write: Callable[[Path], Statement], told: Listener | None = None) -> Any:
    """The Result of a task. write(folder): plays what is to be played, leaves every file but the manifest in ``folder`` and
    returns what there is to say. The run folder is there whole or not at all; a place that cannot be used is refused before.
    told: hears of the text once it lies there, before pictures and page, which then follow."""
    tried(task)
    with claimed(task.final, task.verb):
        with fresh(task.final) as folder:
            words = write(folder)
            more = words.more is not None or task.verb in VERBS
            _sealed(folder, task, words, INCOMPLETE if more else {})
        if more:
            (told or Listener()).found(words.text.replace(HERE, str(task.final)))
            words = _completed(task, words)
    return written_just_now(task.verb, task.final, words, task.room)


def _completed(task: Task, words: Statement) -> Statement:
    """The same folder with what takes longer, and its page. Where that cannot be, what was found stays as it is."""
    try:
        with fresh(task.final) as folder:
            carry(task.final, folder)
            words = replace(words, last=words.more(folder)) if words.more else words
            if where := written(folder, task.verb, {"versions": versions(), "account": ACCOUNT, **task.manifest(words)}):
                words = replace(words, last=[*words.last, where])
            _sealed(folder, task, words)
            return words
    except KeyboardInterrupt:
        text = _("Interrupted; what was found is in {folder!r}, without its pictures and its page.")
        raise KeyboardInterrupt(text.format(folder=str(task.final))) from None
    except OSError as error:
        text = _("what was found is in {folder!r}, without its pictures and its page: {why}")
        why = error.strerror if no_room(error) is None else os.strerror(error.errno or 0)
        raise OSError(error.errno, text.format(folder=str(task.final), why=why or error)) from None


def _sealed(folder: Path, task: Task, words: Statement, noted: Mapping[str, Any] | None = None) -> None:
    """Put the manifest into a folder, after everything else. noted: what it says beside."""
    for page in folder.glob("*.md"):  # names come from files, and a page may be opened where HTML runs
        page.write_text(for_page(page.read_text(encoding="utf-8")), encoding="utf-8")
    write_manifest(folder, {**task.manifest(words), **(noted or {})})


def followed(task: Task, follow: Callable[[], Statement], files: Mapping[str, Path]) -> Result:
    """The Result of a task that goes on with a world outside and writes its own files meanwhile. follow(): until it is over.
    files: its tables (JSON lines) by name. Where nobody named a place they make a run folder of the Result's own."""
    tried()
    told = follow()
    place = files["alerts"].parent if "alerts" in files else Path()
    tables = {name: str(path.relative_to(place)) if path.parent == place else str(path) for name, path in files.items()}
    noted = {**task.manifest(told), "tables": tables}
    if task.room is not None:
        write_manifest(place, noted)
        return written_just_now(task.verb, place, told, task.room)
    return Result(task.verb, place, told.text, (), {"versions": versions(), "account": ACCOUNT, **noted}, tuple(told.last))


@dataclass(frozen=True, eq=False)
class Study:
    """What a task that can be stopped and gone on with needs. ``announced``: how much it is, in words. ``proof``: the file by
    which a finished folder is known. ``worth``: what makes unfinished work worth keeping. foreseen(work, workers): how long it
    takes. write(folder, work, pool): as :func:`published`; ``work`` keeps what is played. again(folder): as write, where a
    finished study is told anew rather than read. clean(work): removes what a finished study needs no more. ``identity``: what
    unfinished work is compared by, where that is not all the facts. ``goes_on``: what lies there finished is the beginning of
    this one. ``who``: engine, address and workers."""

    announced: str
    proof: str
    worth: Worth
    foreseen: Callable[[Path, int], str]
    write: Callable[[Path, Path, Pool], Statement]
    clean: Callable[[Path], None]
    who: tuple[str, str, int]
    again: Callable[[Path], Statement] | None = None
    identity: Mapping[str, Any] | None = None
    goes_on: bool = False

    def pool(self) -> AbstractContextManager[Pool]:
        """Who plays."""
        return pool(*self.who)


def resumed(task: Task, study: Study, told: Listener) -> Any:
    """The Result of a task that goes on where it was stopped. Finished before: nothing is played. Refused in one sentence: a
    folder that holds anything else, work begun with other settings, another process at the same study."""
    identity = task.facts if study.identity is None else study.identity
    if is_trying():
        must_be_possible(*study.who[:2])
        if task.room is None:
            refuse_begun(task.final, task.verb, identity)
    tried(task)
    half = study.again is not None
    if not study.goes_on and finished(task.final, task.verb, task.facts, study.proof, identity, half):
        told.say(_("{study}: finished before, nothing is left to play").format(study=study.announced))
        if study.again is not None:
            return published(task, study.again, told)
        from sim.app.result import load

        return load(task.final)
    # In a room that goes with the process nothing can be kept for a later one.
    worth = study.worth if task.room is None else lambda folder: False
    with study.pool() as pool, begun(task.final, task.verb, identity, worth) as work:
        told.say(study.foreseen(work, at_once(study.who[0], pool.workers)))
        result = published(task, lambda folder: study.write(folder, work, pool), told)
        study.clean(work)
        return result


Record = TypeVar("Record")


def settled(cls: type[Record], verb: str, **given: Any) -> Record:
    """A verb's settings from its arguments, None where the declared default stands; a fault is one sentence. ``shows`` are the
    record's ``replicates``, whoever asks."""
    known = {f.name for f in fields(cls)}  # type: ignore[arg-type]
    values = {"replicates" if key == "shows" and key not in known else key: value for key, value in given.items()}
    return settle(cls, {key: list(v) if isinstance(v, tuple) else v for key, v in values.items()}, verb)
