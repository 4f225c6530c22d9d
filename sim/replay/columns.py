"""Columns of recordings: the names they go by, and what kind of file they make.

Names after the export formats listed in domain 5.2 (抖店, 淘宝, 聚水潭) and the streams the project is tested on.
"""

from __future__ import annotations

import difflib

from sim.replay.clock import StreamError

ALIASES = {
    "sub_id": ("sub_id", "sub_order_id", "子订单编号"),
    "order_id": ("order_id", "orderid", "order_no", "主订单编号", "订单编号", "线上订单号", "id"),
    "time": ("time", "event_time", "created_at", "create_time", "order_time", "timestamp", "ts", "订单提交时间", "订单创建时间",
             "下单时间"),
    "type": ("type", "event_type", "behavior", "事件类型"),
    "sku": ("sku", "sku_id", "product_id", "item_id", "item", "out_sku_id", "商品id", "商家编码", "商品编码", "规格编码", "货号",
            "商品规格", "选购商品", "宝贝标题"),
    "qty": ("qty", "quantity", "units", "商品数量", "宝贝总数量", "销售数量", "数量"),
    "amount": ("amount", "pay_amount", "订单应付金额", "买家应付货款", "买家实际支付金额", "总金额", "付款金额",
               "商品金额(单价)"),
    "status": ("status", "order_status", "订单状态"),
    "stock": ("available", "stock", "stock_num", "available_stock", "可售库存", "库存"),
    "enrolled": ("enrolled", "ordered", "sold", "now_sales", "已售"),
    "total": ("total", "capacity", "listed", "总库存"),
    "start_time": ("start_time", "planned_time", "start", "开始时间"),
    "name": ("name", "title", "名称"),
    "cue": ("kind", "cue", "cue_kind", "话术", "动作"),
    "tier": ("tier", "商品分层"),
    "price": ("price", "价格"),
    "margin": ("margin", "毛利率"),
    "safety_stock": ("safety_stock", "安全库存"),
}  # fmt: skip
"""Meaning to the names it goes by, the preferred first; written small, since case does not matter."""

KINDS = (
    ("events", ("time", "type", "sku")),
    ("orders", ("time", "order_id")),
    ("orders", ("time", "sub_id")),
    ("levels", ("time", "stock")),
    ("cues", ("start_time", "sku")),
    ("cues", ("start_time", "name")),
    ("stock", ("sku", "stock")),
)
"""What columns make which kind of file; the first that fits counts."""

STREAMS = ("events", "orders", "levels")
_NEEDS = "orders need order_id and time, events need time, type and sku, stock levels need time and available"


def find_columns(header: list[str]) -> dict[str, int]:
    """Meaning to position for every known column of ``header``.

    >>> find_columns(["id", "Time", "amount", "comment"])
    {'order_id': 0, 'time': 1, 'amount': 2}
    """
    small = [name.strip().lower() for name in header]
    found = {}
    for meaning, names in ALIASES.items():
        place = next((small.index(name) for name in names if name in small), None)
        if place is not None:
            found[meaning] = place
    return found


def kind_of(columns: dict[str, int]) -> str | None:
    """The kind of file these columns make, or None.

    >>> kind_of({"time": 0, "stock": 1}), kind_of({"time": 0})
    ('levels', None)
    """
    return next((kind for kind, needed in KINDS if all(c in columns for c in needed)), None)


def must_be(where: str, header: list[str], wanted: tuple[str, ...]) -> str:
    """The kind of a file that has to be one of ``wanted``; :class:`StreamError` names what is missing."""
    columns = find_columns(header)
    kind = kind_of(columns)
    if kind in wanted:
        return str(kind)
    if kind is not None:
        raise StreamError(f"{where} holds {kind}, but {' or '.join(wanted)} is needed here; give another file")
    shown = ", ".join(h[:30] for h in header[:8]) + (", ..." if len(header) > 8 else "")
    if not any(any(ch.isalpha() for ch in name) for name in header):
        raise StreamError(f"{where} starts with data ({shown}) where column names are needed; put a header line above it")
    need = _NEEDS if "orders" in wanted else _need_of(wanted[0])
    raise StreamError(f"{where} has the columns {shown}, which is not enough: {need}{_hint(header, columns)}")


def _need_of(kind: str) -> str:
    return "a cue sheet needs start_time and sku (or name)" if kind == "cues" else "a stock sheet needs sku and stock"


def _hint(header: list[str], known: dict[str, int]) -> str:
    """Did-you-mean over the columns that were not understood."""
    names = [n for m in ("time", "order_id", "stock", "type", "sku", "start_time") if m not in known for n in ALIASES[m]]
    for k, word in enumerate(header):
        near = difflib.get_close_matches(word.strip().lower(), names, n=1, cutoff=0.6)
        if near and k not in known.values():
            return f"; did you mean {near[0]!r} by {word!r}?"
    return "; rename the columns or add the missing ones"
