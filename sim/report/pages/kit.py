"""What every page is made with: templates, scripts, the chart library; everything inside one file that asks nothing of a
network."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.core.export import for_terminal
from sim.words import _, language

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
LIBRARY = ("bokeh.min.js", "bokeh-api.min.js")
LONGEST = 120
"""Characters of a name that are shown; the rest stands in its tooltip."""


@cache
def library() -> str:
    """The chart library as one script; "" where the extra ``pages`` is not installed."""
    spec = importlib.util.find_spec("bokeh")
    if spec is None or not spec.submodule_search_locations:
        return ""
    place = Path(spec.submodule_search_locations[0]) / "server" / "static" / "js"
    return "\n".join((place / name).read_text(encoding="utf-8") for name in LIBRARY).replace("</script", "<\\/script")


def script(name: str) -> str:
    """One of our own scripts or style sheets."""
    return (HERE / "js" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        finalize=spelt,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = lambda sentence, **values: _(sentence).format(**values) if values else _(sentence)
    environment.filters["name"] = shortened
    environment.filters["cell"] = parts_of_cell
    environment.filters["breaks"] = breaks
    return environment


def spelt(value: Any) -> Any:
    """Texts from outside, alone or in lists and mappings, as a page may have them: what turns the direction of writing would turn
    the figures of a sentence round too. What is markup already stays.

    >>> spelt(["a" + chr(0x202E), 2]) == ["a" + chr(92) + "u202e", 2]
    True
    """
    if type(value) is str:
        return for_terminal(value)
    if isinstance(value, list | tuple):
        return [spelt(one) for one in value]
    return {spelt(key): spelt(one) for key, one in value.items()} if isinstance(value, dict) else value


_INTERVAL = re.compile(r"(\S+) (\[.+\]|±\S+)")


def parts_of_cell(text: str) -> tuple[str, str]:
    """A figure and its interval.

    >>> parts_of_cell("10 [8, 12]"), parts_of_cell("smart")
    (('10', '[8, 12]'), ('smart', ''))
    """
    match = _INTERVAL.fullmatch(text)
    return (match[1], match[2]) if match else (text, "")


def breaks(text: str) -> str:
    """A name that may be broken where its parts meet, as on a phone it must.

    >>> str(breaks("gate.for_s=<b>"))
    'gate.<wbr>for_<wbr>s=<wbr>&lt;b&gt;'
    """
    from markupsafe import Markup, escape

    return Markup(re.sub(r"(?<=[A-Za-z0-9])([._=])(?=\S)", r"\1<wbr>", str(escape(for_terminal(text)))))


def render(template: str, **values: Any) -> str:
    """A template with values, which are shown as text whatever is in them."""
    return _environment().get_template(template).render(lang=language(), **values)


def shortened(name: object, most: int = LONGEST) -> str:
    """A name from outside as a page shows it: signs that turn the direction of writing spelt out, and not without end.

    >>> shortened("a" + chr(0x202E) + "b") == "a" + chr(92) + "u202eb", shortened("x" * 130, 3)
    (True, 'xxx…')
    """
    text = for_terminal(str(name))
    return text if len(text) <= most else text[:most] + "…"


def scripts(names: Sequence[str]) -> str:
    """Our own scripts one after another."""
    return "\n".join(script(name) for name in names)
