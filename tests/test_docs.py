"""The documentation builds without a warning, and nothing in it needs a network to be read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_the_documentation_builds_and_stands_alone(tmp_path):
    pytest.importorskip("furo", reason="the documentation needs Sphinx, MyST and furo")
    words = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", str(tmp_path / "trees"), "docs"]
    done = subprocess.run([*words, str(tmp_path / "html")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "html").rglob("*.html"))
    assert len(pages) > 15
    fetched = re.compile(r"""<(?:script|img|link)[^>]*(?:src|href)=["'](https?:)?//""")
    assert not [p.name for p in pages if fetched.search(p.read_text("utf-8"))]
