"""A binary workbook (.xlsb) of invented rows, record by record: no library that writes one is needed for a test.

A record is its number and its length, each in groups of seven bits, and its bytes. Text is a length and UTF-16.
"""

import io
import struct
import zipfile
from datetime import datetime

DAY_0 = datetime(1899, 12, 30)
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATION = '<Relationship Id="rId{n}" Type="' + KINDS + '/{kind}" Target="{to}"/>'
SHEET, END_SHEETS, END_BOOK, DIMENSION, DATA, ROW, REAL, TEXT, END_DATA, FORMATS, FORMAT, CELL_FORMATS, CELL_FORMAT = (
    *(0x9C, 0x90, 0x84, 0x94, 0x91, 0x00, 0x05, 0x06, 0x92),
    *(0x267, 0x2C, 0x269, 0x2F),
)


def groups(number):
    """A number in groups of seven bits, the lowest first; the eighth says that more follow."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def record(kind, body=b""):
    """One record; a number of two bytes has the eighth bit of the first set."""
    head = bytes([kind]) if kind < 0x80 else struct.pack("<H", kind & 0x7F | 0x80 | kind >> 7 << 8)
    return head + groups(len(body)) + body


def wide(text):
    """Text as its length and UTF-16."""
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def cell(column, value):
    """A cell: a moment as a number in the second format, a number, or text."""
    at = struct.pack("<II", column, int(isinstance(value, datetime)))
    if isinstance(value, datetime):
        value = (value - DAY_0).total_seconds() / 86_400
    return record(TEXT, at + wide(value)) if isinstance(value, str) else record(REAL, at + struct.pack("<d", value))


def sheet(rows):
    """The records of a sheet."""
    width = max(map(len, rows))
    out = [record(0x81), record(DIMENSION, struct.pack("<4I", 0, len(rows) - 1, 0, width - 1)), record(DATA)]
    for k, row in enumerate(rows):
        out.append(record(ROW, struct.pack("<I", k) + bytes(13)))
        out += [cell(c, value) for c, value in enumerate(row) if value is not None]
    return b"".join([*out, record(END_DATA), record(0x82)])


def xlsb(**sheets):
    """A binary workbook with these sheets, each a list of rows."""
    out, names = io.BytesIO(), list(sheets)
    book = [record(0x83), record(0x99, bytes(12)), record(0x8F)]
    book += [record(SHEET, struct.pack("<II", 0, n) + wide(f"rId{n}") + wide(name)) for n, name in enumerate(names, 1)]
    styles = [record(FORMATS, struct.pack("<I", 1)), record(FORMAT, struct.pack("<H", 164) + wide("yyyy-mm-dd hh:mm:ss")),
              record(CELL_FORMATS, struct.pack("<I", 2)),
              *(record(CELL_FORMAT, struct.pack("<HH", 0, f) + bytes(12)) for f in (0, 164))]  # fmt: skip
    relations = "".join(RELATION.format(n=n, kind="worksheet", to=f"worksheets/sheet{n}.bin") for n in range(1, len(names) + 1))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        archive.writestr("_rels/.rels", RELATIONS.format(RELATION.format(n=1, kind="officeDocument", to="xl/workbook.bin")))
        archive.writestr("xl/workbook.bin", b"".join([*book, record(END_SHEETS), record(0x9D, bytes(4)), record(END_BOOK)]))
        archive.writestr("xl/_rels/workbook.bin.rels", RELATIONS.format(relations))
        archive.writestr("xl/styles.bin", b"".join(styles))
        for n, rows in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{n}.bin", sheet(rows))
    return out.getvalue()
