"""Which mapping a file asks for: told by its columns, or, where it has no header, by what stands in its first rows."""

from __future__ import annotations

from dataclasses import replace

from sim.replay.clock import StreamError, parse_time
from sim.replay.ingest.chunk import TableFile
from sim.replay.ingest.mapping import Mapping, chosen, known_names, shipped, words
from sim.replay.ingest.names import key, tidy, twice
from sim.words import N_, _, nearest, no_such

STREAMS = ("events", "orders", "levels", "flow", "dashboard")
NEEDS = N_(
    "orders need order_id and time, events need time, type and sku, stock levels need time and available, a cue sheet "
    "needs start_time and sku (or name)"
)
HINTED = 200
"""Columns looked at for one that may be misspelt; comparing words is slow."""
LIKE = 0.75
"""How like a known name (0 to 1) a column's is that is taken for a slip of the pen."""
PLAIN = ("events", "orders", "suborders", "levels", "cues", "cues_by_name", "stock", "dashboard")
"""Mappings of plain names: they give way to those of one platform."""


def headerless(source: TableFile, mapping: Mapping) -> bool:
    """Whether the first line is data of a mapping whose files have no header."""
    if len(mapping.header) != len(source.header):
        return False
    columns, known = mapping.find(list(mapping.header)), words(mapping)
    cell = dict(zip(mapping.header, (c.strip() for c in source.header), strict=True))
    timed = parse_time(cell[columns["time"]]) is not None if "time" in columns else False
    return timed and ("type" not in columns or cell[columns["type"]].lower() in known)


def detect(source: TableFile) -> tuple[TableFile, Mapping] | None:
    """The mapping that fits best, and the table under the line that is its header: the first that any mapping understands."""
    for table in (source, *source.below):
        best = _best(table)
        if best is not None:
            return _headed(source, table), best
    return None


def _headed(source: TableFile, table: TableFile) -> TableFile:
    """A table under its header; what stands above it is noted."""
    above = table.line - source.line
    if not above:
        return table
    sentence = _("a line above it is") if above == 1 else _("{above} lines above it are").format(above=above)
    return replace(
        table,
        notes=[
            *table.notes,
            _("{where}: the header is line {line}; {said} passed over").format(
                where=source.where, line=table.line, said=sentence
            ),
        ],
    )


def _best(source: TableFile) -> Mapping | None:
    """Most columns found in no other export, then most columns understood."""
    bare = [m for m in shipped().values() if m.header and headerless(source, m)]
    if bare:
        return bare[0]
    known = {key(name) for name in source.header}
    scores: dict[str, tuple[int, int]] = {}
    for name, mapping in shipped().items():
        if mapping.header or not mapping.keys & known:
            continue
        columns, marks = mapping.find(source.header), sum(key(m) in known for m in mapping.marks)
        # A platform's export is told by what no other has; without that the plain names decide.
        if mapping.fits(columns) and (marks or not mapping.marks):
            scores[name] = (marks, len(columns))
    if not scores:
        return None
    top = max(scores.values())
    best = sorted(
        (n for n, s in scores.items() if s == top), key=lambda n: (n not in PLAIN, PLAIN.index(n) if n in PLAIN else 0, n)
    )
    readings = {tuple(sorted(shipped()[n].find(source.header).items())) for n in best}
    kinds = {shipped()[n].kind for n in best}
    if len(readings) > 1 or len(kinds) > 1:
        raise StreamError(
            _("{where} can be read as {best}; say which: mapping={best_best}").format(
                where=source.where, best=" or as ".join(best), best_best=best[0]
            )
        )
    return shipped()[best[0]]


def named(source: TableFile, name: str) -> tuple[TableFile, Mapping]:
    """A mapping asked for by name; :class:`StreamError` where the file lacks what it needs."""
    mapping = chosen(name)
    if mapping.header:
        if not headerless(source, mapping):
            raise StreamError(
                _("{where} does not look like {name}: its first line should have {n} cells ({header})").format(
                    where=source.where, name=name, n=len(mapping.header), header=", ".join(mapping.header)
                )
            )
        return source, mapping
    for table in (source, *source.below):
        if mapping.fits(mapping.find(table.header)):
            return _headed(source, table), mapping
    best = max((source, *source.below), key=lambda table: len(mapping.find(table.header)))
    columns = mapping.find(best.header)
    missing = [n for n in mapping.needs if n not in columns]
    names = {**mapping.columns, **mapping.series}
    wanted = "; ".join(f"{n} ({' or '.join(names[n][:3])})" for n in missing) or "a series"
    raise StreamError(
        _("{where} has no column for {wanted}, which mapping {name} needs").format(where=source.where, wanted=wanted, name=name)
    )


def one_of_each(source: TableFile, mapping: Mapping) -> list[str]:
    """Names of columns that stand twice and are not used; :class:`StreamError` where one that is used does."""
    many = twice(source.header)
    used = {key(name): name for name in mapping.find(source.header).values()}
    for name in sorted(many & set(used)):
        written = [h for h in source.header if key(h) == name]
        both = (
            f"called {written[0]!r}"
            if len(set(written)) == 1
            else _("for one thing, {map}").format(map=" and ".join(map(repr, written[:3])))
        )
        raise StreamError(_("{where} has two columns {both}; rename one").format(where=source.where, both=both))
    return sorted({name for name in source.header if key(name) in many})


def unused(source: TableFile, mapping: Mapping) -> list[str]:
    """Columns that the mapping has no use for; one of a list inside an object goes by two names."""
    used = set(mapping.find(source.header).values())
    used |= {name.rpartition(".")[2] for name in used}
    return [name for name in dict.fromkeys(source.header) if name and name not in used and name.rpartition(".")[2] not in used]


def misspelt(source: TableFile, mapping: Mapping, idle: list[str]) -> list[str]:
    """Sentences about columns of a cue sheet that are not used and are spelt much like one that is not there."""
    absent = set(mapping.columns) - set(mapping.find(source.header))
    known = [name for field in absent for name in mapping.columns[field]] if mapping.kind == "cues" else []
    near = [(word, nearest(word.strip().lower(), sorted(known), LIKE)) for word in idle[:HINTED]]
    text = _("{where}: column {word!r} is not used; did you mean {near!r}?")
    return [text.format(where=source.where, word=word[:40], near=name) for word, name in near if name]


def meaning(source: TableFile, given: object, folder: bool = False) -> tuple[TableFile, Mapping] | None:
    """The mapping of a table: the one named for it, else the one named for all where the table has its columns, else told by
    its columns; None: not told. Sheets beside an export (run of show, declared stock) keep their own; a ``folder``, or a
    workbook, may hold more."""
    if isinstance(given, dict):
        name = given.get(source.where, given.get(source.path))
        return detect(source) if name is None else named(source, str(name))
    if given is None or given == "":
        return detect(source)
    try:
        return named(source, str(given))
    except StreamError:
        chosen(str(given))
        beside = detect(source)
        if beside is None and folder:
            return None
        if beside is not None and beside[1].kind not in STREAMS:
            return beside
        raise


def unknown(source: TableFile, wanted: tuple[str, ...]) -> StreamError:
    """Why a file cannot be told, and what to do about it. Of the lines that may be its header the one with most known names."""
    known = known_names()
    header = max((source, *source.below), key=lambda table: sum(key(h) in known for h in table.header)).header
    header = [name for name in header if name] or [tidy(source.where)]
    shown = ", ".join(h[:30] for h in header[:8]) + (", ..." if len(header) > 8 else "")
    if not any(any(ch.isalpha() for ch in name) for name in header):
        return StreamError(
            _("{where} starts with data ({shown}) where column names are needed; put a header line above it").format(
                where=source.where, shown=shown
            )
        )
    need = _(NEEDS if "orders" in wanted else NEED_OF[wanted[0]])
    return StreamError(
        _("{where} has the columns {shown}, which is not enough: {need}{hint}").format(
            where=source.where, shown=shown, need=need, hint=_hint(header)
        )
    )


NEED_OF = {"cues": N_("a cue sheet needs start_time and sku (or name)"), "stock": N_("a stock sheet needs sku and stock")}


def _hint(header: list[str]) -> str:
    """Did-you-mean over the columns that were not understood."""
    plain = [shipped()[n] for n in PLAIN]
    columns = {column for m in plain for column in m.find(header).values()}
    have = {field for m in plain for field in m.find(header)}
    names = [n for f in ("time", "order_id", "stock", "type", "sku", "start_time") if f not in have for m in plain for n in
             m.columns.get(f, ())]  # fmt: skip
    for word in header[:HINTED]:
        near = nearest(word.strip().lower(), names)
        if near and word not in columns:
            return _("; did you mean {near!r} by {word!r}?").format(near=near, word=word)
    return _("; rename the columns or add the missing ones")


def must_be(where: str, mapping: Mapping, wanted: tuple[str, ...]) -> None:
    """:class:`StreamError` where a file is of another kind than is needed here."""
    if mapping.kind not in wanted:
        raise StreamError(
            _("{where} holds {kind}, but {wanted} is needed here; give another file").format(
                where=where, kind=mapping.kind, wanted=" or ".join(wanted)
            )
        )


def must_fit(given: object, used: list[Mapping]) -> None:
    """:class:`StreamError` where a mapping named for all files was used for none."""
    if given and not isinstance(given, dict) and chosen(str(given)).name not in [m.name for m in used]:
        mapping = chosen(str(given))
        wanted = "; ".join(f"{n} ({' or '.join(mapping.columns[n][:3])})" for n in mapping.needs if n in mapping.columns)
        raise StreamError(
            _("not one of the files has the columns that mapping {given} needs: {wanted}").format(given=given, wanted=wanted)
        )


def must_know(given: object, files: list[str]) -> None:
    """:class:`StreamError` where a mapping is named for a file that is not there."""
    for name in given if isinstance(given, dict) else ():
        if name not in files:
            raise StreamError(no_such("file", name, files, _("what is read (mapping=)")))
