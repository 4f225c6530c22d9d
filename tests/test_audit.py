"""The dependency audit: by a folder of advisories, and where nobody answers."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests import audit

SPAN = {"type": "ECOSYSTEM", "events": [{"introduced": "2.0"}, {"fixed": "2.3"}, {"introduced": "3.0"}]}
PACKAGE = {"name": "Some_Thing", "ecosystem": "PyPI"}
WEAK = {"id": "X-1", "aliases": ["CVE-1"], "affected": [{"package": PACKAGE, "versions": ["1.0"], "ranges": [SPAN]}]}
VERSIONS = [("1.0", True), ("1.1", False), ("2.0", True), ("2.2.9", True), ("2.3", False), ("3.1", True)]


@pytest.mark.parametrize(("version", "weak"), VERSIONS)
def test_a_folder_of_advisories_says_what_is_weak(version, weak, tmp_path, monkeypatch, capsys):
    (tmp_path / "x.json").write_text(json.dumps(WEAK))
    (tmp_path / "y.yaml").write_text(json.dumps(WEAK | {"id": "X-2", "withdrawn": "2024-01-01"}))
    monkeypatch.setattr(audit, "installed", lambda: {"some-thing": version, "other": "1.0"})
    assert audit.main([str(tmp_path)]) == weak
    assert ("X-1 CVE-1" in capsys.readouterr().out) == weak


@pytest.mark.parametrize("answer", ["", "Traceback", '{"dependencies": [{"name": "a", "skip_reason": "not found on PyPI"}]}'])
def test_where_nobody_answers_it_says_so_and_is_no_clean_bill(answer, monkeypatch, capsys):
    monkeypatch.setattr(subprocess, "run", lambda words, **_: subprocess.CompletedProcess(words, 0, answer, "Traceback"))
    assert audit.main([]) == 2
    out = capsys.readouterr().out
    assert "no advisories could be had" in out
    assert out.count("\n") == 1


def test_a_folder_without_advisories_is_refused(tmp_path, capsys):
    assert audit.main([str(tmp_path)]) == audit.main([str(tmp_path / "none")]) == 2
    assert capsys.readouterr().out.count("\n") == 2
