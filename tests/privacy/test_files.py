"""Files in chunks: cut off, moved, doubled or swapped, they stay shut; metadata never comes in."""

import io
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, NumberObject, StreamObject, TextStringObject

from privacy import content, crypto, files, keys
from privacy.compartments import Compartment as C
from privacy.errors import Invalid, NotFound
from privacy.models import SealedChunk, SealedFile

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
SECRET = "Nguyen Thi Mat 20.5400 105.9200"


def photo(form="JPEG", size=(60, 40)):
    picture = Image.new("RGB", size, (120, 30, 200))
    out = io.BytesIO()
    if form == "PNG":
        info = PngInfo()
        info.add_text("Author", SECRET)
        picture.save(out, "PNG", pnginfo=info)
    else:
        exif = Image.Exif()
        exif[0x010E], exif[0x0112] = SECRET, 6  # a description; "turn me a quarter"
        picture.save(out, form, exif=exif, comment=SECRET.encode())
    return out.getvalue() + SECRET.encode()  # and something behind the end


def pdf():
    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    image = StreamObject()
    image._data = photo()
    image.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Filter"): NameObject("/DCTDecode"),
            NameObject("/Width"): NumberObject(60),
            NameObject("/Height"): NumberObject(40),
            NameObject("/ColorSpace"): NameObject("/DeviceRGB"),
            NameObject("/BitsPerComponent"): NumberObject(8),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/XObject"): DictionaryObject({NameObject("/I"): writer._add_object(image)})}
    )
    page[NameObject("/PieceInfo")] = DictionaryObject({NameObject("/X"): TextStringObject(SECRET)})
    writer.add_metadata({"/Author": SECRET})
    writer.xmp_metadata = f"<x>{SECRET}</x>".encode()
    script = {"/Type": "/Action", "/S": "/JavaScript", "/JS": f"app.alert('{SECRET}')"}
    writer._root_object[NameObject("/OpenAction")] = DictionaryObject(
        {
            NameObject(key): NameObject(value) if value[0] == "/" else TextStringObject(value)
            for key, value in script.items()
        }
    )
    writer.add_attachment("a.txt", SECRET.encode())
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


# -- what comes in


@pytest.mark.parametrize(
    ("data", "kind"), [(photo(), "jpeg"), (photo("PNG"), "png"), (pdf(), "pdf")]
)
def test_nothing_but_the_content_is_kept(data, kind):
    assert SECRET.encode() in data
    clean = content.cleaned(data)
    assert clean.kind == kind
    for part in (SECRET, "Nguyen", "Exif", "20.54", "/JavaScript", "/EmbeddedFile", "/Metadata"):
        assert part.encode() not in clean.data, part


def test_a_photo_keeps_its_picture_the_right_way_up():
    with Image.open(io.BytesIO(content.cleaned(photo()).data)) as picture:
        assert (
            picture.size == (40, 60)
            and not picture.getexif()
            and picture.info.get("comment") is None
        )
        assert picture.convert("RGB").getpixel((5, 5))[2] > 150
    with Image.open(io.BytesIO(content.cleaned(photo("PNG")).data)) as picture:
        assert picture.getpixel((5, 5)) == (120, 30, 200)


def test_a_pdf_keeps_its_pages_and_their_photos():
    reader = PdfReader(io.BytesIO(content.cleaned(pdf()).data))
    assert len(reader.pages) == 1 and not reader.metadata and reader.xmp_metadata is None
    assert set(reader.trailer["/Root"]) <= {"/Type", "/Pages"}
    with Image.open(io.BytesIO(reader.pages[0].images[0].data)) as picture:
        assert picture.size == (60, 40)


def locked_pdf():
    writer = PdfWriter()
    writer.add_blank_page(10, 10)
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def bomb():
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"<svg onload=alert(1)>",
        b"MZ\x90\x00 a program",
        b"PK\x03\x04 an office file",
        b"GIF89a" + bytes(40),
        b"%PDF-1.7\nnothing behind it",
        b"\xff\xd8\xff\xe0 no picture",
        b"\x89PNG\r\n\x1a\n no picture",
        photo()[:200],
        locked_pdf(),
        bomb(),
    ],
)
def test_what_is_not_one_of_three_kinds_is_refused(data):
    with pytest.raises(content.Refused) as refusal:
        content.cleaned(data)
    assert refusal.value.message and SECRET not in refusal.value.message


# -- sealed in chunks


def sealed(cast, data, *, owner=None, chunk=None, monkeypatch=None):
    if chunk:
        monkeypatch.setattr(files, "CHUNK", chunk)
    monkeypatch.setattr(content, "cleaned", lambda raw: content.Clean("pdf", raw))
    if owner is None:
        owner = uuid4()
        keys.make(owner, [C.NOTES, C.IDENTITY])
    return files.add(
        actor=cast.hanh,
        owner=owner,
        compartment=C.NOTES,
        about=cast.user("hanh"),
        name="Giấy",
        data=data,
    )


def see(file):
    keys.open_pairs([(file.owner_uuid, C(file.compartment))])


@settings(max_examples=40)
@given(st.binary(min_size=0, max_size=70), st.lists(st.integers(0, 70)))
def test_any_bytes_in_any_pieces_come_back(data, cuts):
    file = SealedFile(owner_uuid=uuid4(), compartment="notes")
    key = crypto.DataKey(bytes(32), 1)
    edges = sorted({0, *[cut for cut in cuts if cut < len(data)], len(data)})
    pieces = [data[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    with keys.fresh_ring() as ring, pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "CHUNK", 16)
        ring.seen[file.owner_uuid, C.NOTES] = {1: key}
        envelopes = list(files.seal_chunks(key, file, pieces))
        file.chunks = len(envelopes)
        assert b"".join(files.open_chunks(file, enumerate(envelopes))) == data
        assert len(envelopes) == max(1, -(-len(data) // 16))


def test_nobody_without_the_key_reads_it(cast, monkeypatch):
    file = sealed(cast, b"x" * 100, monkeypatch=monkeypatch)
    raw = b"".join(bytes(part.envelope) for part in file.parts.all())
    assert b"xxxx" not in raw and "Giấy".encode() not in bytes(file.sealed_name)
    assert files.name_of(file) is None
    with pytest.raises(NotFound):
        files.opened(file)
    see(file)
    assert files.opened(file) == b"x" * 100 and files.name_of(file) == "Giấy"


def test_every_change_of_the_chunks_is_noticed(cast, monkeypatch):
    file = sealed(cast, bytes(range(100)), chunk=16, monkeypatch=monkeypatch)
    other = sealed(cast, bytes(100), owner=file.owner_uuid, monkeypatch=monkeypatch)
    see(file)
    whole = [bytes(part.envelope) for part in file.parts.all()]
    foreign = [bytes(part.envelope) for part in other.parts.all()]
    assert len(whole) == 7 and b"".join(files.open_chunks(file, enumerate(whole))) == bytes(
        range(100)
    )

    def read(envelopes, chunks=7, start=0):
        file.chunks = chunks
        try:
            return b"".join(files.open_chunks(file, enumerate(envelopes, start)))
        finally:
            file.chunks = 7

    flipped = [whole[0][:-1] + bytes([whole[0][-1] ^ 1]), *whole[1:]]
    for envelopes, chunks in (
        (whole[:-1], 7),  # cut off
        (whole[:-1], 6),  # cut off, and the count made to fit
        (whole[1:], 6),
        ([whole[1], whole[0], *whole[2:]], 7),  # moved
        ([*whole, whole[-1]], 8),  # doubled
        ([*whole[:3], whole[2], *whole[3:]], 8),
        ([*whole[:-1], foreign[-1]], 7),  # of another file of the same owner
        (flipped, 7),
        ([b"", *whole[1:]], 7),
        ([], 7),
        (whole, 3),  # the count made smaller
    ):
        with pytest.raises(files.Damaged):
            read(envelopes, chunks)
    with pytest.raises(files.Damaged):
        read(whole, start=1)


def test_a_chunk_lost_in_the_database_hands_out_nothing(cast, monkeypatch):
    file = sealed(cast, bytes(100), chunk=16, monkeypatch=monkeypatch)
    see(file)
    SealedChunk.objects.filter(file=file, number=6).delete()
    with pytest.raises(files.Damaged):
        files.opened(file)


def test_a_file_moved_to_another_owner_stays_shut(cast, monkeypatch):
    file, other = (sealed(cast, b"abc", monkeypatch=monkeypatch) for _ in range(2))
    SealedFile.objects.filter(pk=file.pk).update(owner_uuid=other.owner_uuid)
    file.refresh_from_db()
    see(file)
    with pytest.raises(files.Damaged):
        files.opened(file)
    assert files.name_of(file) is None


def test_size_and_emptiness_are_told_in_words(cast, monkeypatch, settings):
    settings.UPLOAD_MAX_BYTES = 50
    for data in (b"", bytes(51)):
        with pytest.raises(Invalid) as refusal:
            sealed(cast, data, monkeypatch=monkeypatch)
        assert "file" in refusal.value.errors


def test_erasure_takes_every_row(cast, monkeypatch):
    file = sealed(cast, bytes(100), chunk=16, monkeypatch=monkeypatch)
    sealed(cast, b"2", owner=file.owner_uuid, monkeypatch=monkeypatch)
    kept = sealed(cast, b"3", monkeypatch=monkeypatch)
    assert files.purge(file.owner_uuid) == 2 and files.purge(file.owner_uuid) == 0
    assert list(SealedFile.objects.all()) == [kept]
    assert set(SealedChunk.objects.values_list("file_id", flat=True)) == {kept.pk}
