"""Every sentence of the program, and the catalogue brought up to date with them: ``python -m tests.words.catalogue zh``.

Sentences that are new are added without a translation, those that no code has any more are taken out. The file is read by
the program as it is written, so there is nothing to compile.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from sim.report.pages.spoken import sentences as of_scripts
from sim.score.metrics import METRICS
from sim.words import FOLDER, catalogue

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("sim", "strategies", "scenarios")
ONE, TWO = ("_", "N_", "columns"), ("ngettext", "counted")
HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Language: {lang}\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"""


def sentences() -> dict[str, tuple[str | None, str]]:
    """English sentence (of two forms the one for many) to (the form for one, where it stands)."""
    found: dict[str, tuple[str | None, str]] = {}
    for path in sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            text = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if node.func.id in ONE and text:
                found.setdefault(text[0], (None, where))
            elif node.func.id in TWO and len(text) > 1:
                found.setdefault(text[1], (text[0], where))
    for path in sorted((ROOT / "sim/report/pages/templates").glob("*.html")):
        for text in re.findall(r'_\(\s*"((?:[^"\\]|\\.)*)"|_\(\s*\'((?:[^\'\\]|\\.)*)\'', path.read_text("utf-8")):
            found.setdefault(text[0] or text[1], (None, path.relative_to(ROOT).as_posix()))
    for text in of_scripts():
        found.setdefault(text, (None, "sim/report/pages/js"))
    for metric in METRICS.values():
        for text in (metric.definition, metric.unit):
            if text:
                found.setdefault(text, (None, "sim/score/metrics.py"))
    for text, where in data():
        if re.search("[a-z]{2}", text) and not (text.isidentifier() and "_" in text):
            found.setdefault(text, (None, where))
    return found


def data() -> Iterator[tuple[str, str]]:
    """Sentences that stand in records: lessons, what every setting means, its unit and source, what strategies do."""
    from dataclasses import fields, is_dataclass

    from scenarios import bundles, contract, host, spread, staffing
    from scenarios.registry import first_line, load, names
    from sim.app.listing import GROUPS, lines
    from sim.core import playbooks
    from sim.score import profiles
    from strategies.gate import GATE_PARAMS
    from strategies.registry import load as strategy
    from strategies.registry import names as strategies

    for name in names():
        yield load(name).lesson, "scenarios/presets"
        yield first_line(name), "scenarios/presets"
    for name in METRICS:
        yield name.replace("_", " "), "sim/score/metrics.py"
    records = {r for m in (bundles, contract, host, spread, staffing, playbooks, profiles) for r in vars(m).values()
               if isinstance(r, type) and is_dataclass(r)}  # fmt: skip
    for record in sorted(records, key=lambda r: r.__name__):
        for f in fields(record):
            for key in SAID:
                yield str(f.metadata.get(key) or ""), "scenarios"
    for param in (*GATE_PARAMS, *(p for name in strategies() for p in strategy(name).params)):
        for key in SAID:
            yield str(getattr(param, key) or ""), "strategies"
    for name in strategies():
        yield strategy(name).summary, "strategies"
    for kind in GROUPS:
        for text in lines(kind).values():
            yield text, f"conf/{kind}"


SAID = ("meaning", "unit", "source")


def written(lang: str, known: dict[str, str]) -> str:
    """The catalogue's text, room by room."""
    blocks, now = [HEAD.format(lang=lang)], ""
    for text, (one, where) in sorted(sentences().items(), key=lambda item: (item[1][1], item[0])):
        lines = [f"#: {where}"] if where != now else []
        now = where
        told = json.dumps(known.get(text, ""), ensure_ascii=False)
        if one is None:
            lines += [f"msgid {json.dumps(text, ensure_ascii=False)}", f"msgstr {told}"]
        else:
            lines += [f"msgid {json.dumps(one, ensure_ascii=False)}", f"msgid_plural {json.dumps(text, ensure_ascii=False)}",
                      f"msgstr[0] {told}"]  # fmt: skip
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def main(lang: str) -> None:
    """Bring a catalogue up to date."""
    known = dict(catalogue(lang))
    (FOLDER / lang / "LC_MESSAGES" / "stockcue.po").write_text(written(lang, known), encoding="utf-8")
    left = [text for text in sentences() if text not in known]
    print(f"{len(left)} sentences without a translation")
    print("\n".join(left))


if __name__ == "__main__":
    main(sys.argv[1])
