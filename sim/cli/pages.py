"""Verbs that make something to open out of a run folder: a page, a workbook, a card."""

from __future__ import annotations

from sim.cli.words import WordError
from sim.core.export import for_terminal
from sim.words import _


def page(words: list[str]) -> int:
    """``stockcue page FOLDER [lang=zh] [out=FILE]``."""
    from sim.app.pages import page as made

    folder, out = _folder(words, "page")
    _told(_("page: {path}").format(path=made(folder, out=out)))
    return 0


def workbook(words: list[str]) -> int:
    """``stockcue workbook FOLDER [csv=true] [lang=zh] [out=FILE]``."""
    from sim.app.workbooks import workbook as made

    csv = [word.removeprefix("csv=") for word in words if word.startswith("csv=")]
    if csv and csv[-1] not in ("true", "false"):
        raise WordError(_("csv must be true or false, not {value!r}").format(value=csv[-1]))
    folder, out = _folder([word for word in words if not word.startswith("csv=")], "workbook")
    place = made(folder, out=out, csv=csv[-1:] == ["true"])
    _told((_("CSV files: {path}") if csv[-1:] == ["true"] else _("workbook: {path}")).format(path=place))
    return 0


def card(words: list[str]) -> int:
    """``stockcue card FOLDER|experiment=FILE ... [shows=20] [lang=zh] [out=card.html|card.xlsx]``."""
    from sim.app.card import SHOWS
    from sim.app.card import card as made
    from sim.cli.main import policies_of_words, study_of_words

    own = ("out=", "shows=")
    given = {key: [w.removeprefix(key) for w in words if w.startswith(key)] for key in own}
    rest = [_experiment(word) for word in words if not word.startswith(own)]
    if given["shows="] and not given["shows="][-1].isdecimal():
        raise WordError(_("shows must be a whole number from 1 to 1,000, not {value!r}").format(value=given["shows="][-1]))
    config, _preset = study_of_words("rehearse", rest)
    if config is None:
        return 0
    source = next((w.partition("=")[2] for w in rest if w.startswith("experiment=")), "")
    place = made(
        config["scenario"], policies_of_words(config), shows=int(given["shows="][-1]) if given["shows="] else SHOWS,
        seed=config.get("seed") or 1, uncertain=bool(config.get("uncertain")), out=(given["out="] or ["card.html"])[-1],
        rests_on=_("From {source}.").format(source=source) if source else "",
    )  # fmt: skip
    _told(_("card: {path}").format(path=place))
    return 0


def desk(words: list[str]) -> int:
    """``stockcue desk scenario=... strategy=... [shows=200] [port=8765] [host=127.0.0.1] [out=.] [lang=zh]``."""
    import asyncio
    from pathlib import Path

    from sim.app.desk import Desk
    from sim.app.nouns import drawn, profile_of
    from sim.cli.desk import Server
    from sim.cli.main import policies_of_words, study_of_words
    from sim.report.pages.kit import library

    own = {"shows": "200", "port": "8765", "host": "127.0.0.1", "out": "."}
    rest = []
    for word in map(_experiment, words):
        key, sign, value = word.partition("=")
        if sign and key in own:
            own[key] = value
        else:
            rest.append(word)
    for key, most in (("shows", 2000), ("port", 65535)):
        if not own[key].isdecimal() or int(own[key]) > most or (key == "shows" and own[key] == "0"):
            text = _("{key} must be a whole number up to {most:,}, not {value!r}")
            raise WordError(text.format(key=key, most=most, value=own[key]))
    if not library():
        raise WordError(_("pages need the chart library, which pip install 'stockcue[pages]' adds"))
    chosen = (
        rest if any(word.startswith(("strategy=", "experiment=")) for word in rest) else [*rest, "strategy=[smart,fixed_count]"]
    )
    config, _preset = study_of_words("rehearse", chosen)
    if config is None:
        return 0
    show, uncertainty = drawn(config["scenario"], bool(config.get("uncertain")))
    panel = Desk(
        show, policies_of_words(config), profile_of(config["score"]), int(own["shows"]), config.get("seed") or 1, uncertainty
    )

    async def serve() -> None:
        server = Server(panel, chosen, own["host"], int(own["port"]), Path(own["out"]).expanduser())
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


def _folder(words: list[str], verb: str) -> tuple[str, str | None]:
    """The one folder that is named, and where its page is to go."""
    places = [word for word in words if not word.startswith("out=")]
    out = [word.removeprefix("out=") for word in words if word.startswith("out=")]
    if len(places) != 1:
        text = _("{verb} shows one run folder, and {n} are named; give stockcue {verb} FOLDER")
        raise WordError(text.format(verb=verb, n=len(places)))
    return places[0], out[-1] if out and out[-1] else None


def _told(line: str) -> None:
    print(for_terminal(line), flush=True)
