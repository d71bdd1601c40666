"""Writes small images, and in expected.json what Pillow makes of them: exif_transpose and convert("RGB")."""
import json
import os
import struct
import zlib

from PIL import Image, ImageCms, ImageOps


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(name, kind, bits, rows, extra=b""):
    """A PNG image from the format's definition: rows of samples, several per pixel one after the other."""
    per_pixel = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    data = b""
    for row in rows:
        packed = int("1" + "".join(format(v, "0%db" % bits) for v in row).ljust(-len(row) * bits // 8 * -8, "0"), 2)
        data += b"\0" + packed.to_bytes((packed.bit_length() + 7) // 8, "big")[1:]
    head = struct.pack(">IIBBBBB", len(rows[0]) // per_pixel, len(rows), bits, kind, 0, 0, 0)
    with open(name, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra)
        file.write(chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))


def samples(count, top, step):
    return [[(y * count + x) * step % (top + 1) for x in range(count)] for y in range(2)]


GAMMA = chunk(b"gAMA", struct.pack(">I", 100000))
PALETTE = chunk(b"PLTE", bytes([250, 10, 20, 30, 200, 40, 0, 60, 255, 128, 128, 128]))
for bits in (1, 2, 4, 8):
    png("grey%d.png" % bits, 0, bits, samples(9, 2**bits - 1, 2 ** (bits - 1) // 2 * 3 | 1))
png("grey16.png", 0, 16, samples(9, 65535, 3641))
png("grey16-low.png", 0, 16, samples(9, 300, 17))
png("grey8-gamma.png", 0, 8, samples(9, 255, 13), GAMMA)
png("grey8-transparent.png", 0, 8, samples(9, 255, 13), chunk(b"tRNS", struct.pack(">H", 26)))
png("grey16-transparent.png", 0, 16, samples(9, 65535, 3641), chunk(b"tRNS", struct.pack(">H", 3641)))
png("grey2-transparent.png", 0, 2, samples(9, 3, 1), chunk(b"tRNS", struct.pack(">H", 2)))
png("grey8-alpha.png", 4, 8, samples(12, 255, 37))
png("grey16-alpha.png", 4, 16, samples(12, 65535, 9437))
png("rgb8-transparent.png", 2, 8, samples(12, 255, 29), chunk(b"tRNS", struct.pack(">HHH", 0, 29, 58)))
png("rgb16.png", 2, 16, samples(12, 65535, 7919))
png("rgb16-transparent.png", 2, 16, samples(12, 65535, 7919), chunk(b"tRNS", struct.pack(">HHH", 0, 7919, 15838)))
png("rgba8.png", 6, 8, samples(16, 255, 31))
png("rgba16.png", 6, 16, samples(16, 65535, 8111))
png("palette2.png", 3, 2, samples(7, 3, 1), PALETTE)
png("palette8.png", 3, 8, samples(7, 3, 1), PALETTE)
png("palette4-alpha.png", 3, 4, samples(7, 3, 1), PALETTE + chunk(b"tRNS", bytes([0, 128, 255])))
png("palette8-alpha.png", 3, 8, samples(7, 3, 1), PALETTE + chunk(b"tRNS", bytes([0, 128, 255])))

picture = Image.new("RGB", (12, 8))
picture.putdata([(20 * x, 30 * y, 255 - 10 * (x + y)) for y in range(8) for x in range(12)])
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture.save("turned%d.jpg" % orientation, exif=exif, quality=95, subsampling=0)
exif = Image.Exif()
exif[0x0112] = 5
picture.save("turned5.png", exif=exif)
exif[0x0112] = 9
picture.save("turned-wrongly.jpg", exif=exif)
picture.save("progressive.jpg", progressive=True, quality=90)
picture.save("restarts.jpg", quality=90, subsampling=1)
picture.convert("L").save("grey.jpg")
picture.convert("L").save("grey-progressive.jpg", progressive=True)
picture.save("colours.gif")
picture.convert("L").save("grey.gif")
picture.convert("P").save("transparent.gif", transparency=0)
picture.save("colours.bmp")
picture.convert("P").save("palette.bmp")
picture.convert("L").save("grey.bmp")
picture.convert("1").save("bits.bmp")
picture.save("second-frame.gif", save_all=True, append_images=[picture.rotate(180)])
picture.convert("CMYK").save("cmyk.jpg")
picture.convert("L").save("grey.tif", compression="tiff_lzw")
picture.convert("P").save("palette.tif")
picture.convert("1").save("bits.tif")
picture.convert("RGBA").save("alpha.tif")
picture.convert("CMYK").save("cmyk.tif")
deep = Image.new("I;16", (9, 2))
for i in range(18):
    deep.putpixel((i % 9, i // 9), i * 17 if i < 17 else 40000)
deep.save("grey16.tif")


def xmp(orientation, as_attribute):
    """XMP's orientation, in either of its spellings."""
    value = ' tiff:Orientation="%d"/>' if as_attribute else "><tiff:Orientation>%d</tiff:Orientation></rdf:Description>"
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"' + value % orientation
        + "</rdf:RDF></x:xmpmeta>"
    ).encode()


def with_xmp(name, orientation, as_attribute=True, exif=None):
    """Puts XMP behind a JPEG image's other segments of metadata, or in a PNG image's text."""
    picture.save(name, **({"exif": exif} if exif else {}), **({"quality": 95} if name.endswith("jpg") else {}))
    with open(name, "rb") as file:
        data = file.read()
    if name.endswith("png"):
        begin, added = 33, chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp(orientation, as_attribute))
    else:
        begin = 2
        while data[begin + 1] in (0xE0, 0xE1):
            begin += 2 + struct.unpack(">H", data[begin + 2 : begin + 4])[0]
        segment = b"http://ns.adobe.com/xap/1.0/\0" + xmp(orientation, as_attribute)
        added = b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment
    with open(name, "wb") as file:
        file.write(data[:begin] + added + data[begin:])


upright = Image.Exif()
upright[0x0112] = 1
with_xmp("xmp6.jpg", 6)
with_xmp("xmp8.jpg", 8, False)
with_xmp("xmp8-exif1.jpg", 8, exif=upright)
with_xmp("xmp5.png", 5)
with_xmp("xmp7.png", 7, False)
with_xmp("xmp6-exif1.png", 6, exif=upright)
with_xmp("xmp9.png", 9)
# Pillow reads XMP of PNG from version 8 on, of JPEG from 11 on.
QUARTERS = {"xmp6.jpg": Image.Transpose.ROTATE_270, "xmp8.jpg": Image.Transpose.ROTATE_90}

# A profile in which red and blue have changed places: Pillow leaves the values as they are.
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
profile = profile.replace(b"rXYZ", b"tmp_").replace(b"bXYZ", b"rXYZ").replace(b"tmp_", b"bXYZ")
picture.save("profile.jpg", icc_profile=profile)
picture.save("profile.png", icc_profile=profile)
picture.convert("L").save("grey-profile.jpg", icc_profile=profile)
picture.save("colours.webp", lossless=True)

expected = {}
for name in sorted(os.listdir(".")):
    if name.endswith((".py", ".json", ".webp")):
        continue
    image = Image.open(name)
    image = image.transpose(QUARTERS[name]) if name in QUARTERS else ImageOps.exif_transpose(image)
    image = image.convert("RGB")
    expected[name] = {"width": image.width, "height": image.height, "rgb": image.tobytes().hex()}
with open("expected.json", "w") as file:
    json.dump(expected, file, indent=1)
