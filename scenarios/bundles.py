"""Bundles 套装/福袋: sets of the catalogue's items that are sold as one (leak L11).

A bundle has no stock of its own: an order takes all its parts or is refused. What it drains shows on its parts, whose own sales
may look calm; each part's trouble and loss count at its share of the bundle's price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scenarios.setting import REQUIRED, ScenarioError, setting, validate
from sim.words import _, no_such

if TYPE_CHECKING:
    from scenarios.contract import Scenario, Sku

MOST_PARTS, MOST_BUNDLES = 15, 1000


@dataclass(frozen=True)
class Part:
    """One item of a bundle."""

    sku: str = setting(REQUIRED, "the SKU", confidence="-")
    units: int = setting(1, "units of it in one bundle", "units", 1, 1000, confidence="-")

    def __post_init__(self) -> None:
        validate(self, "part")


@dataclass(frozen=True)
class Bundle:
    """Items sold together at one price. Cues may name it as they name a SKU."""

    id: str = setting(REQUIRED, "name of the bundle", confidence="-")
    price: float = setting(REQUIRED, "its price; parts share it as their own prices stand", "CNY", 0, 1e6, confidence="-")
    parts: tuple[Part, ...] = setting(REQUIRED, "what is in it", confidence="-")
    purchase_limit: int = setting(5, "most bundles in one order 限购", "bundles", 1, 1000, "project", "A")
    popularity: float = setting(0.0, "weight in traffic that no cue causes", "", 0, 1e9, "project", "A")
    appeal: float = setting(1.0, "multiplies the buy rate while the bundle is cued", "", 0, 1e4, "project", "A")

    def __post_init__(self) -> None:
        validate(self, "bundle")
        names = [p.sku for p in self.parts]
        if not 1 <= len(names) <= MOST_PARTS:
            raise ScenarioError(
                _("bundle {id!r} has {n} parts; give it 1 to {most_parts}").format(
                    id=self.id, n=len(names), most_parts=MOST_PARTS
                )
            )
        if len(set(names)) < len(names):
            twice = next(n for n in names if names.count(n) > 1)
            raise ScenarioError(
                _("bundle {id!r} names {twice!r} twice; say how many by its units").format(id=self.id, twice=twice)
            )


def check_bundles(bundles: Sequence[Bundle], skus: Sequence[Sku]) -> list[str]:
    """Refuse bundles of items that the catalogue lacks, and names that are taken; answers all that can be ordered."""
    prices = {s.id: s.price for s in skus}
    if len(bundles) > MOST_BUNDLES:
        raise ScenarioError(
            _("a show has at most {most_bundles:,} bundles, not {n:,}").format(most_bundles=MOST_BUNDLES, n=len(bundles))
        )
    for k, bundle in enumerate(bundles):
        if bundle.id in prices or bundle.id in [b.id for b in bundles[:k]]:
            raise ScenarioError(_("two items are called {id!r}; a bundle needs a name of its own").format(id=bundle.id))
        for part in bundle.parts:
            if part.sku not in prices:
                raise ScenarioError(
                    _("a part of bundle {id!r}: {no_such}").format(id=bundle.id, no_such=no_such("SKU", part.sku, prices))
                )
        if not sum(p.units * prices[p.sku] for p in bundle.parts) > 0:
            raise ScenarioError(
                _("the parts of bundle {id!r} have no price to share its own by; give one of them a price").format(id=bundle.id)
            )
    return [*prices, *(b.id for b in bundles)]


def items(scenario: Scenario) -> tuple[Sku | Bundle, ...]:
    """All that shoppers can order, by number: SKUs, then bundles."""
    return (*scenario.skus, *scenario.bundles)


def parts_of(scenario: Scenario) -> list[list[tuple[int, int]]]:
    """Of every item the SKUs it takes, as (index, units); a SKU takes itself."""
    index = {s.id: k for k, s in enumerate(scenario.skus)}
    return [[(k, 1)] for k in range(len(index))] + [[(index[p.sku], p.units) for p in b.parts] for b in scenario.bundles]


def price_ratio(scenario: Scenario, bundle: Bundle) -> float:
    """What a part earns in the bundle over what it earns alone: price of the bundle over the sum of its parts' prices.

    So part k has the share ``units_k price_k / sum`` of the bundle's price.
    """
    prices = {s.id: s.price for s in scenario.skus}
    return bundle.price / sum(p.units * prices[p.sku] for p in bundle.parts)
