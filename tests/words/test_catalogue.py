"""The Chinese catalogue has every sentence, with the same places to fill; the language is decided by lang= alone."""

from __future__ import annotations

import re
import string

import pytest

from sim.cli.helptext import FOLDER
from sim.cli.main import main
from sim.report.text.sentences import again
from sim.words import LANGUAGES, _, catalogue, language, ngettext, read_po, speaking
from tests.words.catalogue import sentences

OTHERS = [lang for lang in LANGUAGES if lang != "en"]


def places(text: str) -> list[tuple[str, str, str]]:
    try:
        parts = [part for part in string.Formatter().parse(text) if part[1] is not None]
        return sorted((str(name).split("[")[0], spec or "", how or "") for _text, name, spec, how in parts)
    except ValueError:  # braces that are nobody's place
        return []


@pytest.mark.parametrize("lang", OTHERS)
def test_every_sentence_is_in_both_languages(lang):
    known = catalogue(lang)
    missing = {text: where for text, (_one, where) in sentences().items() if text not in known}
    assert missing == {}, "python -m tests.words.catalogue zh adds them; then translate"


@pytest.mark.parametrize("lang", OTHERS)
def test_placeholders_columns_and_headings_agree(lang):
    told = catalogue(lang)
    known = {text: told[text] for text in sentences() if text in told}
    assert [text for text, other in known.items() if places(text) != places(other)] == []
    assert [text for text, other in known.items() if text.count(" | ") != other.count(" | ")] == []
    assert [text for text, other in known.items() if text.startswith("#") != other.startswith("#")] == []


def test_terms_are_the_glossarys():
    zh = catalogue("zh")
    terms = {"oversold": "超卖", "missed": "少卖", "freeze": "冻结", "all clear": "解除", "net": "净收益"}
    for english, chinese in terms.items():
        assert chinese in zh[english]


def test_a_language_is_spoken_only_where_it_is_asked_for(monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.setenv("LANGUAGE", "zh")
    assert _("net") == "net"
    with speaking("zh"):
        assert (_("net"), ngettext("{n} show, seed {seed}.", "{n} shows, seed {seed}.", 1)) == ("净收益", "{n} 场，种子 {seed}。")
        assert _("a sentence nobody translated") == "a sentence nobody translated"
    assert language() == "en"


def test_the_console_speaks_chinese(capsys):
    assert main(["nonsense", "lang=zh"]) == 2
    assert "没有叫 'nonsense' 的命令" in capsys.readouterr().err
    assert main(["nonsense"]) == 2
    assert "there is no verb" in capsys.readouterr().err


def test_a_sentence_of_a_folder_is_told_again():
    english = "It cannot be told apart, with 95 % confidence and to 90 CNY a show, from a, b; about 20 more shows would decide."
    with speaking("zh"):
        assert again(english) == "以 95 % 把握、精确到每场 90 元，它与 a, b 无法区分；再演约 20 场可定。"
        assert again("nobody's sentence") == "nobody's sentence"
    assert again(english) == english


def test_a_catalogue_is_read_as_it_is_written():
    many = 'msgid "one {n}"\nmsgid_plural "many {n}"\nmsgstr[0] "{n} 个"\n'
    text = f'#, fuzzy\nmsgid "a"\nmsgstr "甲"\n\n{many}\nmsgid "b"\nmsgstr ""\n'
    assert read_po(text) == {"one {n}": "{n} 个", "many {n}": "{n} 个"}


@pytest.mark.parametrize("topic", [*sorted(path.stem for path in (FOLDER / "zh").glob("*.txt"))])
def test_help_in_chinese_names_every_setting_of_the_english_one(topic):
    english, chinese = ((FOLDER / place / f"{topic}.txt").read_text("utf-8") for place in ("", "zh"))
    words = re.compile(r"\b(?:[a-z_]+(?:\.[a-z0-9_]+)*=|stockcue [a-z]+)")
    assert set(words.findall(english)) - {"lang="} <= set(words.findall(chinese))


def test_help_is_spoken_too(capsys):
    assert main(["rehearse", "--help", "lang=zh"]) == 0
    assert "演什么" in capsys.readouterr().out
    assert main(["check", "--help", "lang=zh"]) == 0
    assert "stockcue check" in capsys.readouterr().out
