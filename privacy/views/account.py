"""My own account: password, second factor, where I am signed in."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from privacy import audit, proof, second_factor, selectors, sessions, throttle
from privacy.actions import recovery
from privacy.errors import NotFound
from privacy.forms.door import ChangePasswordForm
from privacy.models import OpenSession
from privacy.requests import SignedIn
from privacy.session_store import row_of

DEVICES = {
    "iphone": gettext_lazy("iPhone or iPad"),
    "android": gettext_lazy("Android phone or tablet"),
    "windows": gettext_lazy("Windows computer"),
    "mac": gettext_lazy("Mac"),
    "linux": gettext_lazy("Linux computer"),
    "other": gettext_lazy("Another device"),
}


@require_GET
def my_account(request: SignedIn) -> HttpResponse:
    user = request.membership.user
    here = row_of(request.session.session_key)
    rows = [
        {
            "uuid": item.uuid,
            "device": DEVICES.get(item.device, DEVICES["other"]),
            "work": f"{item.membership.get_role_display()}, {item.membership.organisation.name}",
            "started": item.started_at,
            "seen": item.seen_at,
            "here": item.row == here,
        }
        for item in selectors.open_sessions(user)
    ]
    set_up = second_factor.is_set_up(user)
    context = {
        "user_name": user.username,
        "set_up": set_up,
        "left": second_factor.recovery_left(user) if set_up else 0,
        "sessions": rows,
        "until": request.membership.ends_on,
    }
    return render(request, "privacy/account.html", context)


@sensitive_post_parameters("old_password", "new_password", "again")
@require_http_methods(["GET", "POST"])
@proof.fresh_proof
def change_password(request: SignedIn) -> HttpResponse:
    """A wrong old password is answered with 200: the count of tries must stay."""
    user = request.membership.user
    form = ChangePasswordForm(user, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if throttle.is_closed(throttle.PROOF, user.pk):
            return throttle.too_often(request, throttle.PROOF)
        if form.is_valid():
            old = form.cleaned_data["old_password"]
            if "\0" not in old and user.check_password(old):
                recovery.change_own_password(
                    actor=request.actor,
                    user=user,
                    password=form.cleaned_data["new_password"],
                    session_key=request.session.session_key or "",
                )
                sessions.keep_signed_in(request, user)
                messages.success(request, _("Your password is changed. You stay signed in here."))
                return redirect("my_account")
            audit.signed(actor=request.actor, action="change_password", result="refused")
            if throttle.count(throttle.PROOF, user.pk):
                return throttle.too_often(request, throttle.PROOF)
            form.add_error("old_password", _("This is not your password."))
    return render(request, "privacy/change_password.html", {"form": form})


@require_POST
def renew_recovery_codes(request: SignedIn) -> HttpResponse:
    made = recovery.renew_recovery_codes(actor=request.actor, user=request.membership.user)
    return render(request, "privacy/recovery_codes.html", {"codes": made, "first": False})


@require_http_methods(["GET", "POST"])
def replace_factor(request: SignedIn) -> HttpResponse:
    if request.method == "POST":
        recovery.drop_own_factor(actor=request.actor, user=request.membership.user)
        sessions.end(request, "sign_out")
        return redirect("sign_in")
    return render(request, "privacy/replace_factor.html")


@require_POST
def close_session(request: SignedIn, uuid: UUID) -> HttpResponse:
    row = OpenSession.objects.filter(uuid=uuid, user_id=request.actor.user_id).first()
    if row is None:
        audit.refused(actor=request.actor, action="close_session", subject=None, reason="absent")
        raise NotFound
    recovery.close_session(actor=request.actor, session=row)
    if row.row == row_of(request.session.session_key):
        sessions.end(request, "sign_out")
        return redirect("sign_in")
    messages.success(request, _("Signed out there."))
    return redirect("my_account")


@require_POST
def close_other_sessions(request: SignedIn) -> HttpResponse:
    closed = recovery.close_other_sessions(
        actor=request.actor,
        user=request.membership.user,
        session_key=request.session.session_key or "",
    )
    messages.success(
        request,
        ngettext("Signed out in %(count)d place.", "Signed out in %(count)d places.", closed)
        % {"count": closed},
    )
    return redirect("my_account")
