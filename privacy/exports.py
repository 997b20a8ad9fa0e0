"""Governed exports: nobody downloads a table by herself.

    ask      who, which list, for which purpose; above a threshold a second person decides
    decide   the data-protection officer, never about her own
    make     the rows of this moment, her right asked again at every batch; one encrypted file
    fetch    by the person who asked, in the job she asked in, until it is deleted
    drop     the nightly job: what is over its time is gone

The file is an Excel workbook in a ZIP with AES-256 (WinZip AE-2, which 7-Zip, WinZip and the file
managers of Linux and macOS open; Excel's own encryption has no library that writes it and calls
itself finished). pyzipper writes it; it brings a cipher of its own, so it is met here and nowhere
else. The passphrase is shown once and kept nowhere: whoever lost it asks again.
Cells cannot become formulas, and every sheet says who took it, when, and under which number.
"""

import hashlib
import io
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pyzipper
import xlsxwriter
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from privacy import access, audit, denials, proof
from privacy.actors import Actor
from privacy.codes import ALPHABET
from privacy.errors import AlreadyDone, Invalid, NotFound, WrongState
from privacy.models import ExportPurpose, ExportRequest, ExportStage
from privacy.roles import Role

Cells = Sequence[str | int]
# What a spreadsheet would run, or read as the end of a cell.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Kind:
    """A list that may leave. ``check`` says what is wrong with the parameters (field → words);
    ``count`` how many rows there are now; ``batches`` reads them anew, a batch at a time, and asks
    for grants in each; ``second`` whether a second person is always needed."""

    code: str
    label: str | Promise
    roles: frozenset[str]
    purposes: frozenset[str]
    head: Callable[[Mapping[str, Any]], Cells]
    count: Callable[[Actor, Mapping[str, Any]], int]
    batches: Callable[[Actor, Mapping[str, Any]], Iterator[Sequence[Cells]]]
    check: Callable[[Mapping[str, Any]], Mapping[str, str]] = lambda params: {}
    second: Callable[[Mapping[str, Any]], bool] = lambda params: False


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Called from ``AppConfig.ready`` by the room that knows the list."""
    _kinds[kind.code] = kind


def kinds_for(actor: Actor) -> list[Kind]:
    """Empty for most: a social worker, a peer worker or a recipient exports nothing."""
    return [kind for kind in _kinds.values() if actor.role in kind.roles]


def may_approve(actor: Actor) -> bool:
    return actor.is_a(Role.DPO)


def require_door(actor: Actor) -> None:
    if not (kinds_for(actor) or may_approve(actor)):
        audit.refused(actor=actor, action="export", subject=None, reason="role")
        raise NotFound


def kind_of(actor: Actor, code: str) -> Kind:
    kind = _kinds.get(code)
    if kind is None or actor.role not in kind.roles:
        audit.refused(actor=actor, action="export", subject=None, reason="role")
        raise NotFound
    return kind


def label_of(code: str) -> str:
    return str(_kinds[code].label) if code in _kinds else code


# -- the five verbs


@transaction.atomic
def ask(
    *, actor: Actor, code: str, purpose: str, params: Mapping[str, Any], second_from: int
) -> ExportRequest:
    """``second_from``: from this many rows on a second person decides (dated data)."""
    kind = kind_of(actor, code)
    wrong = dict(kind.check(params))
    if purpose not in kind.purposes or purpose not in ExportPurpose.values:
        wrong["purpose"] = _("Choose what it is needed for.")
    if wrong:
        raise Invalid(wrong)
    rows = kind.count(actor, params)
    if not rows:
        raise Invalid({"": _("There is nothing to export.")})
    needs_second = rows >= second_from or kind.second(params)
    request = ExportRequest.objects.create(
        kind=code,
        purpose=purpose,
        params=dict(params),
        stage=ExportStage.ASKED if needs_second else ExportStage.APPROVED,
        asked_by_id=actor.user_id,
        membership_id=actor.membership_id,
        rows=rows,
        needs_second=needs_second,
    )
    _record(actor, request, "export.asked", after=request.stage)
    return request


@transaction.atomic
def decide(*, actor: Actor, request: ExportRequest, approve: bool) -> None:
    if not may_approve(actor):
        audit.refused(actor=actor, action="approve_export", subject=request, reason="role")
        raise NotFound
    request = _locked(request)
    if request.asked_by_id == actor.user_id:
        raise denials.refuse(actor, request, "approve_export", denials.Missing.OWN_REQUEST)
    proof.require(actor)
    if request.stage != ExportStage.ASKED:
        raise AlreadyDone(_("This has been decided already."), when=request.decided_at)
    request.stage = ExportStage.APPROVED if approve else ExportStage.REFUSED
    request.decided_by_id, request.decided_at = actor.user_id, timezone.now()
    request.save(update_fields=["stage", "decided_by", "decided_at"])
    _record(actor, request, "export.decided", before=ExportStage.ASKED, after=request.stage)


@transaction.atomic
def make(
    *, actor: Actor, request: ExportRequest, second_from: int, keep_days: int
) -> tuple[ExportRequest, str]:
    """The file of this moment, and its passphrase: the only time it exists outside her head.

    Raises NotFound when she lost the right, before or between two batches: nothing is kept then."""
    request = _locked(request)
    _hers(actor, request)
    proof.require(actor)
    if request.stage != ExportStage.APPROVED:
        raise WrongState(_("This export cannot be made now."))
    kind = kind_of(actor, request.kind)
    rows: list[Cells] = []
    for batch in kind.batches(actor, request.params):
        if not access.still_acts(actor):
            audit.refused(actor=actor, action="export", subject=request, reason="revoked")
            raise NotFound
        rows.extend(batch)
        if len(rows) >= second_from and request.decided_by_id is None:
            raise WrongState(_("It has grown: ask again, so that a second person can decide."))
    made_at = timezone.now()
    passphrase = new_passphrase()
    data = encrypted(
        f"{request.reference}.xlsx",
        workbook(str(kind.label), kind.head(request.params), rows, _watermark(actor, request)),
        passphrase,
    )
    request.file, request.digest = data, hashlib.sha256(data).hexdigest()
    request.stage, request.made_at, request.rows = ExportStage.READY, made_at, len(rows)
    request.expires_at = made_at + timedelta(days=keep_days)
    request.save()
    _record(actor, request, "export.made", before=ExportStage.APPROVED, after=request.stage)
    _log(actor, request, "export_made")
    return request, passphrase


@transaction.atomic
def fetch(*, actor: Actor, request: ExportRequest) -> bytes:
    request = _locked(request)
    _hers(actor, request)
    kind_of(actor, request.kind)
    if request.stage != ExportStage.READY or _is_over(request):
        raise WrongState(_("This file is not there any more. Ask again."))
    request.fetched_at = timezone.now()
    request.save(update_fields=["fetched_at"])
    _record(actor, request, "export.fetched")
    _log(actor, request, "export_fetched")
    return bytes(request.file)


def drop_expired() -> int:
    """Nightly: files over their time are emptied; the request stays as a record."""
    over = ExportRequest.objects.filter(stage=ExportStage.READY, expires_at__lte=timezone.now())
    return over.update(stage=ExportStage.GONE, file=b"")


# -- who, and what is written down


def mine(actor: Actor) -> list[ExportRequest]:
    return list(ExportRequest.objects.filter(membership_id=actor.membership_id).defer("file")[:25])


def waiting(actor: Actor) -> list[ExportRequest]:
    """For the second person; never her own."""
    if not may_approve(actor):
        return []
    return list(
        ExportRequest.objects.filter(stage=ExportStage.ASKED)
        .exclude(asked_by_id=actor.user_id)
        .select_related("asked_by", "membership__organisation")
        .defer("file")
        .order_by("pk")[:50]
    )


def find(actor: Actor, uuid: UUID) -> ExportRequest:
    request = (
        ExportRequest.objects.filter(uuid=uuid)
        .select_related("asked_by", "membership__organisation")
        .defer("file")
        .first()
    )
    if request is None:
        raise NotFound
    if request.membership_id != actor.membership_id and not may_approve(actor):
        audit.refused(actor=actor, action="export", subject=request, reason="not_hers")
        raise NotFound
    return request


def _hers(actor: Actor, request: ExportRequest) -> None:
    if request.membership_id != actor.membership_id or not access.still_acts(actor):
        audit.refused(actor=actor, action="export", subject=request, reason="not_hers")
        raise NotFound


def _locked(request: ExportRequest) -> ExportRequest:
    return ExportRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)


def _is_over(request: ExportRequest) -> bool:
    return request.expires_at is None or request.expires_at <= timezone.now()


def _record(
    actor: Actor, request: ExportRequest, event: str, *, before: str = "", after: str = ""
) -> None:
    audit.record_change(
        actor=actor,
        event=event,
        subject=request,
        before=before,
        after=after,
        reason=request.purpose,
    )


def _log(actor: Actor, request: ExportRequest, action: str) -> None:
    """In the audit of what people saw, beside the openings: an export is one."""
    audit.looked(actor=actor, action=action, subject=request, purpose=request.purpose)


# -- the file


def safe_cell(value: str | int) -> str | int:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(value, int):
        return value
    return f"'{value}" if value.startswith(_DANGEROUS) else value


def _watermark(actor: Actor, request: ExportRequest) -> str:
    day = timezone.localtime().strftime("%d/%m/%Y %H:%M")
    return f"{request.reference} · {actor.name} · {day}"


def workbook(title: str, head: Cells, rows: Sequence[Cells], watermark: str) -> bytes:
    """One sheet; the watermark stands in its first line and on every printed page. In memory:
    no temporary file is ever written in clear."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    # "&" begins a code in headers.
    printed = watermark.replace("&", "&&")[:200]
    sheet.set_header(f"&C{printed}")
    sheet.set_footer(f"&L{printed}&R&P/&N")
    sheet.write_string(0, 0, str(safe_cell(watermark)))
    sheet.write_string(1, 0, str(safe_cell(title)), bold)
    for column, value in enumerate(head):
        sheet.write_string(3, column, str(safe_cell(value)), bold)
    for number, row in enumerate(rows, start=4):
        for column, value in enumerate(row):
            cell = safe_cell(value)
            if isinstance(cell, int):
                sheet.write_number(number, column, cell)
            else:
                sheet.write_string(number, column, cell)
    sheet.set_column(0, max(len(head) - 1, 0), 22)
    book.close()
    return out.getvalue()


def encrypted(name: str, data: bytes, passphrase: str) -> bytes:
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", compression=pyzipper.ZIP_DEFLATED) as packed:
        packed.setpassword(passphrase.encode())
        packed.setencryption(pyzipper.WZ_AES, nbits=256)
        packed.writestr(name, data)
    return out.getvalue()


def new_passphrase() -> str:
    """Twenty-four signs in groups of four: 116 bits, readable over a telephone."""
    signs = [secrets.choice(ALPHABET) for _ in range(24)]
    return "-".join("".join(signs[at : at + 4]) for at in range(0, 24, 4))
