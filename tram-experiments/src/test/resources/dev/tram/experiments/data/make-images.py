"""Writes images for the readers' tests: a folder per class, and CIFAR-100's binary form.

The PNG files follow the format's definition (make-parquet.py); a CIFAR-100 record is the coarse and
the fine label and 32x32 red, green and blue values.
"""
import os
import pathlib
import struct
import zlib


def png(colour):
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


for path, colour in {"red/b.png": (255, 0, 0), "red/a.PNG": (250, 0, 0), "blue/c.png": (0, 0, 255)}.items():
    os.makedirs(os.path.dirname(f"folder/{path}"), exist_ok=True)
    pathlib.Path(f"folder/{path}").write_bytes(png(colour))
pathlib.Path("folder/red/notes.txt").write_text("no image")
pathlib.Path("folder/top.png").write_bytes(png((1, 2, 3)))

with open("cifar.bin", "wb") as file:
    for coarse, fine, red in ((3, 57, 9), (19, 99, 200)):
        file.write(bytes((coarse, fine)))
        for channel in range(3):
            file.write(bytes((red + channel,)) + bytes(1023))
