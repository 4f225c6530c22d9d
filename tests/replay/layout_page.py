"""The table of layouts that are read unaided, for the docs; ``python -m tests.replay.layout_page`` writes it."""

import tempfile
from pathlib import Path

from sim.replay.ingest.run import ingest
from tests.replay.layouts import LAYOUTS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "layouts.md"
TITLES = {
    "doudian_orders": "抖店",
    "taobao_items": "淘宝, list and detail joined",
    "jushuitan_orders": "聚水潭",
    "pinduoduo_orders": "拼多多",
    "kuaishou_orders": "快手小店",
    "wechat_shop_orders": "视频号小店",
    "youzan_items": "有赞, list and items joined",
    "wangdiantong_orders": "旺店通",
    "jd_orders": "京东",
    "tiktok_shop_orders": "TikTok Shop",
    "shopify_orders": "Shopify, CSV",
    "shopify_api": "Shopify, API JSON",
    "woocommerce_api": "WooCommerce, API JSON",
    "woocommerce_orders": "WooCommerce, CSV",
    "amazon_orders": "Amazon",
    "shopee_orders": "Shopee",
    "lazada_orders": "Lazada",
}
HEAD = """# Layouts read unaided

An invented export of each platform (`tests/replay/layouts.py`) is given to `stockcue ingest` without a word about it: two
orders of two items, 5 units of A and 1 of B. The table is what was made of it; a test reads all of them again. How sure a
layout is: high, from real files or official documents; medium, from several public sources that agree; low, from one, or in
parts supposed.
`stockcue list mappings` shows them too, and a mapping of your own is a YAML file (`mapping=FILE.yaml`).

| platform | told as | rows | units of A, B | how sure | known from |
| --- | --- | --- | --- | --- | --- |
"""


def row(name, made):
    """One layout's line. made: what was read."""
    files = [f for f in made.head.files if f["used"] or f["set_aside"]]
    account = next(f for f in made.head.files if f["mapping"] == name)
    frame = made.frame()
    frame = frame[frame["kind"] == "order"]
    units = frame.groupby(frame["sku"].astype(str))["qty"].sum().to_dict()
    told = " + ".join(f["mapping"] for f in files)
    read = ", ".join(f"{f['rows']}" for f in files)
    return f"| {TITLES[name]} | {told} | {read} | {units['A']}, {units['B']} | {account['sure']} | {account['source']} |"


def laid(folder, name):
    """A layout's files, in a folder."""
    folder = Path(folder)
    for file, text in LAYOUTS[name].items():
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def main():
    """Write the page."""
    lines = []
    for name in LAYOUTS:
        with tempfile.TemporaryDirectory() as folder:
            ingested = ingest(laid(folder, name))
            lines.append(row(name, ingested))
            ingested.close()
    PAGE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
