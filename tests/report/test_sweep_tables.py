"""What varied stands in columns of a sweep's table; the curve marks the best setting; recordings have clock times."""

import matplotlib.pyplot as plt
import numpy as np

from sim.report.figures import decision, style
from sim.report.text import tables


def test_what_varies_is_a_column_and_the_number_comes_last():
    head, rows = ("strategy", "net"), [["smart#1", "9"], ["smart", "8"], ["低#0", "7"]]
    chosen = {"smart#1": ("smart", ["0.3", "-"]), "smart": ("smart", ["-", "-"]), "低#0": ("低", ["-", "40"])}
    varied = (["chance", "units"], chosen)
    assert tables._varied(head, rows, varied) == [
        ("strategy", "chance", "units", "net", "no."),
        ["smart", "0.3", "-", "9", "#1"],
        ["smart", "-", "-", "8", ""],
        ["低", "-", "40", "7", "#0"],
    ]
    assert tables._varied(head, rows, ([], {})) == [head, *rows]


def test_the_curve_marks_where_net_is_highest():
    """It marked the lowest net, and called it the lowest J."""
    net = np.array([[[1.0, 9.0, 4.0], [1.0, 7.0, 4.0]]])
    figure = decision.curve(np.array([10.0, 20.0, 30.0]), {"net [CNY]": decision.response(net)}, "units", "x")
    marked = [line for line in figure.axes[0].lines if str(line.get_label()).startswith("highest mean net")]
    assert [line.get_xdata()[0] for line in marked] == [20.0]


def test_a_recordings_minutes_have_its_clock_beneath():
    axis = plt.subplots()[1]
    style.clock_times(axis, lambda t: f"2026-06-18T20:{int(t) // 60:02d}:00+08:00", 60.0)
    assert axis.xaxis.get_major_formatter()(5.0, 0) == "5\n20:05:00"
    other = plt.subplots()[1]
    before = other.xaxis.get_major_formatter()
    style.clock_times(other, lambda t: f"{t:g}", 60.0)  # a recording that counts seconds has no clock
    assert other.xaxis.get_major_formatter() is before
    plt.close("all")


def test_numbers_of_marks_stand_inside_the_picture():
    points = np.array([[0.0, 30.0], [50.0, 10.0], [100.0, 0.0]])
    for n in range(1, 5):
        assert np.sign(decision._beside(n, points, 0)).tolist() == [1, -1]
        assert np.sign(decision._beside(n, points, 2)).tolist() == [-1, 1]
    assert decision._beside(1, points[:1], 0)[0] > 0
