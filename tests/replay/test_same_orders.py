"""Orders that come twice, and orders that only look so: inside a file, between files, in logs."""

import pytest

from sim.replay.ingest.run import ingest

T = "2026-11-11 21:00:"
HEAD = "order_id,time,sku,qty,amount\n"


def read(folder, **files):
    """Units taken by SKU, the facts and every sentence, from files of these contents."""
    paths = []
    for name, text in files.items():
        path = folder / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    ingested = ingest(paths)
    frame = ingested.frame()
    frame = frame[frame["kind"].isin(["order", "cancel", "restock"])]
    moved = frame["qty"].where(frame["kind"] == "order", -frame["qty"]).groupby(frame["sku"].astype(str)).sum()
    found = (
        {k: int(v) for k, v in moved.items()},
        ingested.frame(),
        "\n".join([*ingested.head.notes, *ingested.rejects.frame()["reason"]]),
    )
    ingested.close()
    return found


BURST = [f"{T}{s:02d}" for s in (1, 1, 1, 2, 3, 3)]


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("3.91002E+15", "6 numbers of orders are in scientific notation"),
        ("3,91E+17", "scientific notation"),
        ("391002745511208000", "6 numbers of orders end in zeros after their first 15 digits, rounded as Excel does it"),
    ],
)
def test_destroyed_numbers_tell_no_orders_apart(tmp_path, number, says):
    rows = "".join(f'"{number}",{t},tea,2,5\n' for t in BURST)
    net, _, notes = read(tmp_path, o=HEAD + rows)
    assert net == {"tea": 12}
    assert says in notes
    assert "was there already" not in notes


def test_a_line_number_that_is_whole_saves_a_destroyed_order_number(tmp_path):
    head = "order_id,sub_id,time,sku,qty\n"
    rows = [f"3.9E+17,{k},{T}01,tea,1\n" for k in (71, 72, 72)]
    assert read(tmp_path, o=head + "".join(rows))[0] == {"tea": 2}


def test_long_numbers_with_a_zero_by_chance_are_no_destroyed_ones(tmp_path):
    rows = [f"39100274551120{k:04d},{T}{k % 60:02d},tea,1,5\n" for k in range(100, 160)]
    net, _, notes = read(tmp_path, o=HEAD + "".join(rows) + rows[0])
    assert net == {"tea": 60}
    assert "15 digits" not in notes


def test_numbers_kept_as_text_formulas_and_floats_are_the_plain_ones(tmp_path):
    plain = HEAD + f"7001,{T}01,T-1,1,5\n7002,{T}02,T-1,2,10\n"
    formula = HEAD + f'"=""7001""",{T}01,"=""T-1""",1,5\n"=""7002""",{T}02,\'T-1,2,10\n'
    floats = HEAD + f"7001.0,{T}01,T-1,1.0,5\n'7002,{T}02,T-1,2.0,10\n"
    net, frame, _ = read(tmp_path, a=plain, b=formula, c=floats)
    assert net == {"T-1": 3}
    assert len(frame) == 2


def test_lines_of_an_order_that_differ_all_count_and_equal_ones_once(tmp_path):
    gift = f"1,{T}01,tea,2,60\n1,{T}01,tea,1,0\n1,{T}01,tea,1,30\n"
    net, _, notes = read(tmp_path, o=HEAD + gift)
    assert net == {"tea": 4}
    net, _, notes = read(tmp_path, o=HEAD + gift + f"1,{T}01,tea,1,0\n" + f"1,{T}09,tea,1,0\n")
    assert net == {"tea": 5}
    assert "1 rows are equal to another in every cell and have no line number; each is counted once" in notes
    assert "order 1 was there already (line 3)" in notes


def test_a_column_nobody_uses_tells_two_lines_apart(tmp_path):
    head = "order_id,time,sku,qty,colour\n"
    assert read(tmp_path, o=head + f"1,{T}01,tea,1,red\n1,{T}01,tea,1,blue\n1,{T}01,tea,1,blue\n")[0] == {"tea": 2}


def test_parts_of_a_bundle_share_a_line_number(tmp_path):
    head = "order_id,sub_id,time,sku,qty,amount\n"
    rows = f"1,11,{T}01,tea,2,80\n1,11,{T}01,cup,1,20\n1,11,{T}01,tea,1,0\n1,11,{T}01,cup,1,20\n"
    net, _, notes = read(tmp_path, o=head + rows)
    assert net == {"tea": 3, "cup": 1}
    assert "1 rows repeat a line number with another quantity, price or time" in notes
    assert "order 11 was there already (line 3)" in notes


LATER = "order_id,time,sku,qty,amount,status,paid_at,closed_at\n"


def test_between_files_the_kth_row_is_the_kth_and_a_new_line_is_new(tmp_path):
    first = HEAD + f"1,{T}01,tea,1,30\n1,{T}01,tea,1,0\n2,{T}02,tea,3,90\n"
    second = HEAD + f"1,{T}01,tea,1,0\n1,{T}01,tea,1,30\n1,{T}01,tea,1,15\n2,{T}05,tea,3,90\n"
    net, frame, _ = read(tmp_path, a=first, b=second)
    assert net == {"tea": 1 + 1 + 1 + 3 + 3}
    assert frame["value"].sum() == 30 + 0 + 15 + 90 + 90


def test_a_price_that_one_file_does_not_tell_makes_no_second_order(tmp_path):
    bare = "order_id,time,sku,qty\n" + f"1,{T}01,tea,1\n2,{T}02,tea,2\n"
    assert read(tmp_path, a=bare, b=HEAD + f"1,{T}01,tea,1,30\n2,{T}02,tea,2,60\n3,{T}02,tea,4,60\n")[0] == {"tea": 7}


def test_a_later_export_knows_of_payments_and_closings(tmp_path):
    early = LATER + f"1,{T}01,tea,1,5,待付款,,\n2,{T}02,tea,2,5,待付款,,\n3,{T}03,tea,4,5,待付款,,\n"
    late = LATER + (
        f"1,{T}01,tea,1,5,已取消,,{T}40\n2,{T}02,tea,2,5,已发货,{T}30,\n3,{T}03,tea,4,5,已取消,,\n4,{T}50,tea,8,5,待付款,,\n"
    )
    for files in ({"a": early, "b": late}, {"a": late, "b": early}):
        net, frame, notes = read(tmp_path, **files)
        assert net == {"tea": 2 + 4 + 8}
        assert (frame["kind"] == "pay").sum() == 1
        assert notes.count("orders were closed later") == 1
        assert "1 orders were closed later" in notes


def test_a_closing_that_a_later_export_takes_back_is_none(tmp_path):
    shut = LATER + f"1,{T}01,tea,3,5,已关闭,,{T}10\n2,{T}02,tea,1,5,已关闭,,{T}10\n"
    back = LATER + f"1,{T}01,tea,3,5,已发货,{T}20,\n2,{T}02,tea,1,5,已关闭,,{T}10\n"
    net, frame, notes = read(tmp_path, a=shut, b=back)
    assert net == {"tea": 3}
    assert (frame["kind"] == "pay").sum() == 1
    assert "1 orders were closed in an earlier export and went on in this one" in notes
    # The other way round the closing is the later word.
    again = LATER + f"1,{T}01,tea,3,5,已关闭,{T}20,{T}45\n"
    assert read(tmp_path, a=back, b=again)[0] == {"tea": 0}


def test_two_exports_glued_together_are_two_exports(tmp_path):
    text = LATER + f"1,{T}01,tea,3,5,待付款,,\n" + LATER + f"1,{T}01,tea,3,5,已取消,,{T}30\n2,{T}09,tea,1,5,已取消,,{T}30\n"
    assert read(tmp_path, o=text)[0] == {"tea": 0}


SECONDS = [(71, "05", "tea"), (71, "05", "cup"), (72, "05", "tea"), (73, "59", "tea")]
MADE = HEAD + "".join(f"{n},2026-11-11 21:0{k}:{s},{sku},1,5\n" for k, (n, s, sku) in enumerate(SECONDS))
CUT = HEAD + "".join(f"{n},2026/11/11 21:0{k},{sku},1,5\n" for k, (n, _, sku) in enumerate(SECONDS))


def test_a_copy_cut_to_the_minute_tells_no_second_order(tmp_path):
    other = "74,2026/11/11 21:03,tea,1,5\n73,2026/11/11 21:04,tea,1,5\n"
    for files in ({"a": MADE, "b": CUT + other}, {"a": CUT + other, "b": MADE}, {"a": MADE, "b": CUT + other, "c": CUT}):
        net, _, notes = read(tmp_path, **files)
        assert net == {"tea": 5, "cup": 1}
        assert "4 rows have the number, item and quantity of an order of another file in the same minute" in notes


def test_two_lines_of_one_minute_have_two_counterparts_and_other_seconds_none(tmp_path):
    two = HEAD + f"1,{T}05,tea,1,30\n1,{T}05,tea,1,0\n"
    cut = HEAD + f"1,{T}00,tea,1,0\n1,{T}00,tea,1,30\n1,{T}00,tea,1,15\n"
    assert read(tmp_path, a=two, b=cut)[0] == {"tea": 3}
    assert read(tmp_path, a=two, b=HEAD + f"1,{T}06,tea,1,30\n")[0] == {"tea": 3}
    # Within one file a whole minute is a moment like any other.
    assert read(tmp_path, a=HEAD + f"1,{T}00,tea,1,5\n1,{T}09,tea,1,5\n")[0] == {"tea": 2}


def test_rows_of_destroyed_numbers_are_not_matched_by_the_minute(tmp_path):
    one, other = (HEAD + f"3.9E+17,{T}{s},tea,1,5\n" for s in ("00", "09"))
    assert read(tmp_path, a=one, b=other)[0] == {"tea": 2}


LOG = "time,type,order_id,sku,qty\n"


def test_equal_orders_without_numbers_are_each_counted_and_it_is_said(tmp_path):
    rows = [f"2026-11-11 21:{m:02d},order,tea,1\n" for m in (0, 0, 0, 1, 2)]
    net, _, notes = read(tmp_path, e="time,type,sku,qty\n" + "".join(rows))
    assert net == {"tea": 5}
    assert "2 orders have no number and are equal to another in all that is read; each is counted" in notes
    users = [f"2026-11-11 21:00,order,tea,1,u{k}\n" for k in range(3)]
    net, _, notes = read(tmp_path, e="time,type,sku,qty,user\n" + "".join(users))
    assert net == {"tea": 3}
    assert "have no number" not in notes


def test_a_log_counts_every_return_and_an_order_taken_up_again(tmp_path):
    rows = [f"{T}01,order,1,tea,5\n", f"{T}10,return,1,tea,2\n", f"{T}20,return,1,tea,2\n", f"{T}20,return,1,tea,2\n"]
    assert read(tmp_path, e=LOG + "".join(rows))[0] == {"tea": 1}
    rows = [f"{T}01,order,1,tea,5\n", f"{T}10,cancel,1,tea,5\n", f"{T}20,order,1,tea,5\n"]
    assert read(tmp_path, e=LOG + "".join(rows))[0] == {"tea": 5}


def test_an_export_and_a_log_tell_one_closing(tmp_path):
    export = LATER + f"1,{T}01,tea,3,5,已关闭,,{T}10\n2,{T}02,tea,1,5,已发货,,\n"
    log = LOG + f"{T}01,order,1,tea,3\n{T}11,cancel,1,tea,3\n{T}02,order,2,tea,1\n{T}30,order,3,tea,7\n"
    assert read(tmp_path, a=export, b=log)[0] == {"tea": 8}
    assert read(tmp_path, a=log, b=export)[0] == {"tea": 8}


def test_an_event_without_a_quantity_is_one_unit(tmp_path):
    assert read(tmp_path, e=LOG + f"{T}01,order,1,tea,\n{T}02,order,2,tea,2\n{T}03,view,,tea,\n")[0] == {"tea": 3}


def test_merged_cells_belong_to_the_order_above(tmp_path):
    rows = f"1,{T}01,tea,1,5\n,,cup,2,5\n,,jar,1,5\n2,{T}02,tea,1,5\n,{T}03,pot,1,5\n"
    net, frame, notes = read(tmp_path, o=HEAD + rows)
    assert net == {"tea": 2, "cup": 2, "jar": 1}
    assert "order id is empty" in notes
    assert frame["repairs"].astype(str).tolist().count("merged") == 2


def test_a_row_without_a_code_goes_by_the_next_column(tmp_path):
    head = "order_id,time,sku,product_id,qty\n"
    net, _, notes = read(tmp_path, o=head + f"1,{T}01,T1,88,1\n2,{T}02,-,89,2\n3,{T}03,,89,1\n4,{T}03,,,1\n")
    assert net == {"T1": 1, "89": 3}
    assert "2 rows have no sku; they go by their product_id" in notes
    assert "sku is empty" in notes
