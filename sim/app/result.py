"""A Result: what a verb found, as tables, sentences and pictures; it shows itself, is saved as a run folder, and loaded again."""

from __future__ import annotations

import json
import re
import shlex
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.app.pictures import Picture
from sim.app.tables import Tables
from sim.jobs.folder import ACCOUNT, MANIFEST, brought_back, checksum, linked, run_folder
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

PAGES = ("report.md", "review.md")
HERE = "{folder}"
"""Stands for the run folder in last lines, wherever it is moved; ``{key=FILE}`` for a word that names a file of it."""
_WORD = re.compile(r"\{(\w+)=([^{}]+)\}")


class ResultError(ValueError):
    """Something was asked of a result that it does not have; the message is one sentence."""


@dataclass(frozen=True)
class Statement:
    """What a verb says once its folder is written. ``text``: tables and sentences for a terminal. ``verdict``: the sentences that
    decide. ``last``: where things are, with HERE for the folder. ``noted``: further facts for the manifest. ``again``: says the
    verdict in the language spoken when it is called, so that a page can be made in every one. ``more``: leaves in the folder
    what takes longer and changes no figure, pictures and timelines; returns the last lines there are then."""

    text: str
    verdict: Sequence[str] = ()
    last: Sequence[str] = ()
    noted: Mapping[str, Any] = field(default_factory=dict)
    again: Callable[[], Sequence[str]] | None = None
    more: Callable[[Path], Sequence[str]] | None = None


@dataclass(frozen=True, eq=False)
class Result:
    """What a verb found.

    Every table of the run folder is an attribute (``result.scores``) and stands in :attr:`tables`; :attr:`table` is the one to
    look at first. ``str(result)`` is what the command prints; in a notebook it shows itself.

    Attributes
    ----------
    verb : str
        What made it: ``"rehearse"``, ``"sweep"``, ...
    folder : pathlib.Path
        Where its run folder lies: the one asked for with ``out``, else a temporary one that goes with this object.
    text : str
        Tables and sentences, as on a terminal.
    verdict : tuple of str
        The sentences that decide.
    manifest : Mapping
        Versions, settings, and a SHA-256 of every file.
    """

    verb: str
    folder: Path
    text: str = field(repr=False)
    verdict: tuple[str, ...] = field(repr=False)
    manifest: Mapping[str, Any] = field(repr=False)
    last: tuple[str, ...] = field(default=(), repr=False)
    _room: Any = field(default=None, repr=False)

    @cached_property
    def tables(self) -> Tables:
        """Every table of the run folder by name (pandas DataFrames), read when asked for."""
        return Tables(self.folder, self.manifest.get("tables"))

    @property
    def table(self) -> pd.DataFrame:
        """The table to look at first: one row per strategy, candidate, setting or file, whatever the verb compares."""
        from sim.app.first_table import first_table

        return first_table(self)

    def __getattr__(self, name: str) -> pd.DataFrame:
        # Only for names that are no attribute: a table's, or none at all.
        if name.startswith("_") or name in type(self).__dataclass_fields__:
            raise AttributeError(name)
        if name not in self.tables:
            from sim.words import did_you_mean

            near = did_you_mean(name, [*self.tables, "table", "plot"])
            raise AttributeError(_("this result of {verb} has no {name!r}").format(verb=self.verb, name=name) + near)
        return self.tables[name]

    @property
    def pictures(self) -> tuple[str, ...]:
        """Names of its pictures, those of the first importance first."""
        names = [name for name in self.manifest.get("files", {}) if name.endswith(".png")]
        page = self._page()
        return tuple(n.removesuffix(".png") for n in sorted(names, key=lambda n: (page.find(f"({n})") % (len(page) + 1), n)))

    def plot(self, name: str = "") -> Picture:
        """One of its pictures.

        Parameters
        ----------
        name : str
            One of :attr:`pictures`; empty: the first.

        Raises
        ------
        ResultError
            Where there is no picture of that name, or none at all (``figure="none"``).
        """
        from sim.words import did_you_mean

        known = self.pictures
        if not known:
            raise ResultError(_("this result of {verb} has no picture; ask for one with figure=").format(verb=self.verb))
        if name and name not in known:
            raise ResultError(_("this result of {verb} has no picture {name!r}").format(verb=self.verb, name=name)
                              + did_you_mean(name, known))  # fmt: skip
        return Picture(name or known[0], (self.folder / f"{name or known[0]}.png").read_bytes())

    @property
    def note(self) -> str:
        """What a reader must know first: that another version judged it; else empty."""
        if self.manifest.get("account") == ACCOUNT:
            return ""
        kept_words = self.manifest.get("versions", {}).get("stockcue")
        text = _("Judged by the old account: StockCue {made} made it, and its J, limits and alert verdicts do not compare with "
                 "those of this version; play it again to compare.")  # fmt: skip
        return text.format(made=kept_words or "?")

    def save(self, folder: str | Path) -> Result:
        """Leave the run folder, the same as the command's, whole or not at all.

        Parameters
        ----------
        folder : path
            A free place, or a finished run folder of the same verb, which is replaced.

        Returns
        -------
        Result
            This result, at its new place.

        Raises
        ------
        FolderError
            Where something else lies there, or the place cannot be written.
        ResultError
            Of a live show whose files were named.
        """
        final = Path(folder).expanduser()
        if final.absolute() == self.folder.absolute():
            return self
        if not (self.folder / MANIFEST).is_file():
            text = _("what a live show wrote lies where out= named it, in {folder!r}; leave out away to save it as a folder")
            raise ResultError(text.format(folder=str(self.folder)))
        with run_folder(final, self.verb) as place:
            for path in sorted(p for p in self.folder.rglob("*") if p.is_file()):
                (to := place / path.relative_to(self.folder)).parent.mkdir(parents=True, exist_ok=True)
                linked(path, to)
        return load(final)

    def page(self, path: str | Path | None = None, lang: str | None = None) -> Path:
        """Make its page again, as ``stockcue page`` does. path: the file; None: ``report.LANG.html`` in the folder. lang: ``en``
        or ``zh``. Returns the file; raises :class:`ResultError` where pages cannot be made."""
        from sim.app.pages import page

        return page(self.folder, lang=lang, out=path)

    def __str__(self) -> str:
        last = [] if self._room is not None else ["", *(_placed(line, self.folder) for line in self.last)]
        first = [self.note, ""] if self.note else []
        return "\n".join([*first, self.text.replace(HERE, str(self.folder)), *last])

    def _page(self) -> str:
        return next((text.read_text(encoding="utf-8") for name in PAGES if (text := self.folder / name).is_file()), "")

    def _repr_html_(self) -> str:
        """For a notebook: the table, the verdict and the first picture; nothing in it that a page would run."""
        from sim.report.pages.card import card

        first = self.plot().png if self.pictures else b""
        return card(f"stockcue.{self.verb}", self.note, self.table, self.verdict or self.text.splitlines()[:1], first)


def written_just_now(verb: str, folder: Path, sentences: Statement, room: tempfile.TemporaryDirectory[str] | None) -> Result:
    """The Result of a run folder that was written just now."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return Result(verb, folder, sentences.text, tuple(sentences.verdict), manifest, tuple(sentences.last), room)


def load(folder: str | Path) -> Result:
    """The Result of a run folder, of this version or an earlier one.

    Parameters
    ----------
    folder : path
        What a verb's ``out`` or :meth:`Result.save` left.

    Returns
    -------
    Result
        With ``note`` set where another version judged it.

    Raises
    ------
    ResultError
        Where the folder holds no finished result, or a file of it is missing or not what was written.
    """
    if not isinstance(folder, str | Path):
        raise ResultError(_("give a Result or its run folder, not {given!r}").format(given=folder))
    place = brought_back(Path(folder).expanduser())
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        verb, files = str(manifest["command"][1]), dict(manifest["files"])
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        text = _("{folder!r} holds no finished result; give the folder that out= named")
        raise ResultError(text.format(folder=str(place))) from None
    for name, seal in files.items():
        if not (place / name).is_file():
            raise ResultError(_("{name} is missing from {folder!r}; play it again").format(name=name, folder=str(place)))
        if checksum(place / name) != seal:
            raise ResultError(
                _("{name} in {folder!r} is not what was written; play it again").format(name=name, folder=str(place))
            )
    kept_words = manifest.get("said") or {}
    result = Result(
        verb,
        place,
        str(kept_words.get("text", "")),
        tuple(kept_words.get("verdict", ())),
        manifest,
        tuple(kept_words.get("last", ())),
    )
    # Results of 0.2.0 say what they have to say on their page alone.
    return result if kept_words else Result(verb, place, result._page().rstrip("\n"), (), manifest)


def _placed(line: str, folder: Path) -> str:
    """A last line with the folder in it.

    >>> _placed("play it with stockcue rehearse {experiment=a.yaml}; it lies in {folder}", Path("my run"))
    "play it with stockcue rehearse 'experiment=my run/a.yaml'; it lies in my run"
    """
    words = _WORD.sub(lambda word: shlex.quote(f"{word[1]}={folder / word[2]}"), line)
    return words.replace(HERE, str(folder))
