"""Sphinx: `make docs`. Pages are Markdown (MyST), the reference comes from docstrings; nothing is fetched to build or read it."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sim import __version__  # noqa: E402

project, release, language = "StockCue", __version__, "en"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
viewcode_follow_imported_members = (
    False  # the way back from the source of what the face imports would lead to a place that is not there
)
exclude_patterns = ["_build", "review/README.md"]
html_theme, html_title = "furo", f"StockCue {release}"
myst_heading_anchors = 3
suppress_warnings = ["ref.python"]  # a type named `path` is no reference to a field of that name
autodoc_member_order, autodoc_typehints = "bysource", "description"
autodoc_default_options = {"members": True}

HERE = Path(__file__).parent / "reference"


def modules(folder: str, options: str = "", defines: str = "") -> str:
    """Directives for every module of a folder that ``defines`` something, so that adding a file is all there is to do."""
    files = [p for p in (ROOT / folder).glob("*.py") if p.stem != "__init__" and defines in p.read_text("utf-8")]
    names = sorted(p.stem for p in files)
    return "\n".join(f".. automodule:: {folder.replace('/', '.')}.{name}\n{options}" for name in names)


def page(title: str, *parts: str) -> str:
    """A Markdown page of reStructuredText parts."""
    return f"# {title}\n\n" + "\n\n".join(f"```{{eval-rst}}\n{part}\n```" for part in parts) + "\n"


def verbs() -> str:
    """The help of every verb as one page."""
    folder = ROOT / "sim/cli/help"
    names = sorted(p.stem for p in folder.glob("*.txt") if p.stem != "general")
    told = [("stockcue", "general"), *((f"stockcue {name}", name) for name in names)]
    return "# Verbs\n" + "".join(
        f"\n## {title}\n\n```text\n{(folder / f'{name}.txt').read_text('utf-8').rstrip()}\n```\n" for title, name in told
    )


MADE = {
    "verbs.md": verbs(),
    "strategies.md": page(
        "Strategies", ".. automodule:: strategies.contract", modules("strategies", defines="\nSTRATEGY = "),
        ".. automodule:: strategies.gate",
    ),
    "scenarios.md": page(
        "Scenarios", ".. automodule:: scenarios.contract", ".. automodule:: scenarios.spread",
        ".. automodule:: scenarios.bundles", ".. automodule:: scenarios.staffing",
        modules("scenarios/presets", "   :no-members:\n"),
    ),
    "python.md": page("From Python", *([".. automodule:: stockcue"] if (ROOT / "stockcue.py").exists() else [])),
    "statistics.md": page("Statistics", modules("sim/stats")),
}  # fmt: skip
for name, text in MADE.items():
    (HERE / name).write_text(text, encoding="utf-8")
