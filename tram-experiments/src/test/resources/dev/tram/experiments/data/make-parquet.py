"""Writes the Parquet files of the readers' tests with Apache Arrow's own writer."""
import decimal
import struct
import zlib

import pyarrow as pa
import pyarrow.parquet as pq


def png(colour):
    """A PNG image of 2x2 pixels of one colour, from the format's definition."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = (b"\x00" + bytes(colour) * 2) * 2
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


TEXTS = ["plain", 'a "quoted" word', "two\nlines", "Grüße, Ωμέγα, 中文, 🙂", None, "last"]
table = pa.table(
    {
        "text": pa.array(TEXTS, pa.string()),
        "label": pa.array([0, 1, 2, 0, 1, 2], pa.int64()),
        "score": pa.array([0.5, None, 1.5, 2.5, 3.5, 4.5], pa.float32()),
        "good": pa.array([True, False, True, False, True, False]),
    }
)
for codec in ("none", "snappy", "gzip", "zstd", "lz4"):
    # Row groups of 4 and 2 rows; text is dictionary-encoded, as Arrow does by itself.
    pq.write_table(table, f"text-{codec}.parquet", compression=codec, row_group_size=4)

images = pa.table(
    {
        "img": pa.array(
            [{"bytes": png(c), "path": f"{i}.png"} for i, c in enumerate([(255, 0, 0), (0, 0, 255)])],
            pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
        ),
        "fine_label": pa.array([3, 7], pa.int64()),
        "tags": pa.array([["a", "b"], []], pa.list_(pa.string())),
    }
)
pq.write_table(images, "images.parquet")

# What other writers make of text, and numbers that are not what their bits are.
types = pa.table(
    {
        "raw": pa.array([b"Gr\xc3\xbc\xc3\x9fe", b"\xff\xfe"], pa.binary()),
        "json": pa.array(['{"a": 1}', '"b"'], pa.json_()),
        "large": pa.array(["c", "d"], pa.large_string()),
        "category": pa.array(["ham", "spam"], pa.string()).dictionary_encode(),
        "decimal": pa.array([decimal.Decimal("1.50"), decimal.Decimal("-2.00")], pa.decimal128(5, 2)),
        "unsigned": pa.array([2**32 - 1, 0], pa.uint32()),
        "huge": pa.array([2**64 - 1, 0], pa.uint64()),
        "whole": pa.array([1.0, float("nan")], pa.float64()),
        "uuid": pa.array([bytes(16), bytes(16)], pa.uuid()),
        "list": pa.array([["a"], []], pa.list_(pa.string())),
    }
)
pq.write_table(types, "types.parquet")
