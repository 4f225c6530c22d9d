"""Where a recording gives no prices a closed loop says what money is counted at; what a stock sheet gives is the user's."""

import pandas as pd
import pytest

import stockcue as sc
from tests.replay.exports import lay

ORDERS = "order_id,time,sku,qty,amount\n" + "".join(
    f"{k},2026-06-18 20:{k // 2:02d}:{30 * (k % 2):02d},{'B' if k % 3 == 1 else 'A'},1,9.90\n" for k in range(80)
)
PRICED = "sku,stock,price,margin\nA,40,9.9,0.2\nB,20,,\n"
SAID = "SKUs have no price of their own: their money is counted at 90 CNY a unit; write price and margin into the stock sheet"


@pytest.fixture
def night(tmp_path):
    folder = tmp_path / "night"
    folder.mkdir()
    lay(folder, "orders.csv", ORDERS)
    lay(folder, "stock.csv", PRICED)
    return folder


@pytest.mark.parametrize(("stock", "said"), [(PRICED, "1 of 2 "), ("sku,stock\nA,40\nB,20\n", "2 of 2 "),
                                             ("sku,stock,price\nA,40,9.9\nB,20,12\n", "")])  # fmt: skip
def test_a_closed_loop_says_of_how_many_items_no_price_is_known(night, tmp_path, stock, said):
    lay(night, "stock.csv", stock)
    sc.replay(str(night), ["fixed_count"], loop="closed", shows=1, figure="none", out=tmp_path / "out")
    report = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert (said + SAID in report) if said else (SAID not in report)


def test_prices_of_the_stock_sheet_are_the_users_in_every_table_of_assumptions(night, tmp_path):
    sc.replay(str(night), ["fixed_count"], loop="closed", shows=1, figure="none", out=tmp_path / "closed")
    sc.review(str(night), "fixed_count", shows=2, figure="none", out=tmp_path / "review")
    for verb in ("closed", "review"):
        table = pd.read_csv(tmp_path / verb / "assumptions.csv").set_index("setting")
        assert table.loc["scenario.skus[0].price", ["value", "given"]].tolist() == ["9.9", True]
        assert table.loc["scenario.skus[0].margin", "given"]
    assert "1 of 2 " + SAID in (tmp_path / "review" / "review.md").read_text("utf-8")
