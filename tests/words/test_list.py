"""``stockcue list`` speaks the reader's language: every option has its line in Chinese."""

import re

import pytest

from sim.app.listing import KINDS
from sim.cli.main import main


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_has_its_line_in_chinese(kind, capsys):
    assert main(["list", kind, "lang=zh"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert lines
    assert [line for line in lines if not re.search("[\u4e00-\u9fff]", line)] == []
