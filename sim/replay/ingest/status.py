"""What the status of an order means, in the words of the platforms: it goes on, it was closed, its money went back."""

from __future__ import annotations

import re
import unicodedata

GOES_ON, CLOSED, REFUNDED, UNKNOWN = "goes on", "closed", "refunded", ""

_STILL = re.compile("|".join((
    r"退款(?:关闭|取消|失败|驳回|撤销)", r"售后(?:关闭|取消|撤销|驳回)",
    r"(?:取消|撤销|拒绝|驳回|关闭)(?:了)?(?:退款|退货|售后)",
    r"(?:取消|关闭|撤销)(?:申请)?(?:失败|被拒|驳回|未通过|不成功)", r"cancel(?:lation)? (?:failed|denied|refused|withdrawn)",
    r"未(?:取消|关闭|退款)", r"申请(?:取消|退款|退货)", r"(?:取消|退款|退货|售后)(?:申请)?(?:中|待|处理)",
    r"待(?:取消|退款|退货)", r"部分(?:退款|取消|退货)", r"无(?:退款|售后)", r"没有?退款",
    r"part(?:ial|ly)? ?refund|partial", r"cancel(?:lation)? (?:requested|pending|rejected)",
    r"refund (?:requested|pending|rejected|closed|cancell?ed|failed)",
    r"(?:pending|request(?:ed)?|awaiting) (?:cancel|refund|return)",
    r"in cancel", r"not (?:cancell?ed|refunded)", r"no refund",
)))  # fmt: skip
_BACK = re.compile("|".join((
    r"已退款", r"退款(?:成功|完成)", r"全额退款", r"全部退款", r"退货(?:成功|完成|退款完成)", r"已退货", r"已全额退",
    r"^退货退款$",
    r"^refunds?$", r"^returns?$", r"refunded", r"returned", r"shipped back", r"charge ?back", r"reembols", r"返金", r"환불",
)))  # fmt: skip
_SHUT = re.compile("|".join((
    r"关闭|關閉|取消|作废|作廢|撤单|撤销|已失效|超时未(?:支付|付款)|交易失败|交易失敗|流拍|不成立|拒收|拒签",
    r"cancel|closed|void|expired",
    r"abandoned|declined|(?:payment |^)failed", r"dibatalkan|^batal", r"đã h[uủ]y|h[uủ]y", r"ยกเลิก|キャンセル|취소",
)))  # fmt: skip
_LIVE = re.compile("|".join((
    r"待|备货|未发货|已?发货|出库|配货|已?付款|已?支付|已?完成|成功|签收|收货|评价",
    r"进行中|处理中|审核|拣货|打包|揽收|运输|派送|锁定",
    r"paid|ship|deliver|complete|fulfil|process|pending|hold|open|pick|pack|confirm|success|active|authori[sz]ed|placed|new",
)))  # fmt: skip


def meaning(text: str) -> str:
    """What a status word says.

    >>> [meaning(w) for w in ("系统自动取消", "已发货，退款成功", "退款关闭", "Part refunded", "wc-cancelled", "?")]
    ['closed', 'refunded', 'goes on', 'goes on', 'closed', '']
    """
    word = unicodedata.normalize("NFKC", text).strip().lower().replace("_", " ")
    if not word:
        return UNKNOWN
    if _STILL.search(word):
        return GOES_ON
    if _BACK.search(word):
        return REFUNDED
    if _SHUT.search(word):
        return CLOSED
    return GOES_ON if _LIVE.search(word) else UNKNOWN
