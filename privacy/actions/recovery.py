"""One-time codes handed over in person: invitation, lost password, lost second factor."""

from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import audit, codes, policies, proof, second_factor, sessions, throttle
from privacy.actors import Actor
from privacy.errors import Forbidden, WrongState
from privacy.models import CodePurpose, OneTimeCode, OpenSession, Recovery, RecoveryState, User
from privacy.session_store import row_of

LASTS = {
    CodePurpose.INVITATION: timedelta(days=7),
    CodePurpose.PASSWORD: timedelta(hours=24),
    CodePurpose.FACTOR: timedelta(hours=24),
}
SIGNS = 15


def make_code(*, actor: Actor, user: User, purpose: CodePurpose) -> str:
    """A code such as ``7K3M9-QWERT-23456``; any one of the same purpose before it ends. The caller
    has asked whether she may."""
    OneTimeCode.objects.live().filter(user=user, purpose=purpose).update(used_at=timezone.now())
    code = codes.random_text(SIGNS)
    OneTimeCode.objects.create(
        user=user,
        purpose=purpose,
        digest=make_password(code),
        made_by_id=actor.user_id,
        expires_at=timezone.now() + LASTS[purpose],
    )
    return "-".join(code[n : n + 5] for n in range(0, SIGNS, 5))


def plain(typed: str) -> str:
    text = "".join(sign for sign in typed if sign not in " -\t").upper()
    return text if text.isascii() and len(text) == SIGNS else ""


def _find(user: User, typed: str, *purposes: CodePurpose) -> OneTimeCode | None:
    code = plain(typed)
    if not code:
        return None
    rows = list(OneTimeCode.objects.live().filter(user=user, purpose__in=purposes).order_by("-pk"))
    if not rows:
        make_password(code)  # takes as long as a look would
    return next((row for row in rows if check_password(code, row.digest)), None)


def find_code(*, username: str, typed: str) -> tuple[User, OneTimeCode] | None:
    """Whose code it is that lets her choose a password. Wrong name and wrong code look alike; the
    tries of an account are counted, and a closed one answers as if the code were wrong."""
    user = User.objects.filter(username=username.strip().lower(), is_active=True).first()
    found = None
    if user is not None and not throttle.is_closed(throttle.ONE_TIME_CODE, user.pk):
        found = _find(user, typed, CodePurpose.INVITATION, CodePurpose.PASSWORD)
        if found is None:
            throttle.count(throttle.ONE_TIME_CODE, user.pk)
    elif plain(typed):
        make_password(plain(typed))
    if user is None or found is None:
        audit.signed(actor=None, action="one_time_code", result="refused")
        return None
    throttle.clear(throttle.ONE_TIME_CODE, user.pk)
    return user, found


@transaction.atomic
def choose_password(*, user: User, code: OneTimeCode, password: str) -> None:
    """The code is used up, the password holds, every session of before is over.

    :raises WrongState: the code was used or ran out in the meantime.
    """
    row = OneTimeCode.objects.live().select_for_update().filter(pk=code.pk, user=user).first()
    if row is None:
        raise WrongState(_("This code was used already, or its time is over."))
    row.used_at = timezone.now()
    row.save(update_fields=["used_at"])
    _set_password(user, password)
    audit.signed(actor=None, action=f"password_by_{row.purpose}")


def replace_factor(*, user: User, code: str) -> bool:
    """A code for a lost phone, typed after the right password: the old device ends with it."""
    found = _find(user, code, CodePurpose.FACTOR)
    if found is None:
        return False
    with transaction.atomic():
        used = OneTimeCode.objects.live().filter(pk=found.pk).update(used_at=timezone.now())
        if not used:
            return False
        second_factor.forget(user)
        sessions.close(OpenSession.objects.filter(user=user))
    audit.signed(actor=None, action="factor_by_code")
    return True


def _set_password(user: User, password: str, *, but: str = "") -> None:
    user.set_password(password)
    user.save(update_fields=["password"])
    sessions.close(OpenSession.objects.filter(user=user).exclude(row=row_of(but)))
    throttle.forget_user(user)


# -- by herself


@transaction.atomic
def change_own_password(*, actor: Actor, user: User, password: str, session_key: str) -> None:
    """The caller has seen the password until now. All her sessions but this one end."""
    if user.pk != actor.user_id:
        raise Forbidden
    proof.require(actor)
    _set_password(user, password, but=session_key)
    audit.record_change(actor=actor, event="account.password_changed", subject=user)


@transaction.atomic
def drop_own_factor(*, actor: Actor, user: User) -> None:
    """A new phone: the old one ends, and so do her sessions; the next sign-in sets it up."""
    if user.pk != actor.user_id:
        raise Forbidden
    proof.require(actor)
    second_factor.forget(user)
    sessions.close(OpenSession.objects.filter(user=user))
    audit.record_change(actor=actor, event="account.factor_dropped", subject=user)


@transaction.atomic
def renew_recovery_codes(*, actor: Actor, user: User) -> list[str]:
    if user.pk != actor.user_id:
        raise Forbidden
    proof.require(actor)
    if not second_factor.is_set_up(user):
        raise WrongState(_("No phone is set up for this account, so there is nothing to recover."))
    made = second_factor.renew_recovery(user)
    audit.record_change(actor=actor, event="account.recovery_codes", subject=user)
    return made


@transaction.atomic
def close_session(*, actor: Actor, session: OpenSession) -> None:
    """One of her own sessions, wherever it is."""
    if session.user_id != actor.user_id:
        raise Forbidden
    sessions.close(OpenSession.objects.filter(pk=session.pk))
    audit.record_change(actor=actor, event="account.session_closed", subject=session)


@transaction.atomic
def close_other_sessions(*, actor: Actor, user: User, session_key: str) -> int:
    """All of hers but this one; answers how many."""
    if user.pk != actor.user_id:
        raise Forbidden
    closed = sessions.close(OpenSession.objects.filter(user=user).exclude(row=row_of(session_key)))
    audit.record_change(actor=actor, event="account.sessions_closed", subject=user)
    return closed


# -- lost: asked for at the door, confirmed by who knows her, handed over by an administrator


def ask_recovery(*, username: str, lost: str) -> None:
    """Whatever is typed, the answer at the door is the same."""
    user = User.objects.filter(username=username.strip().lower(), is_active=True).first()
    if user is None or throttle.is_closed(throttle.RECOVERY, user.pk):
        audit.signed(actor=None, action="recovery_asked", result="refused")
        return
    throttle.count(throttle.RECOVERY, user.pk)
    try:
        with transaction.atomic():
            Recovery.objects.create(user=user, lost=lost)
    except IntegrityError:  # asked for already, and waiting
        return
    audit.signed(actor=None, action="recovery_asked")


def _locked(recovery: Recovery, *states: str) -> Recovery:
    row = (
        Recovery.objects.select_for_update(of=("self",)).select_related("user").get(pk=recovery.pk)
    )
    if row.state not in states:
        raise WrongState(_("This request is not open any more."))
    return row


@transaction.atomic
def confirm_recovery(*, actor: Actor, recovery: Recovery) -> None:
    """I know her, and it was she who asked."""
    policies.require_may_confirm(actor, recovery)
    row = _locked(recovery, RecoveryState.ASKED)
    row.state, row.confirmed_by_id = RecoveryState.CONFIRMED, actor.user_id
    row.save(update_fields=["state", "confirmed_by"])
    audit.record_change(
        actor=actor, event="recovery.confirmed", subject=row, before="asked", after="confirmed"
    )


@transaction.atomic
def refuse_recovery(*, actor: Actor, recovery: Recovery) -> None:
    """It was not she."""
    if not actor.is_a(*policies.KEEPERS) or recovery.user_id == actor.user_id:
        policies.require_may_confirm(actor, recovery)
    row = _locked(recovery, RecoveryState.ASKED, RecoveryState.CONFIRMED)
    before = row.state
    row.state, row.decided_by_id = RecoveryState.REFUSED, actor.user_id
    row.decided_at = timezone.now()
    row.save(update_fields=["state", "decided_by", "decided_at"])
    audit.record_change(
        actor=actor, event="recovery.refused", subject=row, before=before, after="refused"
    )


@transaction.atomic
def issue_recovery_code(*, actor: Actor, recovery: Recovery) -> str:
    """The code, shown once to the administrator who hands it over in person."""
    policies.require_may_issue(actor, recovery)
    proof.require(actor)
    row = _locked(recovery, RecoveryState.CONFIRMED)
    code = make_code(actor=actor, user=row.user, purpose=CodePurpose(row.lost))
    row.state, row.decided_by_id = RecoveryState.ISSUED, actor.user_id
    row.decided_at = timezone.now()
    row.save(update_fields=["state", "decided_by", "decided_at"])
    audit.record_change(
        actor=actor, event="recovery.issued", subject=row, before="confirmed", after="issued"
    )
    return code
