"""What spreadsheets make of an export: spreadsheets.py workbook|libreoffice|csv …

  workbook FOLDER             openpyxl reads articles.xlsx: types, values, panes, filters, links, formulas
  libreoffice FOLDER FODS     the same values in what LibreOffice made of articles.xlsx
  csv FOLDER FODS text|usual  and of a spreadsheet CSV, guard undone; `text` where all columns were opened
                              as text, `usual` where LibreOffice chose: then no formula may be there, and
                              cells that changed are counted

Everything is compared with the canonical CSV of the same FOLDER. Prints a line per failure and one line of
counts; exit 0 only if nothing failed and there was something to compare.
"""
import csv
import datetime
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

csv.field_size_limit(10**9)
LIMIT = 32767
ZERO = datetime.datetime(1899, 12, 30)
passed, failures = 0, []


def check(what, is_right, said=""):
    global passed
    if is_right:
        passed += 1
    else:
        failures.append(what)
        if len(failures) <= 20:
            print(f"FAILED {what} {said!s:.300}")


def units(text):
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def canonical(folder, table):
    with open(folder / f"{table}.csv", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def tables(folder):
    """The tables in the order of the sheets."""
    names = [file["name"] for file in json.loads((folder / "manifest.json").read_text())["files"]]
    tables = [name[:-4] for name in names if name.endswith(".csv")]
    return [name for name in tables if not name.startswith("articles-excel")]


def moment(text, hours):
    time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    zone = datetime.timezone(datetime.timedelta(hours=hours))
    return time.astimezone(zone).replace(tzinfo=None, microsecond=0)


# The types as the dictionary of the workbook has them, in both languages.
READ = {
    ("number", "số"): int,
    ("TRUE or FALSE", "TRUE (đúng) hoặc FALSE (sai)"): lambda text: text == "true",
    ("date and time, UTC", "ngày giờ, UTC"): lambda text: moment(text, 0),
    ("date and time, +07:00", "ngày giờ, +07:00"): lambda text: moment(text, 7),
    ("date, +07:00", "ngày, giờ Việt Nam"): datetime.datetime.fromisoformat,
    ("time of day, +07:00", "giờ trong ngày, giờ Việt Nam"): datetime.time.fromisoformat,
    ("text", "chữ"): lambda text: re.sub("[\ufffe\uffff]", "\ufffd", text),
}


def expected(text, kind):
    """What a cell of this type must hold; None where it is empty."""
    (read,) = [read for words, read in READ.items() if kind in words]
    return read(text) if text else None


def compare(what, found, wanted, is_cut):
    if isinstance(wanted, str) and units(wanted) > LIMIT:
        is_right = isinstance(found, str) and wanted.startswith(found) and LIMIT - 16 < units(found) <= LIMIT
        check(f"{what}: cut", is_right and is_cut, repr(found)[:80])
    else:
        check(what, type(found) is type(wanted) and found == wanted, (found, wanted))


# --- openpyxl -------------------------------------------------------------------------------------
def workbook(folder):
    import openpyxl
    from openpyxl.utils.escape import unescape

    book = openpyxl.load_workbook(folder / "articles.xlsx")
    manifest = json.loads((folder / "manifest.json").read_text())
    names = tables(folder)
    check("sheets", len(book.sheetnames) == len(names) + 2, book.sheetnames)
    check("the first sheet is in front", book.active.title == book.sheetnames[0])
    about, dictionary = book.worksheets[0], book.worksheets[-1]
    words = [cell.value for row in about.iter_rows() for cell in row]
    is_made_up = "DỮ LIỆU GIẢ LẬP / SYNTHETIC" in words
    check("made up is said", is_made_up == (manifest["synthetic_articles"] > 0))
    for file in manifest["files"]:
        if file["name"] != "articles.xlsx":
            check(f"digest of {file['name']}", file["sha256"] in words)
    # (sheet, Vietnamese label, English label, code, type, …); the first row is the header.
    columns = {}
    for row in list(dictionary.iter_rows(values_only=True))[1:]:
        columns.setdefault(row[0], []).append((row[3], row[4]))
    links = left_out = 0
    for table, sheet in zip(names, book.worksheets[1:-1]):
        rows = canonical(folder, table)
        known = columns[sheet.title]
        check(f"{sheet.title}: columns", [code for code, _ in known] == rows[0] + ["cut_cells"])
        check(f"{sheet.title}: header frozen", sheet.freeze_panes == "A2")
        last = openpyxl.utils.get_column_letter(len(known))
        check(f"{sheet.title}: filter", sheet.auto_filter.ref == f"A1:{last}{len(rows)}", sheet.auto_filter.ref)
        check(f"{sheet.title}: rows", sheet.max_row == len(rows), (sheet.max_row, len(rows)))
        for number, row in enumerate(rows[1:], 2):
            cut = str(sheet.cell(number, len(known)).value)
            for place, text in enumerate(row):
                cell = sheet.cell(number, place + 1)
                header = str(sheet.cell(1, place + 1).value)
                name, kind = known[place]
                value = unescape(cell.value) if isinstance(cell.value, str) else cell.value
                compare(f"{sheet.title} {cell.coordinate} {name}", value, expected(text, kind), header in cut)
                check(f"{cell.coordinate}: no formula", cell.data_type in "snbd", cell.data_type)
                if cell.hyperlink:
                    links += 1
                    check(f"{cell.coordinate}: link", cell.hyperlink.target.startswith(("http://", "https://")))
                elif text and (name == "url" or name.endswith("_url")):
                    left_out += 1
    told = next(file for file in manifest["files"] if file["name"] == "articles.xlsx")
    check("links left out", told["links_left_out"] == left_out, (told["links_left_out"], left_out))
    print(f"openpyxl {openpyxl.__version__}: {len(book.sheetnames)} sheets, {links} links, {left_out} addresses without")


# --- LibreOffice ----------------------------------------------------------------------------------
NAMES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
}


def tag(name):
    prefix, name = name.split(":")
    return f"{{{NAMES[prefix]}}}{name}"


def words_of(element):
    """The text of a paragraph, with the elements that stand for spaces, tabs and breaks."""
    text = element.text or ""
    for part in element:
        if part.tag == tag("text:s"):
            text += " " * int(part.get(tag("text:c"), "1"))
        elif part.tag == tag("text:tab"):
            text += "\t"
        elif part.tag == tag("text:line-break"):
            text += "\n"
        else:
            text += words_of(part)
        text += part.tail or ""
    return text


def value_of(cell):
    kind = cell.get(tag("office:value-type"))
    if kind is None:
        return None
    if kind == "string":
        return "\n".join(words_of(part) for part in cell if part.tag == tag("text:p"))
    if kind == "boolean":
        return cell.get(tag("office:boolean-value")) == "true"
    if kind == "date":
        return datetime.datetime.fromisoformat(cell.get(tag("office:date-value")))
    if kind == "time":
        hours, minutes, seconds = re.fullmatch(r"PT(\d+)H(\d+)M([\d.]+)S", cell.get(tag("office:time-value"))).groups()
        return datetime.time(int(hours), int(minutes), round(float(seconds)))
    number = float(cell.get(tag("office:value")))
    return int(number) if number == int(number) else number


def sheets_of(fods):
    """Name, rows of (value, formula) of each sheet."""
    for table in ElementTree.parse(fods).iter(tag("table:table")):
        rows = []
        for row in table.iter(tag("table:table-row")):
            cells = []
            for cell in row:
                if cell.tag not in (tag("table:table-cell"), tag("table:covered-table-cell")):
                    continue
                times = int(cell.get(tag("table:number-columns-repeated"), "1"))
                found = (value_of(cell), cell.get(tag("table:formula")))
                cells += [found] * (times if times < 500 else 1)
            if int(row.get(tag("table:number-rows-repeated"), "1")) < 10_000:
                rows += [cells] * int(row.get(tag("table:number-rows-repeated"), "1"))
        yield table.get(tag("table:name")), rows


def libreoffice(folder, fods):
    sheets = list(sheets_of(fods))
    names = tables(folder)
    check("sheets", len(sheets) == len(names) + 2, [name for name, _ in sheets])
    columns = {}
    for row in sheets[-1][1][1:]:
        if row and row[0][0]:
            columns.setdefault(row[0][0], []).append((row[3][0], row[4][0]))
    for table, (title, found) in zip(names, sheets[1:-1]):
        rows, known = canonical(folder, table), columns[title]
        for number, row in enumerate(rows[1:], 1):
            cells = found[number] + [(None, None)] * len(known)
            cut = str(cells[len(known) - 1][0])
            for place, text in enumerate(row):
                value, formula = cells[place]
                name, kind = known[place]
                wanted = expected(text, kind)
                # LibreOffice has no truth values of its own: it takes them in as TRUE() and FALSE().
                if isinstance(wanted, bool) and formula in ("of:=TRUE()", "of:=FALSE()"):
                    value, formula = formula == "of:=TRUE()", None
                check(f"{title} row {number} {name}: no formula", formula is None, formula)
                compare(f"{title} row {number} {name}", value, wanted, str(found[0][place][0]) in cut)
    print(f"LibreOffice, articles.xlsx: {len(sheets)} sheets")


def unguarded(text):
    return text[1:] if text.startswith("'") else text


def spreadsheet_csv(folder, fods, mode):
    ((_, found),) = sheets_of(fods)
    rows = canonical(folder, "articles")
    header = [cell[0] for cell in found[0]][: len(rows[0]) + 1]
    check("header", header == rows[0] + ["cut_cells"], header)
    changed = {}
    for number, row in enumerate(rows[1:], 1):
        cells = found[number] + [(None, None)] * len(header)
        cut = str(cells[len(header) - 1][0])
        for place, text in enumerate(row):
            value, formula = cells[place]
            name = header[place]
            check(f"row {number} {name}: no formula", formula is None, formula)
            shown = "" if value is None else value
            # Not lost by the CSV: the XML in which LibreOffice answers has no such characters.
            text = re.sub("[\ufffe\uffff]", "", text)
            same = isinstance(shown, str) and unguarded(shown) == text
            if mode == "text" and units(text) >= LIMIT:
                is_cut = text.startswith(unguarded(shown)) and LIMIT - 16 < units(shown) <= LIMIT
                check(f"row {number} {name}: cut", is_cut and name in cut, units(shown))
            elif mode == "text":
                check(f"row {number} {name}", same, (value, text))
            elif not same and not isinstance(value, str):
                changed.setdefault(name, []).append(text)
    if mode == "usual":
        titles = changed.get("title", [])
        print(f"LibreOffice, CSV with columns as it chooses: {sum(map(len, changed.values()))} cells become numbers, "
              f"dates or truth values, titles among them: {titles}")


def main():
    what, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if what == "workbook":
        workbook(folder)
    elif what == "libreoffice":
        libreoffice(folder, sys.argv[3])
    else:
        spreadsheet_csv(folder, sys.argv[3], sys.argv[4])
    print(f"{passed} passed, {len(failures)} failed")
    sys.exit(0 if passed and not failures else 1)


main()
