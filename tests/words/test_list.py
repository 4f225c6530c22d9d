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


def test_one_thing_is_told_in_chinese_too(capsys):
    """Settings with meaning, unit and source; items and cues of a show."""
    for name, told in (("burn_rate", ("含义", "慢窗口", "分钟")), ("first_show", ("安全库存", "峰值 [倍]", "话术"))):
        assert main(["list", name, "lang=zh"]) == 0
        said = capsys.readouterr().out
        assert [word for word in told if word not in said] == []
        assert "safety" not in said
        assert "meaning" not in said
