"""Exports for tests: files, workbooks, what was sold in them."""

import io
from datetime import date, datetime, time

import xlsxwriter

T = "2026-06-18 20:00:"


HEAD = "order_id,time,sku,qty\n"


def lay(folder, name, content):
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / name


def sold(made):
    """SKU to units ordered less what was given back."""
    frame = made.frame()
    units = frame["qty"].where(frame["kind"] == "order", -frame["qty"])[frame["kind"].isin(["order", "cancel"])]
    return units.groupby(frame["sku"].astype(str)).sum().to_dict()


def book(**sheets):
    """A workbook with these sheets, each a list of rows; dates and times of day as such."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as workbook:
        moment, day, clock = (workbook.add_format({"num_format": f}) for f in ("yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd", "hh:mm:ss"))
        for name, table in sheets.items():
            sheet = workbook.add_worksheet(name)
            for r, row in enumerate(table):
                for c, value in enumerate(row):
                    if isinstance(value, datetime):
                        sheet.write_datetime(r, c, value, moment)
                    elif isinstance(value, date):
                        sheet.write_datetime(r, c, value, day)
                    elif isinstance(value, time):
                        sheet.write_datetime(r, c, value, clock)
                    elif value is not None:
                        sheet.write(r, c, value)
    return out.getvalue()
