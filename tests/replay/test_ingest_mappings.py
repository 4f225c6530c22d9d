"""Mappings: told by their columns, one's own, wrong ones."""

import pytest

from sim.replay import StreamError
from sim.replay.ingest.mapping import chosen, read_mapping, shipped
from sim.replay.ingest.run import ingest

T = "2026-06-18 20:"

# -- mappings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [("!!python/object/apply:os.system [ls]", "is not YAML"), ("kind: order", "did you mean 'orders'?"), ("[1]", "needs kind"),
     ("kind: orders\ncolumn: {}", "did you mean 'columns'?"), ("kind: orders\ncolumns: {tiem: t}", "did you mean 'time'?"),
     ("kind: orders\ncolumns: {sku: s}", "need a column for time"), ("kind: orders\ncolumns: {time: {a: b}}", "a name or a list of names"),
     ("kind: events\ncolumns: {time: t, type: y, sku: s}\ntypes: {buy: ordr}", "did you mean 'order'?"),
     ("kind: orders\ncolumns: {time: t}\nzone: Mars", "not a time zone"), ("a: [1", "is not YAML"),
     ("kind: dashboard\ncolumns: {time: t}\nbin_s: -1", "a number from 0"),
     ("kind: dashboard\ncolumns: {time: t}\nstamp: middle", "start or end")],
)  # fmt: skip
def test_a_wrong_mapping_is_refused_in_one_sentence(text, says):
    with pytest.raises(StreamError, match=r"^[^\n]+$") as caught:
        read_mapping(text, "mine", "mine.yaml")
    assert says in str(caught.value)


def test_a_mapping_of_ones_own(tmp_path):
    (tmp_path / "mine.yaml").write_text("kind: events\ncolumns: {time: wann, type: was, sku: ware}\ntypes: {gekauft: order}\n")
    (tmp_path / "a.csv").write_text(f"wann,was,ware\n{T}00:00,gekauft,m\n{T}00:01,cart,m\n")
    with pytest.raises(StreamError, match="is not enough"):
        ingest(tmp_path / "a.csv")
    ingested = ingest(tmp_path / "a.csv", mapping=str(tmp_path / "mine.yaml"))
    assert ingested.frame()["kind"].tolist() == ["order", "cart"]
    with pytest.raises(StreamError, match="did you mean 'doudian_orders'"):
        chosen("doudian_order")
    with pytest.raises(
        StreamError, match=r"has no column for time \(订单提交时间\), .*which mapping doudian_orders needs|has no column for"
    ):
        ingest(tmp_path / "a.csv", mapping="doudian_orders")
    with pytest.raises(StreamError, match=r"has no file 'b\.csv'; did you mean 'a\.csv'"):
        ingest(tmp_path / "a.csv", mapping={"b.csv": "orders"})


def test_every_shipped_mapping_is_told_by_its_own_columns():
    for name, mapping in shipped().items():
        header = [names[0] for field, names in {**mapping.columns, **mapping.series}.items()]
        assert mapping.fits(mapping.find([*header, *mapping.marks])), name


def test_two_mappings_that_fit_alike_are_not_guessed(tmp_path, monkeypatch):
    import sim.replay.ingest.detect as detect

    twins = {
        n: read_mapping(f"kind: orders\ncolumns: {{time: t, {f}: x}}\nneeds: [time]", n, n)
        for n, f in (("a", "sku"), ("b", "status"))
    }
    monkeypatch.setattr(detect, "shipped", lambda: twins)
    (tmp_path / "x.csv").write_text("t,x\n1,2\n")
    with pytest.raises(StreamError, match="can be read as a or as b; say which: mapping=a"):
        ingest(tmp_path / "x.csv")
