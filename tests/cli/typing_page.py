"""The table of what people type, for the docs: ``python -m tests.cli.typing_page`` writes it, a test holds it true."""

import io
import os
import re
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

from sim.cli.main import main as stockcue

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "typing.md"
HEAD = """# What is typed, and what is said

A word that cannot be meant ends with exit code 2, before anything is played or written, and with one sentence: what, where,
what to do. The table is what the command says; a test types every line again. (`own.py`, `show.yaml` and `tuned/` lie in
the folder; long lists of known names are cut.)

| typed after `stockcue` | said |
| --- | --- |
"""


def row(command, sentence):
    """One line of the table."""
    text = sentence.removeprefix("stockcue: ").strip().replace("|", "\\|")
    text = re.sub(r"(known: (?:[^,]+, ){3}).{30,}", r"\1...", text)
    return f"| `{command}` | {text} |"


def main():
    """Write the page."""
    from tests.cli.test_typing import TYPED, lay

    lines = []
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        lay(Path(folder))
        for command, _says in TYPED:
            stream_ = io.StringIO()
            with redirect_stdout(io.StringIO()), redirect_stderr(stream_):
                stockcue(command.split())
            lines.append(row(command, stream_.getvalue()))
    PAGE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.environ.pop("COLUMNS", None)
    main()
