"""A study that is not finished: a hidden folder beside the one that will be, for one process alone, and what the study is.

``.NAME-sweep``, ``.NAME-tune`` and the like hold what was played so far and a note of all settings that decide the result, so
that the same command goes on with it and another one is refused.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sim.jobs.folder import ACCOUNT, MANIFEST, FolderError, checksum, refuse_strange, refuse_unwritable, tidy, unwritable
from sim.jobs.locks import holder, locked, opened
from sim.jobs.pool import WorkersLost
from sim.words import N_, _

KEPT = N_("what was played is kept: the same command goes on from there.")
NOTHING_YET = N_("nothing was finished that could be kept.")
PLAYED = "what is played"
"""Name of the note's checksum over all that is played; it says nothing beside a setting that differs."""


INCOMPLETE = {"complete": False}
"""What a manifest says as long as pictures and page are still to come."""


Worth = Callable[[Path], bool]
"""Whether a folder holds anything for whose sake it is kept."""


def holds(pattern: str) -> Worth:
    """Worth keeping for its files of that pattern."""
    return lambda folder: any(folder.glob(pattern))


@contextmanager
def begun(final: Path, what: str, facts: Mapping[str, Any], worth: Worth) -> Iterator[Path]:
    """The folder in which the study that is to become ``final`` keeps what it has, for this process alone. Whatever stops the
    study, an interrupt or a disk that is full, is raised with a word on what is kept; a folder worth nothing goes.

    what: the verb. facts: all that decides the result. Refuses a folder begun with others, one that another process is using,
    and one that cannot be written.
    """
    refuse_unwritable(final)
    folder, fresh = work_folder(final, what), not final.parent.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = opened(folder / "lock")
    except OSError as error:
        raise unwritable(final, error.strerror) from None
    needed = True
    try:
        with lock:
            if not locked(lock):
                busy = _("{who} plays the {what} {folder!r}; wait for it, or choose another out=")
                raise FolderError(busy.format(who=holder(folder / "lock"), what=what, folder=str(final)))
            try:
                _begin(folder, what, facts)
                tidy(final)
                yield folder
            except BrokenPipeError:  # who reads the output has gone: no fault of the study's
                raise
            except (KeyboardInterrupt, OSError) as stopped:
                raise _halted(stopped, worth(folder)) from None
            finally:
                needed = worth(folder)
    finally:
        # After the lock is closed: not every system removes an open file.
        if not needed:
            shutil.rmtree(folder, ignore_errors=True)
            if fresh and final.parent.exists() and not any(final.parent.iterdir()):
                final.parent.rmdir()


def work_folder(final: Path, what: str = "sweep") -> Path:
    """Where an unfinished study keeps what it has."""
    return final.parent / f".{final.name}-{what}"


def _begin(folder: Path, what: str, facts: Mapping[str, Any]) -> None:
    """Note what the study is, or check that it is still the same one."""
    noted = folder / f"{what}.json"
    before = known(noted)
    if before is None:
        fresh = noted.with_suffix(".tmp")
        fresh.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(fresh, noted)
    else:
        refuse_other(before, facts, _("the unfinished {what} in {folder!r} was begun").format(what=what, folder=str(folder)))


def refuse_begun(final: Path, what: str, facts: Mapping[str, Any]) -> None:
    """Raise a sentence where the study that is to become ``final`` was begun with other settings; nothing is written."""
    folder = work_folder(final, what)
    before = known(folder / f"{what}.json")
    if before is not None:
        refuse_other(before, facts, _("the unfinished {what} in {folder!r} was begun").format(what=what, folder=str(folder)))


def known(path: Path) -> dict[str, Any] | None:
    """A JSON file as it is; None where there is none, or none that can be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def refuse_other(begun: Mapping[str, Any], facts: Mapping[str, Any], what: str) -> None:
    """Raise a sentence that says what changed, if anything did; another version of the program first."""
    was, now = (str(one.get("versions", {}).get("stockcue", "")) for one in (begun, facts))
    if was != now:
        raise FolderError(
            _("{what} by StockCue {was} and this is {now}; delete the folder, or choose another out=").format(
                what=what, was=was or "?", now=now
            )
        )
    changed = list(differences(begun, json.loads(json.dumps(facts))))
    # A checksum that differs because a setting does has nothing to add.
    changed = [text for text in changed if not text.startswith(PLAYED)] or changed
    if changed:
        more = _(" and {n} more").format(n=len(changed) - 5) if len(changed) > 5 else ""
        raise FolderError(
            _("{what} with other settings: {changed}{more}; give those again, delete the folder, or choose another out=").format(
                what=what, changed="; ".join(changed[:5]), more=more
            )
        )


def finished(
    final: Path, what: str, facts: Mapping[str, Any], worth: str, identity: Mapping[str, Any] | None = None, half: bool = False
) -> bool:
    """Whether ``final`` is this study, finished, with its file ``worth`` undamaged. Another one there, or a folder that is no
    study's, is refused rather than replaced. what, facts: as in :func:`begun`; ``identity``: what work begun is known by, where
    that is not all the facts. half: its figures will do, though pictures are still to come."""
    tidy(final)
    manifest = known(final / MANIFEST)
    if manifest is None:
        refuse_strange(final)
        return False
    if not isinstance(manifest.get(what), Mapping):
        raise FolderError(_("{final!r} holds another study; choose another out=").format(final=str(final)))
    if manifest.get("account") != ACCOUNT:
        raise FolderError(
            _(
                "the {what} in {final!r} was judged by the old account (J a sum of losses): its report stays "
                "readable and its figures do not compare with new ones; choose another out="
            ).format(what=what, final=str(final))
        )
    refuse_other(manifest[what], facts, _("the {what} in {final!r} was made").format(what=what, final=str(final)))
    done = _undamaged(final, manifest, worth) and (half or not is_half(manifest))
    begun_with, now = known(work_folder(final, what) / f"{what}.json"), json.loads(json.dumps(identity or facts))
    # Without a note it is what a kill left of one that was being removed.
    if done and begun_with in (None, now):
        _forget(work_folder(final, what))
    return done


def is_half(manifest: Mapping[str, Any]) -> bool:
    """Whether a folder has every figure, and pictures and page are still to come."""
    return INCOMPLETE.items() <= manifest.items()


def _forget(folder: Path) -> None:
    """Remove the work folder of a finished study: a process was killed between finishing it and removing this."""
    with suppress(OSError), opened(folder / "lock") as lock:  # no folder, nothing to forget
        if locked(lock):
            shutil.rmtree(folder, ignore_errors=True)


def _undamaged(final: Path, manifest: Mapping[str, Any], name: str) -> bool:
    path = final / name
    return path.is_file() and checksum(path) == manifest.get("files", {}).get(name)


def less(final: Path, what: str, facts: Mapping[str, Any], key: str, worth: str) -> int:
    """With which smaller number under ``key`` alone ``final`` was finished, if that is how it differs and its file ``worth`` is
    undamaged; else 0."""
    tidy(final)  # a process that was killed may have put it aside
    manifest, now = known(final / MANIFEST) or {}, json.loads(json.dumps(facts))
    before = manifest.get(what)
    if not isinstance(before, Mapping) or {**before, key: now[key]} != now or not _undamaged(final, manifest, worth):
        return 0
    return int(before[key]) if before[key] < now[key] else 0


def differences(old: Any, new: Any, where: str = "") -> Iterable[str]:
    """Every setting that differs, as ``key was OLD, is NEW``.

    >>> list(differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 2}}))
    ['a.b was 1, is 3']
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from differences(old.get(key), new.get(key), f"{where}.{key}" if where else str(key))
    elif old != new:
        yield _("{where} was {old}, is {new}").format(where=where, old=_short(old), new=_short(new))


def _short(value: Any) -> str:
    text = _("not set") if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _halted(why: BaseException, needed: bool) -> BaseException:
    """What to raise for what stopped a study."""
    kept = _(KEPT) if needed else _(NOTHING_YET)
    if isinstance(why, KeyboardInterrupt):
        return KeyboardInterrupt(f"{str(why).rstrip('.。')}; {kept}" if str(why) else _("Interrupted; {kept}").format(kept=kept))
    return WorkersLost(f"{why}; {kept}") if isinstance(why, WorkersLost) else FolderError(f"{why}; {kept}")
