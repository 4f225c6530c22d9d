"""Earlier nights of the invented show, for whoever needs more than one: ``python -m sim.replay.invented_nights FOLDER [NIGHTS]``.

The same shop, catalogue and run of show as the export that ships (``invent.py``), other shoppers: one folder a night, written the
same way, with the same kinds of mess. Nothing in them is real.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sim.engine.simulate import simulate
from sim.replay import invent
from sim.replay.silent import silent_policy

NIGHTS = 3


def files(night: int) -> dict[str, str]:
    """Name to text of the files of one earlier night, 1 to NIGHTS."""
    lived = simulate(invent.show(), silent_policy(), invent.SEED, night)
    texts = dict(invent.files())
    texts["invented_show.csv"] = "\ufeff" + "\n".join([invent.HEADER, *invent.spoil(invent.export(lived))]) + "\n"
    return texts


def write(folder: Path, nights: int = NIGHTS) -> list[Path]:
    """Write every night into a folder of its own below ``folder``."""
    paths = []
    for night in range(1, nights + 1):
        place = folder / f"night-{night}"
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files(night).items():
            part = place / f".{name}.part"
            part.write_bytes(text.encode("utf-8"))
            os.replace(part, place / name)
        paths.append(place)
    return paths


if __name__ == "__main__":
    for one in write(Path(sys.argv[1] if len(sys.argv) > 1 else "nights"), int(sys.argv[2]) if len(sys.argv) > 2 else NIGHTS):
        print(one)
