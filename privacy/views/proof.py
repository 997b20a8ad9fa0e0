"""Show again that it is you: what ``privacy.proof`` leads to."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from privacy import audit, kept, second_factor, sessions, throttle
from privacy.forms.door import ProofForm
from privacy.middleware import proof_page
from privacy.models import User
from privacy.requests import SignedIn
from privacy.views.door import give_back, safe_next


@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def prove(request: SignedIn) -> HttpResponse:
    """A wrong answer is answered with 200: the count of tries must stay."""
    user = request.membership.user
    with_code = second_factor.is_set_up(user)
    if request.method == "GET":
        start = {"next": request.GET.get("next", "")}
        form = ProofForm(initial=start, with_code=with_code)
        return render(request, "privacy/prove.html", proof_page(request, form))
    form = ProofForm(request.POST, with_code=with_code)
    if throttle.is_closed(throttle.PROOF, user.pk):
        return _ended(request)
    if form.is_valid():
        if _is_right(user, form):
            throttle.clear(throttle.PROOF, user.pk)
            sessions.prove(request)
            audit.signed(actor=request.actor, action="proof")
            return _go_on(request, user, form)
        audit.signed(actor=request.actor, action="proof", result="refused")
        if throttle.count(throttle.PROOF, user.pk):
            return _ended(request)
        form.add_error(None, _("The password or the code is wrong, or the code was used already."))
    return render(request, "privacy/prove.html", proof_page(request, form))


def _is_right(user: User, form: ProofForm) -> bool:
    password = form.cleaned_data["password"]
    if "\0" in password or not user.check_password(password):
        return False
    return "code" not in form.fields or second_factor.check(user, form.cleaned_data["code"]).right


def _ended(request: SignedIn) -> HttpResponse:
    """Somebody else may sit here: the session ends with the last wrong try."""
    sessions.end(request, "proof_failed")
    response = redirect("sign_in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _go_on(request: SignedIn, user: User, form: ProofForm) -> HttpResponse:
    found = kept.take(user, form.cleaned_data["kept"]) if form.cleaned_data["kept"] else None
    if found is not None:
        return give_back(request, *found, template="privacy/proved.html")
    path = safe_next(request, form.cleaned_data["next"])
    if path == reverse("prove"):
        path = reverse(settings.LOGIN_REDIRECT_URL)
    return redirect(path)
