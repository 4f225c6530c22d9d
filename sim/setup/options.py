"""Options that are files: those of ``conf/`` and of a team's own folders, found by path, whatever else is called conf."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

CONF = Path(__file__).resolve().parents[2] / "conf"
"""The shipped options; each group is a folder, each option a YAML file that says what differs from the declared defaults."""
ENDINGS = (".yaml", ".yml")


def options(group: str, folders: Sequence[str | Path] = ()) -> dict[str, Path]:
    """Options of a group, name to file; of two with one name that in the folder named first
    (the command refuses one that is called as a shipped one: Hydra would take that)."""
    files: dict[str, Path] = {}
    for folder in (*folders, CONF):
        place = Path(folder) / group
        for file in sorted(p for p in place.rglob("*") if p.suffix in ENDINGS and p.is_file()):
            files.setdefault(file.relative_to(place).with_suffix("").as_posix(), file)
    return dict(sorted(files.items()))


def first_line(file: Path) -> str:
    """What an option says of itself: the comment it begins with."""
    line = next(iter(file.read_text(encoding="utf-8").splitlines()), "")
    return line.lstrip("# ") if line.startswith("#") and "@package" not in line else ""
