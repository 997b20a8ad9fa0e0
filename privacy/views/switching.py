"""From one work to another while signed in: a new session, never two memberships in one."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from privacy import second_factor, sessions
from privacy.errors import WrongState
from privacy.forms import MembershipForm
from privacy.models import User
from privacy.requests import SignedIn


@require_http_methods(["GET", "POST"])
def switch(request: SignedIn) -> HttpResponse:
    """Rights of two jobs never add up: what was open under the one is gone with its session. Where
    only the other job asks for a second factor, she signs in anew."""
    actor = request.actor
    user = User.objects.get(pk=actor.user_id)
    others = [item for item in sessions.memberships_of(user) if item.pk != actor.membership_id]
    if not others:
        raise WrongState(_("You have no other work here."))
    form = MembershipForm(others, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        chosen = next(item for item in others if str(item.uuid) == form.cleaned_data["membership"])
        # The ten hours of the day go on: changing over is no new sign-in.
        proved_at, started_at = actor.proved_at, request.session[sessions.STARTED]
        sessions.end(request, "switch")
        if second_factor.is_asked(user, chosen.role) and not (
            second_factor.was_shown(user, proved_at)
        ):
            return redirect("sign_in")
        sessions.begin(request, user, chosen, proved_at=proved_at, started_at=started_at)
        return redirect("worklist")
    return render(
        request,
        "privacy/switch.html",
        {"form": form},
        status=422 if form.is_bound else 200,
    )
