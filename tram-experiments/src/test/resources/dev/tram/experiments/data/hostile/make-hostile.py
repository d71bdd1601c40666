"""Writes Parquet files of two text columns, from the format's definition, each with something in it that is not so."""
import struct
import zlib


def unsigned(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + unsigned(n >> 7)


def signed(n):
    return unsigned(n * 2 if n >= 0 else -n * 2 - 1)


class Struct:
    """A struct in Thrift's compact protocol."""

    def __init__(self):
        self.bytes, self.last = b"", 0

    def field(self, number, kind, value):
        self.bytes += bytes([(number - self.last) << 4 | kind]) + value
        self.last = number
        return self

    def i32(self, number, value):
        return self.field(number, 5, signed(value))

    def i64(self, number, value):
        return self.field(number, 6, signed(value))

    def text(self, number, value):
        return self.field(number, 8, unsigned(len(value)) + value.encode())

    def struct(self, number, value):
        return self.field(number, 12, value.end())

    def list(self, number, kind, items):
        return self.field(number, 9, bytes([len(items) << 4 | kind]) + b"".join(items))

    def end(self):
        return self.bytes + b"\0"


NONE, SNAPPY, GZIP = 0, 1, 2
HUGE = 2**31 - 1


def gzip(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def page(packed, size, encoding=0, packed_size=None):
    head = Struct().i32(1, 0).i32(2, size).i32(3, len(packed) if packed_size is None else packed_size)
    head.struct(5, Struct().i32(1, 4).i32(2, encoding).i32(3, 3).i32(4, 3))
    return head.end() + packed


def write(name, first, second, codec, chunk=None):
    body, columns = b"PAR1", []
    for column, data in (("review", first), ("mood", second)):
        begin, size = len(body), len(data) if chunk is None else chunk
        body += data
        meta = Struct().i32(1, 6).list(2, 5, [signed(0)]).list(3, 8, [unsigned(len(column)) + column.encode()])
        meta.i32(4, codec).i64(5, 4).i64(6, len(data)).i64(7, size).i64(9, begin)
        columns.append(Struct().i64(2, begin).struct(3, meta).end())
    schema = [Struct().text(4, "schema").i32(5, 2).end()]
    schema += [Struct().i32(1, 6).i32(3, 0).text(4, column).i32(6, 0).end() for column in ("review", "mood")]
    group = Struct().list(1, 12, columns).i64(2, len(body)).i64(3, 4).end()
    footer = Struct().i32(1, 1).list(2, 12, schema).i64(3, 4).list(4, 12, [group]).end()
    with open(name + ".parquet", "wb") as file:
        file.write(body + footer + struct.pack("<I", len(footer)) + b"PAR1")


def plain(*values):
    return b"".join(struct.pack("<I", len(value)) + value for value in values)


texts, moods = plain(b"one", b"two", b"three", b"four"), plain(b"a", b"b", b"a", b"b")
mood, packed_mood = page(moods, len(moods)), page(gzip(moods), len(moods))
write("whole", page(texts, len(texts)), mood, NONE)
write("gzip-huge", page(gzip(texts), HUGE), packed_mood, GZIP)
write("gzip-negative", page(gzip(texts), -5), packed_mood, GZIP)
write("gzip-short", page(gzip(texts), len(texts) + 1), packed_mood, GZIP)
write("snappy-huge", page(unsigned(HUGE) + bytes(20), HUGE), mood, SNAPPY)
write("snappy-lies", page(unsigned(HUGE) + bytes(20), len(texts)), mood, SNAPPY)
write("page-negative", page(texts, len(texts), packed_size=-5), mood, NONE)
write("encoding-unknown", page(texts, len(texts), encoding=99), mood, NONE)
write("encoding-of-numbers", page(texts, len(texts), encoding=5), mood, NONE)
write("dictionary-absent", page(texts, len(texts), encoding=8), mood, NONE)
write("chunk-huge", page(texts, len(texts)), mood, NONE, 1 << 40)
write("chunk-negative", page(texts, len(texts)), mood, NONE, -9)
write("text-huge", page(struct.pack("<I", HUGE) + texts, len(texts) + 4), mood, NONE)
write("text-negative", page(struct.pack("<i", -4) + texts, len(texts) + 4), mood, NONE)
