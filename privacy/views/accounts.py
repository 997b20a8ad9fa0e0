"""Accounts, for those who keep them: who works here, what waits, in, on and out."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from privacy import audit, leaving, policies, proof, selectors, throttle
from privacy.actions import accounts, recovery
from privacy.errors import Invalid, NotFound
from privacy.forms import put_errors
from privacy.forms.accounts import CloseForm, EndForm, InviteForm, WorkForm
from privacy.models import AccountChange, Membership, Recovery, Team, User
from privacy.requests import SignedIn
from privacy.roles import Role

MOST_TEAMS = 60


def _user(request: SignedIn, uuid: UUID) -> User:
    policies.require_role(request.actor, *policies.LOOKERS)
    user = policies.people_seen_by(request.actor).filter(uuid=uuid).first()
    if user is None:
        raise NotFound
    return user


def _membership(request: SignedIn, uuid: UUID) -> Membership:
    policies.require_role(request.actor, *policies.LOOKERS)
    found = (
        Membership.objects.filter(uuid=uuid).select_related("user", "team", "organisation").first()
    )
    if found is None:
        raise NotFound
    policies.require_sees(request.actor, found.user)
    return found


def _status(user: User, work: list[Membership]) -> tuple[str, str]:
    if not user.is_active:
        return _("Not in use"), "red"
    if not user.has_usable_password():
        return _("Invited"), "yellow"
    if not work:
        return _("Without work"), "orange"
    return "", "grey"


def _work_text(membership: Membership) -> str:
    return f"{membership.get_role_display()}, {membership.organisation.name}"


# -- the list


@require_GET
def people(request: SignedIn) -> HttpResponse:
    """The first page of an administrator: what waits for her, then everybody."""
    policies.require_role(request.actor, *policies.LOOKERS)
    text, after = request.GET.get("q", "")[:60].replace("\0", ""), request.GET.get("after", "")
    after = after[:60].replace("\0", "")
    page = selectors.people(request.actor, text=text.strip(), after=after)
    rows = []
    for user in page.people:
        work: list[Membership] = user.live_work  # type: ignore[attr-defined]
        status, colour = _status(user, work)
        rows.append(
            {
                "url": reverse("person", args=[user.uuid]),
                "step": user.display_name,
                "reference": user.username,
                "label": "; ".join(_work_text(item) for item in work),
                "status": status,
                "colour": colour,
            }
        )
    context: dict[str, Any] = {"rows": rows, "q": text, "after": after}
    if page.next_after:
        more = {"after": page.next_after} | ({"q": text} if text else {})
        context["next_url"] = f"?{urlencode(more)}"
    if not text and not after:
        context |= _waiting(request)
    return render(request, "privacy/accounts/people.html", context)


def _waiting(request: SignedIn) -> dict[str, Any]:
    found = selectors.waiting(request.actor)
    rows: list[dict[str, Any]] = [
        {
            "url": reverse("account_change", args=[change.uuid]),
            "step": _("Decide about new rights"),
            "label": change.user.display_name,
            "who": change.proposed_by.display_name,
        }
        for change in found.changes
    ]
    rows += [
        {
            "url": reverse("account_recovery", args=[item.uuid]),
            "step": _("Lost password")
            if item.lost == "password"
            else _("Lost phone with the codes"),
            "label": item.user.display_name,
            "status": item.get_state_display(),
            "colour": "green" if item.state == "confirmed" else "blue",
        }
        for item in found.recoveries
    ]
    rows += [
        {
            "url": reverse("membership_review", args=[item.uuid]),
            "step": _("Review whether the work goes on"),
            "label": f"{item.user.display_name}, {_work_text(item)}",
            "due": item.ends_on,
        }
        for item in found.reviews
    ]
    return {"waiting": rows, "more_reviews": found.more_reviews}


# -- one person


@require_GET
def person(request: SignedIn, uuid: UUID) -> HttpResponse:
    user = _user(request, uuid)
    today = timezone.localdate()
    keeps = request.actor.is_a(*policies.KEEPERS) and user.pk != request.actor.user_id
    work = [
        {
            "text": _work_text(item),
            "from": item.starts_on,
            "until": item.ends_on,
            "over": selectors.is_over(item, today),
            "review_url": reverse("membership_review", args=[item.uuid]),
            "end_url": reverse("membership_end", args=[item.uuid]),
        }
        for item in selectors.work_of(user)
    ]
    changes = AccountChange.objects.filter(user=user, state="proposed").select_related(
        "team__organisation", "proposed_by"
    )
    proposes = request.actor.is_a(Role.ADMINISTRATOR, Role.SUPERVISOR)
    context = {
        "person": user,
        "status": _status(user, [item for item in work if not item["over"]]),  # type: ignore[misc]
        "work": work,
        "changes": [(item, _change_text(item)) for item in changes],
        "keeps": keeps,
        "proposes": proposes and user.pk != request.actor.user_id and user.is_active,
        "has_factor": selectors.has_second_factor(user),
        "open_sessions": selectors.open_sessions(user).count() if keeps else 0,
        "invited": not user.has_usable_password() and user.is_active,
    }
    return render(request, "privacy/accounts/person.html", context)


def _change_text(change: AccountChange) -> str:
    if change.team is None:
        return str(change.get_kind_display())
    return f"{change.get_role_display()}, {change.team.organisation.name}"


def _team_asked_for(request: SignedIn) -> Team | None:
    """``?team=``, as the page of an office links it; anything else is no choice."""
    try:
        uuid = UUID(request.GET.get("team", ""))
    except ValueError:
        return None
    return Team.objects.filter(uuid=uuid, is_active=True).first()


def _team_id(request: SignedIn) -> int | None:
    if request.actor.is_a(Role.SUPERVISOR):
        return request.actor.team_id
    team = _team_asked_for(request)
    return team.pk if team else None


def _work(form: WorkForm) -> accounts.Work:
    typed = form.cleaned_data
    return accounts.Work(form.teams[typed["team"]], typed["role"], typed["is_inspection_team"])


def _choose_office_first(request: SignedIn, team_id: int | None) -> HttpResponse | None:
    if team_id is None and Team.objects.filter(is_active=True).count() > MOST_TEAMS:
        messages.info(request, _("Choose the office first: its page leads on."))
        return redirect("organisations")
    return None


@require_http_methods(["GET", "POST"])
@throttle.limited("invite", 60, 3600)
def invite(request: SignedIn) -> HttpResponse:
    policies.require_keeper(request.actor)
    team_id = _team_id(request)
    if first := _choose_office_first(request, team_id):
        return first
    form = InviteForm(request.POST if request.method == "POST" else None, team_id=team_id)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            user, code = accounts.invite(
                actor=request.actor,
                username=typed["username"],
                name=typed["name"],
                language=typed["language"],
                work=_work(form),
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            return _code_page(request, user, code, "invitation")
    status = 422 if form.errors else 200
    return render(request, "privacy/accounts/invite.html", {"form": form}, status=status)


def _code_page(request: SignedIn, user: User, code: str, purpose: str) -> HttpResponse:
    """Shown once; nobody can ask for it again."""
    context = {"person": user, "code": code, "purpose": purpose}
    return render(request, "privacy/accounts/code.html", context)


@require_POST
def invite_again(request: SignedIn, uuid: UUID) -> HttpResponse:
    user = _user(request, uuid)
    code = accounts.invite_again(actor=request.actor, user=user)
    return _code_page(request, user, code, "invitation")


@require_http_methods(["GET", "POST"])
def propose_work(request: SignedIn, uuid: UUID) -> HttpResponse:
    """``?replaces=`` one of her memberships makes it a change of role."""
    user = _user(request, uuid)
    policies.require_role(request.actor, Role.ADMINISTRATOR, Role.SUPERVISOR)
    policies.require_not_herself(request.actor, user)
    team_id = _team_id(request)
    if first := _choose_office_first(request, team_id):
        return first
    replaces = _replaced(request, user)
    form = WorkForm(request.POST if request.method == "POST" else None, team_id=team_id)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.propose_work(
                actor=request.actor, user=user, work=_work(form), replaces=replaces
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Proposed. Somebody else decides about it."))
            return redirect("person", user.uuid)
    status = 422 if form.errors else 200
    context = {
        "form": form,
        "person": user,
        "replaces": _work_text(replaces) if replaces else "",
        "left": leaving.still_held(replaces) if replaces else [],
    }
    return render(request, "privacy/accounts/propose.html", context, status=status)


def _replaced(request: SignedIn, user: User) -> Membership | None:
    try:
        uuid = UUID(request.GET.get("replaces", ""))
    except ValueError:
        return None
    found = user.memberships.select_related("organisation", "team", "user").filter(uuid=uuid)
    return found.first()


@require_http_methods(["GET", "POST"])
def account_change(request: SignedIn, uuid: UUID) -> HttpResponse:
    policies.require_role(request.actor, *policies.LOOKERS)
    change = (
        AccountChange.objects.select_related(
            "user", "team__organisation", "proposed_by", "replaces__organisation", "replaces__team"
        )
        .filter(uuid=uuid, user__in=policies.people_seen_by(request.actor))
        .first()
    )
    if change is None:
        audit.refused(actor=request.actor, action="accounts", subject=None, reason="absent")
        raise NotFound
    error = ""
    if request.method == "POST":
        approve = request.POST.get("decision") == "approve"
        if request.POST.get("decision") not in ("approve", "refuse"):
            error = _("Choose one.")
        else:
            try:
                accounts.decide_change(actor=request.actor, change=change, approve=approve)
            except Invalid as invalid:
                error = " ".join(str(text) for text in invalid.errors.values())
            else:
                done = _("Approved.") if approve else _("Refused. Nothing was changed.")
                messages.success(request, done)
                return redirect("accounts")
    context = {
        "change": change,
        "text": _change_text(change),
        "replaces": _work_text(change.replaces) if change.replaces else "",
        "left": leaving.still_held(change.replaces) if change.replaces else [],
        "why_not": policies.why_not_decide(request.actor, change),
        "error": error,
        "fresh": proof.is_fresh(request.actor),
    }
    return render(request, "privacy/accounts/change.html", context, status=422 if error else 200)


# -- lost


@require_http_methods(["GET", "POST"])
def account_recovery(request: SignedIn, uuid: UUID) -> HttpResponse:
    policies.require_role(request.actor, *policies.LOOKERS)
    row = (
        Recovery.objects.select_related("user", "confirmed_by")
        .filter(uuid=uuid, user__in=policies.people_seen_by(request.actor))
        .first()
    )
    if row is None:
        audit.refused(actor=request.actor, action="accounts", subject=None, reason="absent")
        raise NotFound
    if request.method == "POST":
        verbs: dict[str, Callable[[], HttpResponse]] = {
            "confirm": lambda: _confirm(request, row),
            "refuse": lambda: _refuse(request, row),
            "issue": lambda: _issue(request, row),
        }
        verb = verbs.get(request.POST.get("do", ""))
        if verb is None:
            raise Invalid({"do": _("Choose one.")})
        return verb()
    context = {
        "recovery": row,
        "may_confirm": row.state == "asked" and policies.may_confirm(request.actor, row),
        "may_issue": row.state == "confirmed"
        and request.actor.is_a(*policies.KEEPERS)
        and request.actor.user_id not in (row.user_id, row.confirmed_by_id),
        "may_refuse": row.state in ("asked", "confirmed")
        and row.user_id != request.actor.user_id
        and (request.actor.is_a(*policies.KEEPERS) or policies.may_confirm(request.actor, row)),
    }
    return render(request, "privacy/accounts/recovery.html", context)


def _confirm(request: SignedIn, row: Recovery) -> HttpResponse:
    recovery.confirm_recovery(actor=request.actor, recovery=row)
    messages.success(request, _("Confirmed. An administrator hands over the code."))
    return redirect("accounts")


def _refuse(request: SignedIn, row: Recovery) -> HttpResponse:
    recovery.refuse_recovery(actor=request.actor, recovery=row)
    messages.success(request, _("Refused. Nothing was changed."))
    return redirect("accounts")


def _issue(request: SignedIn, row: Recovery) -> HttpResponse:
    code = recovery.issue_recovery_code(actor=request.actor, recovery=row)
    return _code_page(request, row.user, code, row.lost)


# -- on and out


@require_http_methods(["GET", "POST"])
def membership_review(request: SignedIn, uuid: UUID) -> HttpResponse:
    membership = _membership(request, uuid)
    if request.method == "POST":
        accounts.review_membership(actor=request.actor, membership=membership)
        messages.success(request, _("The work goes on for a year."))
        return redirect("accounts")
    context = {
        "membership": membership,
        "work": _work_text(membership),
        "keeps": request.actor.is_a(*policies.KEEPERS),
        "herself": membership.user_id == request.actor.user_id,
    }
    return render(request, "privacy/accounts/review.html", context)


@require_http_methods(["GET", "POST"])
def membership_end(request: SignedIn, uuid: UUID) -> HttpResponse:
    membership = _membership(request, uuid)
    policies.require_keeper(request.actor)
    form = EndForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.end_membership(
                actor=request.actor, membership=membership, on=form.cleaned_data["on"]
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("The end of this work is recorded."))
            return redirect("person", membership.user.uuid)
    context = {
        "form": form,
        "membership": membership,
        "work": _work_text(membership),
        "left": leaving.still_held(membership),
    }
    status = 422 if form.errors else 200
    return render(request, "privacy/accounts/end.html", context, status=status)


@require_http_methods(["GET", "POST"])
def close_account(request: SignedIn, uuid: UUID) -> HttpResponse:
    user = _user(request, uuid)
    policies.require_keeper(request.actor)
    form = CloseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.close_account(
                actor=request.actor, user=user, reason=form.cleaned_data["reason"]
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("The account is closed, and every session has ended."))
            return redirect("person", user.uuid)
    work = (
        Membership.objects.live().filter(user=user).select_related("team", "organisation", "user")
    )
    left = [(_work_text(item), leaving.still_held(item)) for item in work]
    context = {"form": form, "person": user, "left": [item for item in left if item[1]]}
    status = 422 if form.errors else 200
    return render(request, "privacy/accounts/close.html", context, status=status)


@require_POST
def reinstate(request: SignedIn, uuid: UUID) -> HttpResponse:
    user = _user(request, uuid)
    accounts.propose_reinstating(actor=request.actor, user=user)
    messages.success(request, _("Proposed. Somebody else decides about it."))
    return redirect("person", user.uuid)


@require_POST
def end_sessions(request: SignedIn, uuid: UUID) -> HttpResponse:
    user = _user(request, uuid)
    ended = accounts.end_sessions(actor=request.actor, user=user)
    messages.success(
        request,
        ngettext("Signed out in %(count)d place.", "Signed out in %(count)d places.", ended)
        % {"count": ended},
    )
    return redirect("person", user.uuid)
