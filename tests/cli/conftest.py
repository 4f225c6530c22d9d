"""A show of two minutes, and engines that need no compiling: the command line is what is tested here."""

import pytest

import sim.study.rehearse as rehearsing
from sim.engine.simulate import plain_engine as plain_parts
from sim.engine.simulate import play

SHOW = """\
name: tiny
lesson: two minutes, two items
duration_s: 120
audience: {arrivals_per_min: 400}
shoppers: {buy_rate: 0.05}
skus:
  mask: {stock: 25, tier: traffic, safety_stock: 3}
  面膜: {stock: 15}
cues:
  c01: {at_s: 10, sku: mask, kind: link_drop}
  c02: {at_s: 40, sku: 面膜}
ledger: {mode: deduct_on_payment, hold_s: 30, sweep_s: 5}
"""


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Path of the tiny show's file, from an empty working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(SHOW, encoding="utf-8")
    return "tiny.yaml"


@pytest.fixture
def plain_engine(monkeypatch):
    """Plain Python in this process and in workers; results are the same bit for bit."""
    monkeypatch.setenv("STOCKCUE_NO_COMPILE", "1")
    monkeypatch.setattr(rehearsing, "play", lambda stage, policy: play(stage, policy, engine=plain_parts(policy)))
    monkeypatch.setattr(rehearsing, "warm", lambda policies, kernels: None)
