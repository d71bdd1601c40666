"""Writes the tables of the readers' tests with Python's own csv and json modules."""
import csv
import gzip
import json

ROWS = [
    ("plain", "ham", 1),
    ('a "quoted" word, and a comma', "spam", 2),
    ("two\nlines", "ham", 3),
    ("tab\there", "spam", 4),
    ("Grüße, Ωμέγα, 中文, 🙂", "ham", 5),
]

with open("table.csv", "w", newline="", encoding="utf-8-sig") as file:
    writer = csv.writer(file)
    writer.writerow(("text", "label", "number"))
    writer.writerows(ROWS)

with open("table.tsv", "w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None)
    writer.writerow(("text", "label", "number"))
    writer.writerows(row for row in ROWS if "\n" not in row[0] and "\t" not in row[0])

with gzip.GzipFile("table.jsonl.gz", "wb", mtime=0) as file:
    for index, (text, label, number) in enumerate(ROWS):
        line = json.dumps(
            {"text": text, "label": label, "number": number}, ensure_ascii=index % 2 == 0
        )
        file.write((line + "\n").encode())
