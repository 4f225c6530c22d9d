"""The documentation builds without a warning, and nothing in it needs a network to be read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[1]


def dead_links(pages):
    """Links between pages that lead nowhere."""
    texts = {page.resolve(): page.read_text("utf-8") for page in pages}
    places = {page: set(re.findall(r'id="([^"]+)"', text)) for page, text in texts.items()}
    dead = []
    for page, text in texts.items():
        for link in re.findall(r'<a [^>]*href="([^"]+)"', text):
            if urlsplit(link).scheme:
                continue
            path, place = unquote(urlsplit(link).path), unquote(urlsplit(link).fragment)
            to = (page.parent / path).resolve() if path else page
            if not to.exists() or (place and to in places and place not in places[to]):
                dead.append((page.name, link))
    return dead


def test_the_documentation_builds_and_stands_alone(tmp_path):
    pytest.importorskip("furo", reason="the documentation needs Sphinx, MyST and furo")
    words = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", str(tmp_path / "trees"), "docs"]
    done = subprocess.run([*words, str(tmp_path / "html")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "html").rglob("*.html"))
    assert len(pages) > 15
    assert not dead_links(pages)
    fetched = re.compile(r"""<(?:script|img|link)[^>]*(?:src|href)=["'](https?:)?//""")
    assert not [p.name for p in pages if fetched.search(p.read_text("utf-8"))]
