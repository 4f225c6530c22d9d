"""Verbs that make something to open out of a run folder: a page, a workbook, a card."""

from __future__ import annotations

from typing import Any

from sim.cli.few import Few, few
from sim.cli.words import WordError
from sim.core.export import for_terminal
from sim.setup.settings_few import CardSettings, DeskSettings, PageSettings, WorkbookSettings
from sim.setup.settings_groups import verb_of
from sim.words import _


def page(words: list[str]) -> int:
    """``stockcue page FOLDER [lang=zh] [out=FILE]``."""
    from sim.app.pages import page as written

    folder, s = _folder(PageSettings, words)
    _told(_("page: {path}").format(path=written(folder, out=s.out or None)))
    return 0


def workbook(words: list[str]) -> int:
    """``stockcue workbook FOLDER [csv=true] [lang=zh] [out=FILE]``."""
    from sim.app.workbooks import workbook as written

    folder, s = _folder(WorkbookSettings, words)
    place = written(folder, out=s.out or None, csv=s.csv)
    _told((_("CSV files: {path}") if s.csv else _("workbook: {path}")).format(path=place))
    return 0


def card(words: list[str]) -> int:
    """``stockcue card FOLDER|experiment=FILE ... [shows=20] [lang=zh] [out=card.html|card.xlsx]``."""
    from sim.app.card import card as written
    from sim.cli.main import policies_of_words, study_of_words

    rest, s = few(CardSettings, words, others=True)
    rest = [_experiment(word) for word in rest]
    config, _preset = study_of_words("rehearse", rest)
    if config is None:
        return 0
    source = next((w.partition("=")[2] for w in rest if w.startswith("experiment=")), "")
    place = written(
        config["scenario"], policies_of_words(config), shows=s.shows, seed=config.get("seed"),
        uncertain=bool(config.get("uncertain")), out=s.out, rests_on=_("From {source}.").format(source=source) if source else "",
    )  # fmt: skip
    _told(_("card: {path}").format(path=place))
    return 0


def desk(words: list[str]) -> int:
    """``stockcue desk scenario=... strategy=... [shows=200] [port=8765] [host=127.0.0.1] [out=.] [lang=zh]``."""
    import asyncio
    from pathlib import Path

    from sim.cli.desk import Server
    from sim.report.pages.kit import library

    chosen, s = few(DeskSettings, words, others=True)
    chosen = [_experiment(word) for word in chosen]
    if not library():
        raise WordError(_("pages need the chart library, which pip install 'stockcue[pages]' adds"))
    if not any(word.startswith(("strategy=", "experiment=")) for word in chosen):
        chosen.insert(0, "strategy=[smart,fixed_count]")
    panel = (_recorded if any(word.startswith("stream=") for word in chosen) else _rehearsed)(chosen, s)
    if panel is None:
        return 0

    async def serve() -> None:
        server = Server(panel, chosen, s.host, s.port, Path(s.out).expanduser())
        _told(_("open {url} (Ctrl-C ends it)").format(url=server.url))
        try:
            await asyncio.Event().wait()
        finally:
            server.close()

    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        _told(_("The desk is closed."))
    return 0


def _rehearsed(words: list[str], s: Any) -> Any:
    """A desk over a scenario; None where only its settings were asked for."""
    from sim.app.desk import Desk as Panel
    from sim.app.nouns import drawn, profile_of
    from sim.cli.main import policies_of_words, study_of_words

    config, _preset = study_of_words("rehearse", words)
    if config is None:
        return None
    show, uncertainty = drawn(config["scenario"], bool(config.get("uncertain")))
    return Panel(show, policies_of_words(config), profile_of(config["score"]), s.shows, config.get("seed") or 1, uncertainty,
                 workers=s.workers)  # fmt: skip


def _recorded(words: list[str], s: Any) -> Any:
    """A desk over a recording, in a closed loop."""
    from sim.app.desk import Desk as Panel
    from sim.app.frame import settled
    from sim.app.nouns import profile_of
    from sim.app.recording import READING, given_of, read_as
    from sim.app.replay import feed_of, world_of
    from sim.cli.chosen import chosen_strategies, chosen_world
    from sim.cli.chosen import read as cut_of
    from sim.cli.compose import compose_verb
    from sim.cli.main import policies_of_words
    from sim.replay.closedtape import closed_scenario
    from sim.replay.impute import impute
    from sim.setup.settings import ReplaySettings

    cut = cut_of([*words, "loop=closed"], "replay", ("strategy", "scenario", "experiment"))
    config = compose_verb("replay", cut, chosen_strategies(cut), chosen_world(cut.chosen.get("scenario"), cut.folders))
    if config is None:
        return None
    stream = config["stream"]
    if isinstance(stream, list):
        raise WordError(_("a desk shows one recording, and {n} are named").format(n=len(stream)))
    given = {name: config[name] for name in READING if config.get(name) is not None}
    loaded = read_as(stream, given_of(settled(ReplaySettings, "replay", stream=stream, **given))).loaded.stream
    shop = world_of(config.get("scenario"))
    feed = feed_of(config.get("feed"), loaded.feed())
    imputed = impute(loaded, config["bin_s"], shop) if config.get("bin_s") else impute(loaded, world=shop)
    return Panel(closed_scenario(loaded, feed, shop), policies_of_words(config), profile_of(config["score"]), s.shows,
                 config.get("seed") or 1, recorded=(imputed, shop), workers=s.workers)  # fmt: skip


def _experiment(word: str) -> str:
    """A word of a card: a run folder or a file alone is the recommendation in it."""
    from pathlib import Path

    if "=" in word or word.startswith("-"):
        return word
    path = Path(word).expanduser()
    file = path / "recommended.yaml" if path.is_dir() else path
    if not file.is_file():
        raise WordError(_("{word!r} holds no recommended.yaml; give a run folder of tune, or experiment=FILE").format(word=word))
    return f"experiment={file}"


def _folder(record: type[Few], words: list[str]) -> tuple[str, Few]:
    """The one folder that is named, and what else is set."""
    places, settings = few(record, words)
    if len(places) != 1:
        text = _("{verb} shows one run folder, and {n} are named; give stockcue {verb} FOLDER")
        raise WordError(text.format(verb=verb_of(record), n=len(places)))
    return places[0], settings


def _told(line: str) -> None:
    print(for_terminal(line), flush=True)
