"""Writes small files in the forms of the XNLI and MultiNLI releases and of the hub's xnli.

Columns and quirks as in multinli_1.0, XNLI-1.0, XNLI-MT-1.0 and facebook/xnli; the pairs are made up.
"""
import csv
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq

PAIRS = [
    ('He said "yes".', "He agreed.", "entailment"),
    ("It rained.", "Birds sang.", "neutral"),
    ("It rained.", "It was dry.", "contradiction"),
]
XNLI = (
    "language gold_label sentence1_binary_parse sentence2_binary_parse sentence1_parse"
    " sentence2_parse sentence1 sentence2 promptID pairID genre label1 label2 label3 label4 label5"
    " sentence1_tokenized sentence2_tokenized match"
).split()


def xnli(path, languages):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None)
        writer.writerow(XNLI)
        for language in languages:
            for number, (first, second, label) in enumerate(PAIRS):
                row = dict.fromkeys(XNLI, "")
                row.update(
                    language=language, gold_label=label, sentence1=f"{language} {first}",
                    sentence2=second, promptID=number, pairID=number, genre="made-up", match="True",
                )
                writer.writerow(row.values())


os.makedirs("original/XNLI-1.0", exist_ok=True)
os.makedirs("original/multinli_1.0", exist_ok=True)
xnli("original/XNLI-1.0/xnli.dev.tsv", ["ar", "en"])
xnli("original/XNLI-1.0/xnli.test.tsv", ["ar", "en", "sw"])
with open("original/multinli_1.0/multinli_1.0_train.jsonl", "w", encoding="utf-8") as file:
    for first, second, label in PAIRS + [("Nobody", "agreed", "-")]:
        pair = {"annotator_labels": [label], "genre": "made-up", "gold_label": label}
        file.write(json.dumps(pair | {"sentence1": first, "sentence2": second}) + "\n")

os.makedirs("translated", exist_ok=True)
xnli("translated/xnli.dev.tsv", ["ar", "en"])
xnli("translated/xnli.test.tsv", ["ar", "en", "sw"])
with open("translated/multinli.train.en.tsv", "w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None)
    writer.writerow(("premise", "hypo", "label"))
    for first, second, label in PAIRS:
        writer.writerow((first, second, label.replace("contradiction", "contradictory")))

for language in ("ar", "en", "sw"):
    os.makedirs(f"hub/{language}", exist_ok=True)
    for split in ("train", "validation", "test"):
        table = pa.table(
            {
                "premise": [
                    first if split == "train" else f"{language} {first}" for first, _, _ in PAIRS
                ],
                "hypothesis": [second for _, second, _ in PAIRS],
                "label": pa.array([0, 1, 2], pa.int64()),
            }
        )
        pq.write_table(table, f"hub/{language}/{split}-00000-of-00001.parquet")
