"""What a text file is written in. One bad byte does not make another encoding of it; a guess that is not clear is refused."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sim.replay.clock import StreamError
from sim.replay.ingest.names import key
from sim.words import N_, _

SAMPLE = 300_000
"""Bytes, of lines that are not plain ASCII, by which an encoding is told."""
FEW = 3
"""Characters read well to each one damaged, at least, for a file to be damaged and not of another encoding."""
CLEAR, MARGIN, SURE = 0.6, 0.15, 0.95
"""Least share of usual characters; by how much it has to beat the next encoding's; and the share from which GBK need not."""
DAMAGE = "\ufffd"
UTF8 = "utf-8-sig"
_BEYOND = re.compile(r"[^\x00-\x7f]+")


@dataclass(frozen=True)
class Encoding:
    """``name`` as Python calls it, ``shown`` as people do, ``damaged``: characters that could not be read."""

    name: str = UTF8
    shown: str = "UTF-8"
    damaged: int = 0

    def decoder(self) -> codecs.IncrementalDecoder:
        """A decoder that puts U+FFFD for what is damaged."""
        return codecs.getincrementaldecoder(self.name)("replace" if self.damaged else "strict")

    def notes(self, where: str) -> list[str]:
        """What a reader must know."""
        told = [] if self.name == UTF8 else [_("{where} is not UTF-8; read as {shown}").format(where=where, shown=self.shown)]
        if self.damaged:
            plural = "character" if self.damaged == 1 else "characters"
            told.append(
                _("{where} has {damaged:,} damaged {plural}; rows that need them are rejected").format(
                    where=where, damaged=self.damaged, plural=plural
                )
            )
        return told


_MARKED = (
    (codecs.BOM_UTF32_LE, Encoding("utf-32", "UTF-32")), (codecs.BOM_UTF32_BE, Encoding("utf-32", "UTF-32")),
    (codecs.BOM_UTF16_LE, Encoding("utf-16", "UTF-16")), (codecs.BOM_UTF16_BE, Encoding("utf-16", "UTF-16")),
)  # fmt: skip
"""Encodings of two or four bytes a character by the mark a file begins with; a spreadsheet calls them Unicode text."""
_UNMARKED = tuple(Encoding(f"{name}-{end}", name.upper()) for name in ("utf-32", "utf-16") for end in ("le", "be"))


def wide(head: bytes) -> Encoding | None:
    r"""UTF-16 or UTF-32, by its mark, or without one by which reading makes plain lines of its first bytes; None: neither.

    >>> wide("\ufeffa,b".encode("utf-16-be")).name, wide("编号\t量\r\n1\t2".encode("utf-16-le")).name, wide(b"a,b"), wide(b"\0\1")
    ('utf-16', 'utf-16-le', None, None)
    """
    for mark, encoding in _MARKED:
        if head.startswith(mark):
            return encoding
    return next((e for e in _UNMARKED if _lines_of(head, e)), None) if b"\0" in head else None


PLAIN = 0.3
"""Share of plain characters, digits and what parts cells, that a table has at least."""


def _lines_of(head: bytes, encoding: Encoding) -> bool:
    """Whether bytes are lines of text in an encoding: every character can be shown, and some of them part cells or lines."""
    try:
        text = encoding.decoder().decode(head)
    except UnicodeDecodeError:
        return False
    plain = sum(char.isascii() for char in text)
    return plain >= PLAIN * len(text) > 0 and text.translate(_PARTING).isprintable() and any(sign in text for sign in ",;\t|\n{")


_PARTING = dict.fromkeys(map(ord, "\t\r\n\ufeff"))


def recognised(where: str, blocks: Callable[[], Iterable[bytes]], names: Callable[[], frozenset[str]]) -> Encoding:
    """The encoding of a file that is not clean UTF-8. ``names``: keys of the columns that are known.

    :class:`StreamError` where no encoding is clear.
    """
    damaged, read = _faults(UTF8, blocks())
    if read >= FEW * damaged:
        return Encoding(damaged=damaged)
    best = _best(where, _sample(blocks()), names())
    damaged, read = _faults(best, blocks())
    if read < FEW * damaged:
        raise StreamError(
            _("{where} is neither UTF-8 nor whole {known} text; save it as UTF-8").format(where=where, known=KNOWN[best][0])
        )
    return Encoding(best, KNOWN[best][0], damaged)


def _best(where: str, sample: bytes, names: frozenset[str]) -> str:
    """The encoding that makes the most usual characters of a sample; a known column name in its first line speaks loudest."""
    shares = {}
    for name, (_words, usual) in KNOWN.items():
        text = sample.decode(name, "replace")
        cells = re.split(r"[,;\t|]", text.partition("\n")[0])
        shares[name] = _share(text, usual) + (any(key(c.strip('"')) in names and not c.isascii() for c in cells))
    if all(shares[name] >= CLEAR for name in COMMON) and (told := _by_words(sample)):
        shares[told] += 2 * MARGIN + max(shares.values()) - shares[told]
    ranked = sorted(shares, key=lambda name: -shares[name])
    best, lead = ranked[0], shares[ranked[0]] - shares[ranked[1]]
    sure = best == "gb18030" and shares[best] >= SURE and ranked[1] == "cp950" and shares[ranked[2]] <= shares[best] - MARGIN
    if shares[best] >= CLEAR and (lead >= MARGIN or sure):
        return best
    near = " or ".join(KNOWN[n][0] for n in ranked if shares[n] >= CLEAR)
    guess = _(" (it may be {near})").format(near=near) if near else ""
    raise StreamError(
        _("{where} is neither UTF-8 nor clearly GBK, Big5, Shift-JIS or Western text{guess}; save it as UTF-8").format(
            where=where, guess=guess
        )
    )


def _by_words(sample: bytes) -> str:
    """Chinese or Korean, whose code tables overlap, by the characters that everybody writes; "" where that is not clear."""
    shares = {}
    for name, common in COMMON.items():
        text = "".join(_BEYOND.findall(sample.decode(name, "replace")))
        shares[name] = sum(char in common for char in text) / max(1, len(text))
    best, other = sorted(shares, key=lambda name: -shares[name])
    return best if shares[best] >= 2 * shares[other] + MARGIN else ""


def _faults(name: str, blocks: Iterable[bytes]) -> tuple[int, int]:
    """Characters that cannot be read, and how many beyond ASCII can."""
    decoder, bad, read = codecs.getincrementaldecoder(name)("replace"), 0, 0
    for block in blocks:
        text = decoder.decode(block)
        lost = text.count(DAMAGE)
        bad, read = bad + lost, read + len(text) - len(text.encode("ascii", "ignore")) - lost
    lost = decoder.decode(b"", final=True).count(DAMAGE)
    return bad + lost, read


def _sample(blocks: Iterable[bytes]) -> bytes:
    """Lines that are not plain ASCII, from the file's beginning on."""
    return b"".join(_lines(blocks))


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    size, rest = 0, b""
    for block in blocks:
        lines = (rest + block).splitlines(keepends=True)
        rest = lines.pop() if lines and not lines[-1].endswith((b"\n", b"\r")) and len(lines[-1]) < SAMPLE else b""
        for line in lines:
            if not line.isascii():
                yield line[:SAMPLE]
                size += len(line)
                if size > SAMPLE:
                    return
    if not rest.isascii():
        yield rest[:SAMPLE]


def _share(text: str, usual: Callable[[str], float]) -> float:
    """Share of the characters beyond ASCII that people commonly write in an encoding."""
    runs = _BEYOND.findall(text)
    total = sum(map(len, runs))
    return sum(map(usual, runs)) / total if total else 0.0


def _by_lead(codec: str, *ranges: tuple[int, int]) -> Callable[[str], float]:
    """Characters whose first byte in ``codec`` lies in one of the ranges: how East Asian code tables order by frequency."""

    def usual(run: str) -> float:
        leads = [codes[0] for codes in (char.encode(codec, "ignore") for char in run) if len(codes) == 2]
        return sum(any(low <= lead <= high for low, high in ranges) for lead in leads)

    return usual


def _alone(run: str) -> float:
    """Letters with an accent, and signs, that stand alone between plain ones; two together are rare in Western languages."""
    if len(run) > 2 or not all("\xc0" <= char <= "\xff" or char in "œŒšŽžŠŸ£€¥¢’‘“”–—°®™©§½¼²³¹·´¨ªº¿¡«»±µ\xa0" for char in run):
        return 0.0
    return 1.0


KNOWN: dict[str, tuple[str, Callable[[str], float]]] = {
    "gb18030": ("GBK", _by_lead("gb2312", (0xA1, 0xA3), (0xB0, 0xD7))),
    "cp950": ("Big5", _by_lead("big5", (0xA1, 0xA3), (0xA4, 0xC6))),
    "cp932": ("Shift-JIS", _by_lead("cp932", (0x81, 0x83), (0x88, 0x97))),
    "cp949": (N_("Korean (EUC-KR)"), _by_lead("euc_kr", (0xA1, 0xA3), (0xB0, 0xC8))),
    "cp1252": ("Windows-1252", _alone),
}
"""Encodings that are told apart: what people call them, and how many characters of a run are usual in them."""
COMMON = {
    "gb18030": frozenset(
        "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子产种面方后多定行所得经进着等部度家"
        "水化高自理起小物加量体机点性好开合前外天日事平全表间关重新线内数正心明原利比或质气条只解月公无情最通提品式活设及管特件长求头基资"
        "边流级图接将计手期指区放被做先回取给色光门保百热口器金收清美再更单白速花带安身真每目名完类装包套盒瓶支款号付待已订单取消交易支膜"
        "精华霜液乳粉唇膏红洁防晒护肤眼洗湿补礼赠送买家卖价格商城店铺快递地址备注客谢发货退秒杀福利直播间"
    ),
    "cp949": frozenset(
        "이다가는의에을를은로한하고도지사기자시어리스정보인수대부상일제전주해용장화원아나라그서성여조구유무신세들만우미동모비치선호공소중방"
        "연과트크마드오내생국민간적후실문발팩림럼킨백피품추색번명량금액결완료취송배달할인쿠폰세트판매가격일시계입출고객총합구매자합니다"
    ),
}
"""Characters that are common in Chinese and in Korean, in shops above all."""
