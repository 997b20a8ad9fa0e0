"""What a brought file really is, and what it must not carry along.

The type is read from the content, never from the name: PDF, JPEG and PNG, nothing else. Pictures
are drawn anew (Pillow): EXIF with its place and its camera, comments, colour profiles and anything
behind the end of the picture stay behind. Of a PDF only its pages go on (pypdf): no document
information, no XMP, no scripts, actions, attachments or forms; photos inside lose their EXIF.

    Refused        with words for the person who brought it
"""

import io
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject

# A page of A4 at 600 dpi; beyond it a small file can unpack into all memory.
MOST_PIXELS = 36_000_000
MOST_PAGES = 60
# What may stand in a page; the rest (thumbnails, piece info, actions, dates) stays behind.
_PAGE_PARTS = {
    "/Type",
    "/Parent",
    "/Resources",
    "/MediaBox",
    "/CropBox",
    "/Rotate",
    "/Contents",
    "/UserUnit",
    "/Group",
}
_NEVER = {
    "/Metadata",
    "/PieceInfo",
    "/LastModified",
    "/AA",
    "/A",
    "/OpenAction",
    "/JS",
    "/JavaScript",
    "/EmbeddedFiles",
    "/EF",
    "/AF",
    "/Thumb",
    "/OC",
}


class Refused(Exception):
    """The file is not taken; ``message`` tells the person why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Clean(NamedTuple):
    kind: str
    data: bytes


def cleaned(data: bytes) -> Clean:
    """:raises Refused: another type, broken, locked with a password, or too large to unpack."""
    for magic, kind, clean in _KINDS:
        if data.startswith(magic):
            return Clean(kind, clean(data))
    raise Refused(_("Only PDF files and JPEG or PNG pictures can be kept."))


def _broken() -> Refused:
    return Refused(_("The file is broken or not what it seems. Scan or photograph it again."))


def _picture(data: bytes, form: str) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=[form]) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise Refused(_("The picture is too large. Photograph it with less detail."))
                turned = ImageOps.exif_transpose(picture)
                mode = "RGB" if form == "JPEG" else _png_mode(turned.mode)
                plain = Image.new(mode, turned.size)
                plain.paste(turned.convert(mode))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(_("The picture is too large. Photograph it with less detail.")) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError):
        raise _broken() from None
    out = io.BytesIO()
    if form == "JPEG":
        plain.save(out, form, quality=88, optimize=True)
    else:
        plain.save(out, form, optimize=False)
    return out.getvalue()


def _png_mode(mode: str) -> str:
    return mode if mode in ("1", "L", "LA", "RGB", "RGBA") else "RGBA"


def _jpeg(data: bytes) -> bytes:
    return _picture(data, "JPEG")


def _png(data: bytes) -> bytes:
    return _picture(data, "PNG")


def _pdf(data: bytes) -> bytes:
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            raise Refused(_("The PDF is locked with a password. Save it without one."))
        if not 1 <= len(reader.pages) <= MOST_PAGES:
            raise Refused(_("A PDF of 1 to %(most)d pages can be kept.") % {"most": MOST_PAGES})
        writer = PdfWriter()
        for page in reader.pages:
            for name in [name for name in page if name not in _PAGE_PARTS]:
                del page[name]
            writer.add_page(page)
        writer.metadata = None
        for holder in writer._objects:
            _strip(holder)
        out = io.BytesIO()
        writer.write(out)
    except Refused:
        raise
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError):
        # A hostile file breaks a reader in many ways; none of them is our error.
        raise _broken() from None
    except (RecursionError, MemoryError):
        raise _broken() from None
    return out.getvalue()


def _strip(holder: Any) -> None:
    """Every dictionary that is written: no metadata, no action, no attachment, no EXIF."""
    if isinstance(holder, ArrayObject):
        for item in holder:
            _strip_direct(item)
    if not isinstance(holder, DictionaryObject):
        return
    for name in [name for name in holder if name in _NEVER]:
        del holder[name]
    if isinstance(holder, StreamObject) and _is_photo(holder):
        holder._data = without_segments(holder._data)
        holder[NameObject("/Length")] = NumberObject(len(holder._data))
    for item in list(holder.values()):
        _strip_direct(item)


def _strip_direct(item: Any) -> None:
    """Only what stands inside: objects behind a reference have their own turn."""
    if isinstance(item, DictionaryObject | ArrayObject):
        _strip(item)


def _is_photo(stream: StreamObject) -> bool:
    filters = stream.get("/Filter")
    return filters == "/DCTDecode" or (
        isinstance(filters, ArrayObject) and list(filters) == ["/DCTDecode"]
    )


def without_segments(data: bytes) -> bytes:
    """A JPEG stream without application segments and comments; only what its colours need (JFIF
    and Adobe) stays. Bytes that are no JPEG come back empty."""
    if not data.startswith(b"\xff\xd8"):
        return b""
    out = bytearray(b"\xff\xd8")
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return b""
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
            continue
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        segment = data[at : at + 2 + size]
        if marker == 0xDA:  # the picture itself begins
            end = data.rfind(b"\xff\xd9")
            return bytes(out) + data[at : end + 2 if end > at else len(data)]
        if not (0xE0 <= marker <= 0xEF or marker == 0xFE) or marker in (0xE0, 0xEE):
            out += segment
        at += 2 + size
    return b""


_KINDS: tuple[tuple[bytes, str, Callable[[bytes], bytes]], ...] = (
    (b"%PDF-", "pdf", _pdf),
    (b"\xff\xd8\xff", "jpeg", _jpeg),
    (b"\x89PNG\r\n\x1a\n", "png", _png),
)
