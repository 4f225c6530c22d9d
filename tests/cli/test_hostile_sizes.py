"""Settings files of hostile size or kind: one sentence, before anything is built of them."""

import os

import pytest

import stockcue as sc
from sim.cli import main as cli
from tests.cli.conftest import SHOW

FILES = {
    "aliases": (
        "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        "an alias",
    ),
    "deep": ("name: " + "[" * 5_000, "nest"),
    "wide": ("".join(f"k{k}: 1\n" for k in range(50_000)), "holds more than 50,000 names and values"),
    "long": ("# x\n" * 600_000, "more than 2,000,000 characters"),
    "code": ("name: !!python/object/apply:os.system ['true']\n", "is not YAML"),
    "twice": (SHOW + "name: again\n", "the name 'name' stands there twice"),
    "keys": ("? [1, 2]\n: 3\n", "is not YAML"),
    "bytes": (b"\xff\xfe\xff", "is not YAML"),
    "pipe": (None, "is a folder or a device"),
}
"""Content of a file (None: a pipe), and what is said of it."""


@pytest.mark.parametrize("name", FILES)
def test_a_settings_file_beyond_the_bounds_is_one_sentence(name, tmp_path, monkeypatch, capsys):
    content, says = FILES[name]
    monkeypatch.chdir(tmp_path)
    if content is None:
        os.mkfifo("a.yaml")
    else:
        (tmp_path / "a.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    for words in (["rehearse", "scenario=a.yaml", "--cfg"], ["card", "experiment=a.yaml"], ["test", "a.yaml"]):
        assert cli.main(words) == 2
        err = capsys.readouterr().err
        assert says in err
        assert err.count("\n") == 1
        assert len(err) < 400
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        sc.scenario("a.yaml")


def test_a_show_of_many_items_is_within_them(tmp_path):
    skus = "".join(f"  item{k}: {{stock: 25, tier: traffic, safety_stock: 3, price: 9, margin: 0.2}}\n" for k in range(2_000))
    (tmp_path / "many.yaml").write_text(SHOW.split("skus:")[0].replace("400}", "4e2}") + "skus:\n" + skus)
    show_ = sc.scenario(tmp_path / "many.yaml")
    assert (len(show_.skus), show_.audience.arrivals_per_min) == (2_000, 400.0)
