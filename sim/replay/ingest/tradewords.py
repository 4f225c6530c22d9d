"""Words of the trade: what hosts call a cue, shops a tier, and screens an empty shelf."""

from __future__ import annotations

from scenarios.contract import CUE_KINDS, TIERS

CUES = {
    "讲解": "pitch", "介绍": "pitch", "讲解商品": "pitch", "过款": "pitch", "上链接": "link_drop", "上架": "link_drop",
    "上车": "link_drop", "开价": "link_drop", "福利": "deal", "福利品": "deal", "福袋": "deal", "秒杀": "deal",
    "福利款": "deal", "秒杀款": "deal", "秒杀品": "deal", "主推": "pitch", "主推款": "pitch", "讲品": "pitch", "过品": "pitch",
    "限时秒杀": "deal", "抢购": "deal", "倒计时": "countdown", "倒数": "countdown", "逼单": "countdown", "返场": "restock_call",
    "补货返场": "restock_call",
} | {kind: kind for kind in CUE_KINDS}  # fmt: skip
"""Words for a kind of cue."""
TIER_WORDS = {
    "引流款": "traffic", "引流": "traffic", "福利款": "traffic", "福利": "traffic", "秒杀款": "traffic", "利润款": "profit",
    "利润": "profit", "爆款": "profit", "主推款": "profit", "主推": "profit", "正价款": "profit", "长尾款": "longtail",
    "长尾": "longtail", "常规款": "longtail", "搭配款": "longtail", "long tail": "longtail", "long-tail": "longtail",
} | {tier: tier for tier in TIERS}  # fmt: skip
"""Words for a tier."""
GONE = frozenset([
    "售罄", "已售罄", "售空", "已售空", "售完", "已售完", "卖完", "卖完了", "已卖完", "抢光", "已抢光", "抢完", "已抢完",
    "无货", "暂无货", "缺货", "断货", "无库存", "没货", "无", "賣完", "完売", "在庫なし", "soldout", "outofstock", "oos", "none",
    "nostock", "unavailable",
])  # fmt: skip
"""Words for a stock of 0, small and without blanks."""
OFF_SALE = frozenset([
    "冻结", "已冻结", "下架", "已下架", "未上架", "停售", "已停售", "暂停", "暂停售卖", "暂停销售", "禁售", "仓库中", "否",
    "frozen", "freeze", "offsale", "notonsale", "delisted", "unlisted", "paused", "stopped", "inactive", "disabled", "suspended",
    "off", "no", "false", "0",
])  # fmt: skip
ON_SALE = GONE | frozenset([
    "在售", "上架", "已上架", "上架中", "销售中", "售卖中", "出售中", "正常", "是", "onsale", "listed", "active", "enabled",
    "selling", "live", "on", "yes", "true", "1",
])  # fmt: skip
"""Words for an item that takes no orders whatever its stock, and for one that does; small, without blanks and strokes."""
