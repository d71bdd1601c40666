"""Writes python-csv.json: tables of three columns with what Python's csv makes of their rows.

Left out are tables with a quote that is not closed, or that is closed within a later line's cell:
there Python takes whole rows for a part of the cell, and the reader does not.
"""
import csv
import json
import random

random.seed(21)


def strictly(lines):
    try:
        return list(csv.reader(lines, strict=True))
    except csv.Error:
        return None


def rows(text):
    lines = [line + "\n" for line in ("a,b,c\n" + text + "end,end,end").split("\n")]
    reader, found, last = csv.reader(lines), [], 0
    for row in reader:
        first, last = last + 1, reader.line_num
        if last > first and strictly(lines[first - 1:last]) is None:
            return None
        if not row or not "".join(lines[first - 1:last]).strip():
            continue
        if len(row) == 3:
            found.append("%d {a=%s, b=%s, c=%s}" % (first, *row))
        else:
            found.append("f:%d: %d cells, expected 3" % (first, len(row)))
    return found[1:-1] if found[-1].endswith("{a=end, b=end, c=end}") else None


def random_cell():
    letters = 'ab""  ,\nx"' if random.random() < 0.5 else "ab xy"
    return "".join(random.choice(letters) for _ in range(random.randint(0, 4)))


def random_table():
    return "".join(
        ",".join(random_cell() for _ in range(3)) + "\n" for _ in range(random.randint(1, 4)))


TABLES = [
    'a 24" screen,1,x\nb,2,x\nc,1,x\nd 7" disk,2,x\n',
    '"a" b,c,d\n',
    '"a""b"c",d,e\n',
    '"",,""\n',
    '"x\ny","1,2",z\n"""q""",2,3\n',
    ' "a",b,c\n',
    '"a" ,"b"c"d,e\n',
    '6" ,7",8""\n1,2,3\n',
    '5\'9",a,b\n\n1,2,3\n',
    '"unit ""A"" 5""",x,y\n',
    'a,"b\n\nc",d\n',
]
cases = [[table, rows(table)] for table in TABLES]
while len(cases) < 60:
    table = random_table()
    found = rows(table)
    if found is not None and '"' in table:
        cases.append([table, found])
with open("python-csv.json", "w") as file:
    json.dump(cases, file, indent=0)
