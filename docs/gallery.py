"""The gallery: every lesson of ``notebooks/`` with a Chinese summary, executed and left with its output in ``docs/gallery``.

``python docs/gallery.py [NAME ...]``, or ``make gallery`` for all; needs the docs group. Executing takes minutes, so pages are
kept and ``make docs`` builds from them; a test says which are older than their lesson.
"""

from __future__ import annotations

import base64
import io
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "gallery"
SUMMARY = "**中文摘要**"


def lessons() -> list[Path]:
    """Lessons of the gallery, by name: those that say on top in Chinese what comes out."""
    return [p for p in sorted((ROOT / "notebooks").glob("*.py")) if SUMMARY in p.read_text("utf-8")]


def render(path: Path) -> None:
    """Execute one lesson and write its page and its pictures."""
    import jupytext
    from nbclient import NotebookClient

    notebook = jupytext.read(path)
    NotebookClient(notebook, timeout=3600, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    PAGES.mkdir(exist_ok=True)
    parts = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        elif cell.source.strip():
            parts.append(f"```python\n{cell.source}\n```")
            parts += [shown(out, f"{path.stem}-{number}") for out in joined(cell.outputs)]
    text = "\n\n".join(part for part in parts if part)
    (PAGES / f"{path.stem}.md").write_text(text + "\n", encoding="utf-8")


def joined(outputs: Sequence[Any]) -> list[Any]:
    """The outputs of a cell, what was printed in one go."""
    made: list[Any] = []
    for out in outputs:
        if made and out["output_type"] == made[-1]["output_type"] == "stream" and out["name"] == made[-1]["name"]:
            made[-1]["text"] += out["text"]
        else:
            made.append(out)
    return made


def shown(out: Mapping[str, Any], name: str) -> str:
    """One output of a cell, as Markdown; a picture goes into a file of its own."""
    if out["output_type"] == "stream":
        return f"```text\n{plain(out['text'])}\n```" if out["name"] == "stdout" else ""
    data = out.get("data", {})
    if "image/png" in data:
        from PIL import Image

        picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
        picture.convert("RGB").quantize(64).save(PAGES / f"{name}.png", optimize=True)
        return f"![{name}]({name}.png)"
    return f"```text\n{plain(data['text/plain'])}\n```" if "text/plain" in data else ""


def plain(text: str) -> str:
    """Printed text without blanks at the ends of lines; folders that went with the run are not named."""
    lines = [line.rstrip() for line in text.rstrip().splitlines()]
    return re.sub(r"\S*/tmp\w*/[\w./-]*", "(temporary)", "\n".join(lines))


if __name__ == "__main__":
    os.environ["PYTHONPATH"] = str(ROOT)
    asked = sys.argv[1:]
    for lesson in lessons():
        if not asked or lesson.stem in asked:
            print(lesson.stem, flush=True)
            render(lesson)
