"""The sentence that a closed-loop replay begins with."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.replay.impute import BOUNDS
from sim.report.text.closed import headline


@pytest.mark.parametrize(
    ("saved", "sentence"),
    [
        ((0.0, 5.0), "smart earns most under every bound"),
        ((0.0, 0.0), "every strategy earns the same under every bound: what they did changed nothing"),
    ],
)
def test_who_earns_most_where_anybody_does(saved, sentence):
    verdict = pd.DataFrame({"strategy": ["silent", "smart"], **{f"saved_{bound}": saved for bound in BOUNDS}})
    assert headline(verdict) == sentence
