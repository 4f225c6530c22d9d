"""An invented evening of a shop as a 抖店 export saved as a workbook, with stock and run of show on sheets of their own."""

import random
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter

BEGINS = datetime(2026, 6, 18, 20, 0, 0)
HEADER = [
    *("主订单编号", "子订单编号", "选购商品", "商品规格", "商品数量", "商品ID", "商家编码", "商品单价", "订单应付金额", "运费"),
    *("优惠总金额", "订单提交时间", "支付完成时间", "订单完成时间", "订单状态", "售后状态", "达人ID", "达人昵称", "流量体裁"),
]
SHELF = {"玻尿酸面膜": ("面膜", 260, 59.9), "烟酰胺精华": ("精华", 150, 129.0), "氨基酸洁面": ("洁面", 90, 45.0)}
PITCHES = ((60, "玻尿酸面膜", "讲解"), (600, "烟酰胺精华", "讲解"), (1080, "氨基酸洁面", "讲解"), (1500, "玻尿酸面膜", "秒杀"))
SPAN_S = 2100


def orders(seed: int = 618, share: float = 1.0):
    """Rows of the export: a steady trickle, a burst after each pitch; some never paid and closed, some refunded."""
    rng, rows, number = random.Random(seed), [], 6_920_000_000_000_000_000
    codes = list(SHELF)
    moments = [(rng.uniform(0, SPAN_S), rng.choice(codes)) for _ in range(int(160 * share))]
    for at, code, kind in PITCHES:
        moments += [(at + rng.expovariate(1 / 70), code) for _ in range(int((120 if kind == "秒杀" else 60) * share))]
    for k, (t, code) in enumerate(sorted(m for m in moments if m[0] < SPAN_S)):
        title, _stock, price = SHELF[code]
        when, qty, luck = BEGINS + timedelta(seconds=int(t)), 1 + (rng.random() < 0.15), rng.random()
        paid = f"{when + timedelta(seconds=rng.randint(5, 90)):%Y-%m-%d %H:%M:%S}" if luck > 0.12 else "-"
        status, after = ("已关闭", "-") if paid == "-" else ("已发货", "退款成功" if luck > 0.97 else "-")
        one = str(number + k * 7)
        money = [f"{price}", f"{price * qty:.2f}", "0", "0"]
        rows.append([one, one, title, "默认", str(qty), str(30_000 + codes.index(code)), code, *money,
                     f"{when:%Y-%m-%d %H:%M:%S}", paid, "-", status, after, "d1", "小王", "直播"])  # fmt: skip
    return rows


def write(path: Path, seed: int = 618, share: float = 1.0) -> Path:
    """The workbook: a title above the header, order numbers as text, three sheets, and one that is no table of ours."""
    sheets = {
        "订单明细": [["抖店 订单导出 2026-06-18"], HEADER, *orders(seed, share)],
        "库存": [["商家编码", "库存"], *([code, stock] for code, (_t, stock, _p) in SHELF.items())],
        "排品表": [["开始时间", "商家编码", "动作"],
                *([f"{BEGINS + timedelta(seconds=t):%H:%M:%S}", code, kind] for t, code, kind in PITCHES)],
        "说明": [["导出字段说明", "仅供参考"], ["订单应付金额", "含运费"]],
    }  # fmt: skip
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    sheet.write(r, c, cell)
    return path
