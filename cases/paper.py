"""Documents on paper: sections of pairs and lines, as PDF, or locked with a passphrase.

A leaf: it knows no record and no key. The typeface is a committed subset of Noto Sans (SIL Open
Font License 1.1, ``fonts/LICENSE.OFL``), embedded, so that Vietnamese reads on every phone.

Locked = PDF 2.0 encryption, AES-256, because it is what a client can open on a phone without
installing anything (an AES zip opens neither in Android's nor in iOS's own file viewer). The JSON
of the same facts is attached inside, under the same lock. Why not scrypt: decision 0011.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from pypdf import PdfReader, PdfWriter
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

FONTS = Path(__file__).parent / "fonts"
ATTACHED = "ho-so.json"


@dataclass(frozen=True)
class Section:
    heading: str
    pairs: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    title: str
    made_at: datetime
    note: str
    sections: tuple[Section, ...] = field(default_factory=tuple)

    def plain(self) -> dict[str, Any]:
        """For JSON: the same words, in the same order."""
        return {
            "title": self.title,
            "made_at": self.made_at.isoformat(),
            "note": self.note,
            "sections": [
                {
                    "heading": section.heading,
                    "facts": [{"name": name, "value": value} for name, value in section.pairs],
                    "lines": list(section.lines),
                }
                for section in self.sections
            ],
        }


@cache
def _fonts() -> tuple[str, str]:
    names = ("NotoSans-Vi-Regular", "NotoSans-Vi-Bold")
    for name in names:
        pdfmetrics.registerFont(TTFont(name, FONTS / f"{name}.ttf"))
    return names


def _styles() -> dict[str, ParagraphStyle]:
    plain, bold = _fonts()
    body = ParagraphStyle("body", fontName=plain, fontSize=10.5, leading=15, alignment=TA_LEFT)
    return {
        "body": body,
        "title": ParagraphStyle("title", body, fontName=bold, fontSize=18, leading=25),
        "heading": ParagraphStyle(
            "heading", body, fontName=bold, fontSize=13, leading=19, spaceBefore=10
        ),
        "pair": ParagraphStyle("pair", body, spaceAfter=3),
    }


def _text(value: str) -> str:
    return escape(value).replace("\n", "<br/>")


def _flow(document: Document) -> Sequence[Flowable]:
    styles = _styles()
    bold = _fonts()[1]
    shown: list[Flowable] = [
        Paragraph(_text(document.title), styles["title"]),
        Spacer(1, 2 * mm),
        Paragraph(_text(document.note), styles["body"]),
    ]
    for section in document.sections:
        shown.append(Paragraph(_text(section.heading), styles["heading"]))
        for name, value in section.pairs:
            shown.append(
                Paragraph(
                    f'<font name="{bold}">{_text(name)}:</font> {_text(value)}', styles["pair"]
                )
            )
        shown += [Paragraph(_text(line), styles["pair"]) for line in section.lines]
    return shown


def pdf(document: Document) -> bytes:
    """A4, readable text (no picture of text), no name of an author or of this house in it."""
    held = BytesIO()
    plain = _fonts()[0]

    def number(canvas: Any, template: Any) -> None:
        canvas.setFont(plain, 9)
        canvas.drawCentredString(A4[0] / 2, 12 * mm, str(template.page))

    SimpleDocTemplate(
        held,
        pagesize=A4,
        leftMargin=25 * mm,
        rightMargin=20 * mm,
        topMargin=20 * mm,
        bottomMargin=22 * mm,
        title="",
        author="",
        subject="",
        creator="",
        producer="",
        invariant=1,
    ).build(list(_flow(document)), onFirstPage=number, onLaterPages=number)
    return held.getvalue()


def locked_pdf(document: Document, passphrase: str) -> bytes:
    """The PDF with its JSON inside, opened by nothing but the passphrase (AES-256, revision 6).
    There is no owner's password beside it: the same passphrase is both."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf(document))))
    writer.metadata = None
    content = json.dumps(document.plain(), ensure_ascii=False, indent=1).encode()
    writer.add_attachment(ATTACHED, content)
    writer.encrypt(user_password=passphrase, owner_password=None, algorithm="AES-256")
    held = BytesIO()
    writer.write(held)
    return held.getvalue()
