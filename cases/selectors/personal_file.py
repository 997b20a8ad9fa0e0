"""Everything that stands about her, as one document: for her own copy, and for the page on which
her worker shows it to her. What stays shut is named as kept, and nothing of it is told."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from cases.models import (
    Assessment,
    CarePlan,
    Case,
    CaseReferral,
    ChildPlan,
    Closure,
    Correctable,
    Correction,
    FollowUp,
    Goal,
    RightsKind,
    RightsRequest,
    SafetyPlan,
    Screening,
)
from cases.paper import Document, Section
from cases.questionnaire import Questionnaire
from cases.selectors.consents import consents_of, shown
from cases.selectors.openings import Opening
from cases.selectors.referring import field_labels
from cases.selectors.screening import form_for
from privacy.fields import LOCKED
from services.models import ServiceType

Pair = tuple[str, str]


def gather(case: Case, *, openings: list[Opening], whole: bool) -> Document:
    """``whole`` = every compartment is open (the job of her own copy); otherwise what the keys of
    this request open. In Vietnamese where it leaves the house."""
    if whole:
        with override("vi"):
            return _document(case, openings, whole)
    return _document(case, openings, whole)


def _document(case: Case, openings: list[Opening], whole: bool) -> Document:
    return Document(
        title=_("Everything that stands about you"),
        made_at=timezone.now(),
        note=_(
            "Made for you on %(when)s. It is yours: keep it where nobody reads it who should not. "
            "You may ask that something is corrected, that it is not used, or that it is deleted."
        )
        % {"when": _moment(timezone.now())},
        sections=tuple(
            section
            for section in (
                _person(case),
                _consents(case),
                *_screenings(case),
                _plan(case),
                _referrals(case),
                _follow_ups(case),
                _protection(case),
                _corrections(case),
                _requests(case),
                _openings(openings),
            )
            if section.pairs or section.lines
        ),
    )


def _moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "d/m/Y H:i")


def _say(value: Any) -> str:
    if value is LOCKED:
        return _("Kept, and not opened on this page")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {_say(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(_say(part) for part in value)
    return str(value)


def _pairs(*rows: tuple[Any, Any]) -> tuple[Pair, ...]:
    """What was never asked is left out; what is locked is said."""
    return tuple((str(name), _say(value)) for name, value in rows if value is LOCKED or value)


def _person(case: Case) -> Section:
    contact = case.contact if isinstance(case.contact, dict) else {}
    locked = case.contact is LOCKED
    return Section(
        _("You"),
        _pairs(
            (_("Case code"), case.code),
            (Correctable.ALIAS.label, case.alias),
            (Correctable.LEGAL_NAME.label, case.legal_name),
            (Correctable.BIRTH_YEAR.label, case.birth_year),
            (Correctable.ADDRESS.label, case.address),
            (_("How to reach you"), LOCKED if locked else ""),
            (Correctable.PHONE.label, contact.get("phone", "")),
            (_("We may call"), "" if locked else bool(contact.get("may_call")) or _("No")),
            (_("We may text"), "" if locked else bool(contact.get("may_text")) or _("No")),
            (Correctable.HOURS.label, contact.get("hours", "")),
            (Correctable.CODE_WORD.label, contact.get("code_word", "")),
            (_("Stands at"), case.get_state_display()),
            (_("Opened on"), _moment(case.created_at)),
            (_("Office that keeps the file"), case.organisation.name),
        ),
    )


def _consents(case: Case) -> Section:
    lines = []
    for row in shown(consents_of(case), timezone.now()):
        parts = [
            f"{_moment(row.consent.created_at)}: {row.purpose}",
            row.consent.recipient.name if row.consent.recipient else "",
            str(row.service or ""),
            ", ".join(str(item) for item in row.fields),
            str(row.standing.label),
        ]
        lines.append(" · ".join(filter(None, parts)))
    return Section(_("What you agreed to, or not"), lines=tuple(lines))


def _answers(form: Questionnaire, held: Any) -> Iterable[Pair]:
    if held is LOCKED:
        yield _("Answers"), _say(LOCKED)
        return
    questions = form.questions
    for code, answer in held.items():
        question = questions.get(code)
        label = str(question.label) if question else code
        options = (
            {option.value: str(option.label) for option in question.options} if question else {}
        )
        yield label, options.get(answer, str(answer))


def _screenings(case: Case) -> Iterable[Section]:
    for screening in Screening.objects.filter(case=case).order_by("pk"):
        form, _version = form_for(screening)
        rows = [*_answers(form, screening.answers), *_answers(form, screening.protection)]
        yield Section(
            _("Screening of %(day)s") % {"day": _moment(screening.created_at)},
            _pairs(
                (_("Level"), screening.get_level_display()),
                (_("Why this level"), screening.level_reason),
                (_("Scores"), screening.scores),
                (_("Suggested services"), _services(screening.services)),
                *rows,
            ),
        )


def _services(codes: Any) -> Any:
    if not isinstance(codes, list):
        return codes
    names = {item.code: str(item.name) for item in ServiceType.objects.all()}
    return [names.get(code, code) for code in codes]


def _plan(case: Case) -> Section:
    rows: list[tuple[Any, Any]] = []
    for assessment in Assessment.objects.filter(case=case).order_by("pk"):
        rows += [(_("Situation"), assessment.situation), (_("Strengths"), assessment.strengths)]
    for plan in CarePlan.objects.filter(case=case).order_by("number").prefetch_related("goals"):
        rows.append((_("Support plan %(n)d") % {"n": plan.number}, plan.get_state_display()))
        rows.append((_("Returned because"), plan.returned_because))
        rows += [(_("Goal"), _goal(goal)) for goal in plan.goals.all()]
    rows += [
        (_("Closure"), f"{item.get_reason_display()} {_say(item.note)}".strip())
        for item in Closure.objects.filter(case=case).order_by("pk")
    ]
    return Section(_("Situation, plan and goals"), _pairs(*rows))


def _goal(goal: Goal) -> Any:
    return LOCKED if goal.text is LOCKED else f"{goal.text} ({goal.get_state_display()})"


def _referrals(case: Case) -> Section:
    labels = {code: str(label) for code, label in field_labels().items()}
    lines = []
    links = (
        CaseReferral.objects.filter(case=case)
        .select_related("referral__recipient_team__organisation", "case")
        .order_by("pk")
    )
    for link in links:
        referral = link.referral
        packet = referral.packet
        if isinstance(packet, dict):
            sent = "; ".join(
                f"{labels.get(code, code)}: {_say(value)}"
                for code, value in packet.get("fields", {}).items()
            )
        else:
            sent = _("what was sent is not opened here, or was destroyed when you took it back")
        lines.append(
            f"{referral.recipient_team.organisation.name} · {referral.get_state_display()} · {sent}"
        )
        if link.client_result is LOCKED or link.client_result:
            lines.append(f"{_('What you said about it')}: {_say(link.client_result)}")
    if lines:
        lines.append(
            _(
                "Each of these offices may keep entries of its own about its service. They are not "
                "in this file: you can ask the office itself for them."
            )
        )
    return Section(_("Referrals"), lines=tuple(lines))


def _follow_ups(case: Case) -> Section:
    rows: list[tuple[Any, Any]] = []
    for item in FollowUp.objects.filter(case=case).select_related("case").order_by("due_on", "pk"):
        when = item.due_on.strftime("%d/%m/%Y")
        rows.append((when, item.get_state_display()))
        if item.done_at is not None:
            rows += [
                (_("Note"), item.note),
                (_("Answers"), item.answers),
                (_("Answers"), item.protection),
            ]
    return Section(_("Follow-ups"), _pairs(*rows))


def _protection(case: Case) -> Section:
    return Section(
        _("Safety"),
        _pairs(
            *(
                (_moment(plan.created_at), plan.text)
                for plan in SafetyPlan.objects.filter(case=case).order_by("pk")
            ),
            *(
                (_moment(child.created_at), child.text)
                for child in ChildPlan.objects.filter(case=case).order_by("pk")
            ),
        ),
    )


def _corrections(case: Case) -> Section:
    rows = []
    names: dict[str, Any] = dict(Correctable.choices)
    for item in Correction.objects.filter(case=case).order_by("pk"):
        held = [item.identity, item.contact, item.needs]
        version = next((part for part in held if isinstance(part, dict) and part), None)
        if version is None:
            rows.append((_moment(item.created_at), LOCKED))
            continue
        name = names.get(version["field"], version["field"])
        rows.append((f"{_moment(item.created_at)} · {name}", version["after"]))
    return Section(_("Corrected as you asked"), _pairs(*rows))


def _requests(case: Case) -> Section:
    """Complaints pass the worker by, and she is beside when the copy is made and fetched: of a
    complaint the data-protection officer tells the client herself."""
    rows = RightsRequest.objects.filter(case=case).exclude(kind=RightsKind.COMPLAINT).order_by("pk")
    return Section(
        _("What you asked us"),
        lines=tuple(
            f"{_moment(item.received_at)}: {item.get_kind_display()} · {item.get_state_display()}"
            for item in rows
        ),
    )


def _openings(openings: list[Opening]) -> Section:
    return Section(
        _("Who opened this file, and why"),
        lines=tuple(
            f"{_moment(item.at)} · {item.office or _('The system, for you')} · {item.role} · "
            f"{item.why}"
            for item in openings
        ),
    )
