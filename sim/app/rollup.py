"""Roll-up: several reviews as one page: settings' history, drift, proposals and what became of them, how rehearsals held."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.app.by_clock import by_clock
from sim.app.frame import Out, Task, published
from sim.app.result import HERE, Result, ResultError, Statement, load
from sim.jobs.folder import write_table
from sim.report.text import rollup as words_of
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

NIGHT = "night"
"""What a review notes of its night, in its manifest (:func:`sim.app.review.noted`)."""
LEVELS = ("watch", "prepare", "emergency", "resolved")


def rollup(reviews: Any, *, out: Out = None, command: Sequence[str] | None = None) -> Result:
    """Several reviews as one page: what each night kept and lost, how the settings changed, what drifted, which proposals were
    taken up, and how often rehearsed bands held.

    Parameters
    ----------
    reviews : list of Result or path
        Run folders of :func:`stockcue.review`, two or more. Recorded nights are put in the order of their clocks, rehearsed ones
        stay as given.
    out, command
        As in :func:`stockcue.compare`.

    Returns
    -------
    Result
        ``.table`` and ``.nights`` have a row per night, ``.history`` one per setting that changed, ``.proposals`` one per
        proposal.

    Raises
    ------
    ResultError
        One sentence, where a folder is no review, a night is there twice, or nights overlap.
    """
    many = reviews if isinstance(reviews, list | tuple) else [reviews]
    read = _in_order([r if isinstance(r, Result) else load(r) for r in many])
    settings = [settings_of(r.manifest["config"]) for r in read]
    told = [r.manifest[NIGHT] for r in read]
    nights, history, proposals = _nights(told), _history(told, settings), _proposals(told, settings)
    sentences = words_of.sentences(nights, history, proposals)
    task = Task("rollup", "rollup", {"of": [r.manifest.get("config_hash") for r in read]}, out, command)

    def write(folder: Path) -> Statement:
        for name, table in (("nights", nights), ("history", history), ("proposals", proposals)):
            write_table(table, folder / f"{name}.parquet")
        (folder / "report.md").write_text(words_of.page(nights, history, proposals, sentences, task.repeat()), encoding="utf-8")
        text = words_of.printed(nights, history, proposals, sentences)
        return Statement(text, sentences, [_("run folder: {folder}").format(folder=HERE)])

    return published(task, write)


def _in_order(read: Sequence[Result]) -> list[Result]:
    """The reviews in the order of their nights; whatever is no review of this version is refused."""
    for r in read:
        if r.verb != "review":
            text = _("{folder} was made by {verb}; rollup takes reviews")
            raise ResultError(text.format(folder=str(r.folder), verb=r.verb))
        if NIGHT not in r.manifest:
            raise ResultError(_("{folder} is a review of an older version; review that night again").format(folder=str(r.folder)))
    if len(read) < 2:
        raise ResultError(_("a roll-up needs two reviews or more, and {n} is given").format(n=len(read)))
    nights = [r.manifest[NIGHT] for r in read]
    names, spans = [n["show"] for n in nights], [(n["start"], n["end"]) for n in nights]
    return [read[k] for k in by_clock(names, spans, [(n["show"], n["start"]) for n in nights])]


def settings_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Everything a review's team chose, by the words that would set it; a tier's own where tiers differ."""
    label, family = next(iter(config["strategies"].items()))
    settings: dict[str, Any] = {"strategy": family["strategy"]}
    tiers = family["settings"]
    for name in next(iter(tiers.values())):
        values = {tier: own[name] for tier, own in tiers.items()}
        same = len(set(values.values())) == 1
        settings |= {f"strategy.{name}": next(iter(values.values()))} if same else {
            f"strategy.by_tier.{tier}.{name}": value for tier, value in values.items()
        }  # fmt: skip
    settings |= {f"gate.{name}": value for name, value in config["gate"].items()}
    for name, value in config["operations"][label].items():
        settings["operations" if name == "name" else f"operations.{name}"] = _actions(value) if name in LEVELS else value
    return settings


def _actions(level: Sequence[Mapping[str, Any]]) -> str:
    return " + ".join(f"{a['what']} {a['by']} {a['channel']} {a['amount']} {a['value']:g}" for a in level)


def _nights(told: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per night."""
    import pandas as pd

    rows = []
    for night in told:
        held, of, expected = night["held"] or (0, 0, float("nan"))
        cause, share = max(night["blame"].items(), key=lambda pair: pair[1], default=("", 0.0))
        rows.append({
            "night": night["show"], "start": night["start"], "net": night["net"], "gmv": night.get("gmv", math.nan),
            "J": night["net_hindsight"] - night["net"], "net_hindsight": night["net_hindsight"],
            "oversold": night["oversold"], "missed": night["missed"], "alerts": night["alerts"], "useful": night["useful"],
            "harmful": night["harmful"], "blame": cause if share > 0 else "", "blame_share": share,
            "drifted": ", ".join(night["drifted"]), "held": held, "held_of": of, "held_expected": expected,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _history(told: Sequence[Mapping[str, Any]], settings: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per setting that changed from one night to the next, as text."""
    import pandas as pd

    rows = [
        {"night": after["show"], "setting": key, "was": _plain(old.get(key)), "is": _plain(new.get(key))}
        for (after, old, new) in zip(told[1:], settings, settings[1:], strict=False)
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    ]
    return pd.DataFrame(rows, columns=["night", "setting", "was", "is"])


def _proposals(told: Sequence[Mapping[str, Any]], settings: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per proposal: after which night, the change, what was claimed [CNY a show], and what became of it."""
    import pandas as pd

    rows = []
    for k, night in enumerate(told):
        if night["proposal"] is None:
            continue
        change = night["proposal"]["change"]
        later = settings[k + 1] if k + 1 < len(settings) else None
        became, now = _became(change, settings[k], later)
        rows.append(
            {"night": night["show"], "change": change, "claimed": night["proposal"]["claimed"], "became": became, "now": now}
        )
    return pd.DataFrame(rows, columns=["night", "change", "claimed", "became", "now"])


def _became(change: str, before: Mapping[str, Any], later: Mapping[str, Any] | None) -> tuple[str, str]:
    """What the next night made of a change, one of ``words_of.BECAME``, and the value it had there."""
    key, value = change.lstrip("+").split("=", 1)
    if later is None:
        return "open", ""
    # What differs by tier has no common value, and what is set for all tiers has no tier's own.
    part = key.split(".by_tier.")[-1].split(".")[-1]
    now, was = (s.get(key, s.get(f"strategy.{part}")) for s in (later, before))
    if _plain(now) == _plain(_number(value)):
        return "taken", _plain(now)
    return ("left" if now == was else "other"), _plain(now)


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else "" if value is None else str(value)
