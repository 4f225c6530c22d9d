"""What items are called beside their codes, in the other columns of exports and stock sheets: so a run of show that names its
items is about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from sim.replay.ingest.cue_label import parsed
from sim.replay.ingest.names import key, listed
from sim.replay.ingest.row_validator import KIND, Facts, RowValidator
from sim.replay.ingest.values import clean
from sim.words import _

if TYPE_CHECKING:
    from sim.replay.ingest.state import FileState
    from sim.replay.ingest.vocab import Vocab

MOST_TITLES = 100_000
"""Names that are kept of one file."""
SEVERAL_ITEMS = ""
"""Stands for the item of a name that more than one goes by."""


def learn(validator: RowValidator, sku: np.ndarray) -> None:
    """Remember what the file's other columns of items say of each row's ``sku`` (its number)."""
    state = validator.state
    for name in state.mapping.named("sku", validator.chunk.columns)[1:]:
        coded = validator.chunk.columns[name].dictionary_encode()
        words = clean(coded.dictionary)[0].to_pylist()
        pairs = np.unique(coded.indices.to_numpy()[validator.origin].astype(np.int64) << 32 | sku)
        for word, item in zip((pairs >> 32).tolist(), (pairs & 0xFFFFFFFF).tolist(), strict=True):
            note(state.titles, words[word], state.skus.words[item])


def note(titles: dict[str, str], title: str, sku: str) -> None:
    """One more name of an item.

    >>> titles = {}
    >>> note(titles, "口红 玫瑰", "A1"), note(titles, "口红玫瑰", "A1"), titles
    (None, None, {'口红玫瑰': 'A1'})
    >>> note(titles, "口红玫瑰", "A2"), titles
    (None, {'口红玫瑰': ''})
    """
    word = key(title)
    if word and sku and (word in titles or len(titles) < MOST_TITLES) and titles.setdefault(word, sku) != sku:
        titles[word] = SEVERAL_ITEMS


def items(states: Iterable[FileState], sold: Iterable[str]) -> dict[str, str]:
    """Name to the one item of ``sold`` that goes by it; an item's own code comes before what another is called."""
    all_of_them: dict[str, str] = {}
    known = set(sold)
    for state in states:
        for word, sku in state.titles.items():
            if (sku in known or sku == SEVERAL_ITEMS) and all_of_them.setdefault(word, sku) != sku:
                all_of_them[word] = SEVERAL_ITEMS
    return {**all_of_them, **{key(sku): sku for sku in known}}


def unknown(state: FileState, about: dict[str, str], sold: set[str]) -> str:
    """What to say of a run of show's cues about items that nothing else has; "" where there are none, or where there is but one
    item to name."""
    lost = Counter[str]()
    for (sku, name), n in state.cued.items():
        if (sku or name) and sku not in sold and not about.get(key(name)):
            lost[sku or name] += n
    if not lost or not sold or (len(sold) == 1 and not any(sku for sku, _name in state.cued)):
        return ""
    text = _(
        "{where}: {n} of {cues} cues are about no item that anything else here has, or about a name that several have ({names}): "
        "left out; write the SKU as the orders have it, or give a stock sheet sku, name and stock"
    )
    return text.format(where=state.where, n=lost.total(), cues=sum(state.cued.values()), names=listed(list(lost), 5))


def found(facts: Facts, about: np.ndarray, sold: set[int]) -> np.ndarray:
    """Numbers of the facts' items: of a cue whose item nothing else has, the one that its words name (``about``: by label)."""
    lost = (facts["kind"] == KIND["cue"]) & ~np.isin(facts["sku"], list(sold))
    named = about[facts["label"]]
    return np.where(lost & (named > 0), named, facts["sku"]).astype(np.int32)


def by_label(labels: Vocab, about: dict[str, str], skus: Vocab) -> np.ndarray:
    """Number of the item that each label is about, by its words; 0: not known."""
    return np.array([skus.known.get(about.get(key(parsed(label).name), ""), 0) if label else 0 for label in labels.words])
