"""What a review goes over: a recorded show with the shop behind it, or a replicate of a rehearsal; and what it is held
against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.contract import Scenario
from scenarios.registry import names
from sim.app.earlier import taught_by
from sim.app.nouns import YAML
from sim.app.recording import Recording, Unread, given_of, read_as
from sim.app.replay import feed_of, world_of
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.stage import Stage
from sim.engine.simulate import play
from sim.postmortem.bands import FIGURES, Bands, Night, bands, night_of
from sim.postmortem.parameters import ReviewedShow
from sim.postmortem.sessions import recorded, rehearsed
from sim.postmortem.show_profile import ShowProfile, of_run, of_stream, saved
from sim.replay.closedloop import caption
from sim.replay.closedtape import ASSUMPTIONS
from sim.replay.impute import LIKELY, impute
from sim.replay.ingest.canon import SUFFIX
from sim.replay.night import as_run
from sim.replay.paidwords import paid_words, price_words
from sim.replay.recorded import said_first, time_of_day
from sim.replay.taught import taught_words
from sim.report.text.account import account
from sim.report.text.review import rehearsed_note, shop_behind
from sim.score.cost import Judge
from sim.score.profiles import Profile
from sim.setup.policies import make_policy
from sim.setup.settings import ReviewSettings, SettingError
from sim.setup.settings_groups import Reading
from sim.setup.uncertain import Uncertainty
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Case:
    """What is reviewed. at: moments as the show's clock writes them. notes: on the data. show_profile: of this show and
    earlier ones. recorded: what the recording itself says was lost, and what decides what the model makes of it. night: what its
    own team did, on a stage of it. items: the recorded show item by item; before: earlier ones by name. span: start and end of
    a recorded night."""

    show: ReviewedShow
    others: list[ReviewedShow]
    bounds: list[ReviewedShow]
    draws: list[ReviewedShow]
    show_profile: tuple[ShowProfile, list[ShowProfile]]
    at: Callable[[float], str]
    notes: list[str]
    recorded: tuple[str, ...] = ()
    night: Callable[[Stage], ShowRun] | None = None
    items: Night | None = None
    before: Sequence[tuple[str, Night | pd.DataFrame]] = ()
    span: tuple[str, str] = ("", "")


def many(given: Any) -> list[Any]:
    return list(given) if isinstance(given, list | tuple) else [] if given in (None, "") else [given]


def recording_of(show: Any) -> Recording | Unread | None:
    """A recording, a path of one, or None where a scenario is meant."""
    if isinstance(show, Recording | Unread):
        return show
    if not isinstance(show, str | Path) or str(show).endswith(YAML):
        return None
    text = str(show)
    known = text in names() or not (text == "example" or "/" in text or "." in text or Path(text).exists())
    return None if known else Unread(text)


def rehearsed_case(
    s: ReviewSettings, scenario: Scenario, uncertainty: Uncertainty | None, earlier: Sequence[Any], feed: Any
) -> Case:
    for f in fields(Reading):
        if getattr(s, f.name) != f.default:
            text = _("{name}= says how to read a recording, and none is named; add stream=PATH or leave it out")
            raise SettingError(text.format(name=f.name))
    scenario = replace(scenario, feed=feed_of(feed, scenario.feed))
    show = rehearsed(scenario, s.seed, s.replicate, uncertainty)
    others = [rehearsed(scenario, s.seed, s.replicate + k, uncertainty) for k in range(1, s.shows + 1)]
    from sim.engine.simulate import play
    from sim.setup.policies import make_policy

    own = of_run(play(show.stage, make_policy("silent")), show.name)
    before = [_earlier(s, one)[0] for one in earlier]
    notes = [rehearsed_note(scenario.name, s.seed, s.replicate, s.shows)]
    return Case(show, others, [], [], (own, before), _clock, notes)


def _clock(t_s: float) -> str:
    """A moment of a show without a calendar.

    >>> _clock(3725.4)
    '1:02:05'
    """
    whole = int(t_s)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def recorded_case(s: ReviewSettings, rec: Recording, earlier: Sequence[Any], scenario: Any, feed: Any) -> Case:
    stream, world = rec.loaded.stream, world_of(scenario)
    taught = taught_by(s.prior)
    own_feed, imputation = feed_of(feed, stream.feed()), impute(stream, s.bin_s, world, taught)
    bounds = recorded(imputation, s.seed, s.replicate, own_feed, world)
    before, others = [], []
    nights: list[tuple[str, Night | pd.DataFrame]] = []
    for one in earlier:
        show_profile, other = _earlier(s, one)
        before.append(show_profile)
        if other is None:
            nights += _kept_bands(one, show_profile.name)
        else:
            nights.append((show_profile.name, night_of(other.loaded.stream)))
            theirs = feed_of(feed, other.loaded.stream.feed())
            whole = impute(other.loaded.stream, s.bin_s, world, taught)
            others.append(recorded(whole, s.seed, s.replicate, theirs, world, (LIKELY,))[LIKELY])
    notes = [caption(stream, imputation), *(_("Assumed: {words}.").format(words=_(words)) for words in ASSUMPTIONS)]
    notes += [*account(rec.table), *shop_behind(world)]
    notes += [_("Payments: {words}.").format(words=words) for words in paid_words(imputation, world)]
    notes += [f"{words[0].upper()}{words[1:]}." for words in price_words(stream.skus)]
    notes += taught_words(stream, taught)
    draws = [recorded(imputation, s.seed, s.replicate + k, own_feed, world, (LIKELY,))[LIKELY] for k in range(1, s.shows + 1)]
    notes.append(_("Times are on the recording's clock; it starts at {start}.").format(start=stream.at(0.0)))
    shown = list(bounds.values())
    return Case(
        bounds[LIKELY],
        others,
        shown,
        draws,
        (of_stream(stream), before),
        lambda t: time_of_day(stream.at(t)),
        notes,
        said_first(stream, world),
        partial(as_run, stream=stream) if stream.did else None,
        night_of(stream),
        nights,
        (stream.at(0.0), stream.at(stream.span_s)),
    )


def _kept_bands(given: Any, name: str) -> list[tuple[str, Night | pd.DataFrame]]:
    """What an earlier review found of a rehearsal's bands."""
    import pandas as pd

    path = Path(getattr(given, "folder", given)) / "bands.parquet"
    return [(name, pd.read_parquet(path))] if path.is_file() else []


def held_bands(s: ReviewSettings, case: Case, policy: Policy, profile: Profile) -> Bands:
    """The night held against the rehearsal in the folder named."""
    import pandas as pd

    path = Path(s.rehearsal) / "items.parquet"
    if not path.is_file():
        text = _("rehearsal={folder!r} holds no items.parquet; give the folder that stockcue rehearse wrote, or rehearse again")
        raise SettingError(text.format(folder=s.rehearsal))
    night = case.items
    if night is None:
        judge = Judge(play(case.show.stage, make_policy("silent")), profile)
        rows = judge.items(play(case.show.stage, policy))
        night = {str(row["sku"]): {figure: float(row[figure]) for figure in FIGURES} for row in rows}
    return bands(pd.read_parquet(path), policy.name, case.show.name, night, case.before)


def _earlier(s: ReviewSettings, given: Any) -> tuple[ShowProfile, Recording | None]:
    """An earlier show: its review, or its recording."""
    place = getattr(given, "folder", given)
    if isinstance(place, str | Path) and (Path(place) / "manifest.json").is_file() and not any(Path(place).glob(f"*{SUFFIX}")):
        return saved(Path(place)), None
    own = isinstance(given, Recording)
    alone = None if own or Path(str(place)).is_dir() or str(place) == "example" else s.stock
    rec = read_as(given, given_of(replace(s, cues="", shut=None, actions=None, start="", end="", stock=alone)))
    return of_stream(rec.loaded.stream), rec
