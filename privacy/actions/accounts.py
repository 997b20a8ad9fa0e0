"""The life of an account: in by invitation, on by yearly review, out by a hand-over.

More rights: ``invite`` and ``propose_*`` by one person, ``decide_change`` by another. Fewer rights:
one person, at once.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import audit, leaving, policies, proof, second_factor, sessions
from privacy.actions.recovery import make_code
from privacy.actors import Actor
from privacy.errors import AlreadyDone, Invalid, WrongState
from privacy.matrix import WORKING_ROLES
from privacy.models import (
    AccountChange,
    ChangeKind,
    ChangeState,
    CodePurpose,
    Grant,
    Membership,
    MembershipReview,
    OneTimeCode,
    OpenSession,
    Team,
    User,
)
from privacy.roles import CASE_ROLES, Role


@dataclass(frozen=True, slots=True)
class Work:
    """What somebody shall do: in this team, with this role."""

    team: Team
    role: str
    is_inspection_team: bool = False


def _fits(work: Work) -> None:
    """
    :raises Invalid: a role that nobody gets, or an inspector as a helper (privacy.md 1).
    """
    if work.role not in Role.values or work.role == Role.SYSTEM:
        raise Invalid({"role": _("Choose a role.")})
    if not work.team.is_active or not work.team.organisation.is_active:
        raise Invalid({"team": _("This team is closed.")})
    if work.is_inspection_team and work.role in CASE_ROLES:
        raise Invalid(
            {"is_inspection_team": _("A member of an inspection team cannot hold a case role.")}
        )


def _apart(work: Work) -> None:
    """The registers belong to the officer's team: nobody who works on files sits in it.

    :raises Invalid: the one in a team of the others.
    """
    there = set(Membership.objects.live().filter(team=work.team).values_list("role", flat=True))
    on_files = {role.value for role in WORKING_ROLES - {Role.DPO}}
    if (work.role == Role.DPO and there & on_files) or (
        work.role in on_files and Role.DPO in there
    ):
        raise Invalid(
            {"team": _("A data-protection officer sits in a team that works on no file.")}
        )


def _propose(actor: Actor, user: User, work: Work, replaces: Membership | None) -> AccountChange:
    _fits(work)
    _apart(work)
    holds = Membership.objects.live().filter(user=user, team=work.team, role=work.role).exists()
    waits = AccountChange.objects.filter(
        user=user, team=work.team, role=work.role, state=ChangeState.PROPOSED
    ).exists()
    if holds or waits:
        raise Invalid({"role": _("She has this work already, or it is proposed.")})
    return AccountChange.objects.create(
        user=user,
        team=work.team,
        role=work.role,
        is_inspection_team=work.is_inspection_team,
        replaces=replaces,
        proposed_by_id=actor.user_id,
    )


@transaction.atomic
def invite(
    *, actor: Actor, username: str, name: str, language: str, work: Work
) -> tuple[User, str]:
    """A new account without a password, the proposal of its first work, and the code to hand over.
    Until somebody else approved the work, the account opens nothing."""
    policies.require_keeper(actor)
    _fits(work)
    user = User(username=username.strip().lower(), display_name=name.strip(), language=language)
    user.set_unusable_password()
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise Invalid({name: found[0] for name, found in error.message_dict.items()}) from None
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise Invalid({"username": _("This user name is taken.")}) from None
    change = _propose(actor, user, work, None)
    code = make_code(actor=actor, user=user, purpose=CodePurpose.INVITATION)
    audit.record_change(actor=actor, event="account.invited", subject=user, after=work.role)
    audit.record_change(
        actor=actor, event="account_change.proposed", subject=change, after=work.role
    )
    return user, code


@transaction.atomic
def invite_again(*, actor: Actor, user: User) -> str:
    """Another code, for an invitation that nobody took up; the code before it ends."""
    policies.require_keeper(actor)
    policies.require_not_herself(actor, user)
    row = User.objects.select_for_update().get(pk=user.pk)
    if row.has_usable_password() or not row.is_active:
        raise WrongState(_("This person has chosen a password already."))
    code = make_code(actor=actor, user=user, purpose=CodePurpose.INVITATION)
    audit.record_change(actor=actor, event="account.invited", subject=user)
    return code


@transaction.atomic
def propose_work(
    *, actor: Actor, user: User, work: Work, replaces: Membership | None = None
) -> AccountChange:
    """Other or more work; with ``replaces`` the old membership ends when it is approved."""
    policies.require_may_propose(actor, user, work.team)
    policies.require_sees(actor, user)
    if replaces is not None and (replaces.user_id != user.pk or not _is_live(replaces)):
        raise Invalid({"replaces": _("This work has ended already.")})
    change = _propose(actor, user, work, replaces)
    audit.record_change(
        actor=actor, event="account_change.proposed", subject=change, after=work.role
    )
    return change


@transaction.atomic
def propose_reinstating(*, actor: Actor, user: User) -> AccountChange:
    """Open a closed account again."""
    policies.require_keeper(actor)
    policies.require_not_herself(actor, user)
    if User.objects.select_for_update().get(pk=user.pk).is_active:
        raise WrongState(_("This account is open."))
    rows = AccountChange.objects.filter(
        user=user, kind=ChangeKind.REINSTATE, state=ChangeState.PROPOSED
    )
    if rows.exists():
        raise WrongState(_("It is proposed already."))
    change = AccountChange.objects.create(
        user=user, kind=ChangeKind.REINSTATE, proposed_by_id=actor.user_id
    )
    audit.record_change(
        actor=actor, event="account_change.proposed", subject=change, after="reinstate"
    )
    return change


@transaction.atomic
def decide_change(*, actor: Actor, change: AccountChange, approve: bool) -> None:
    """The second person's yes or no."""
    policies.require_may_decide(actor, change)
    proof.require(actor)
    row = (
        AccountChange.objects.select_for_update(of=("self",))
        .select_related("user", "team__organisation", "replaces", "decided_by")
        .get(pk=change.pk)
    )
    if row.state != ChangeState.PROPOSED:
        who = row.decided_by.display_name if row.decided_by else ""
        raise AlreadyDone(_("It was decided already."), who=who, when=row.decided_at)
    if approve:
        _carry_out(actor, row)
    row.state = ChangeState.APPROVED if approve else ChangeState.REFUSED
    row.decided_by_id, row.decided_at = actor.user_id, timezone.now()
    row.save(update_fields=["state", "decided_by", "decided_at"])
    audit.record_change(
        actor=actor,
        event="account_change.decided",
        subject=row,
        before=ChangeState.PROPOSED,
        after=row.state,
    )


def _carry_out(actor: Actor, row: AccountChange) -> None:
    if row.kind == ChangeKind.REINSTATE:
        row.user.is_active = True
        row.user.save(update_fields=["is_active"])
        audit.record_change(actor=actor, event="account.reinstated", subject=row.user)
        return
    if row.team is None:
        raise WrongState(_("The proposal names no team."))
    _fits(Work(row.team, row.role, row.is_inspection_team))
    _apart(Work(row.team, row.role))
    today = timezone.localdate()
    if row.replaces is not None and _is_live(row.replaces):
        _end(actor, row.replaces, today)
    membership, made = Membership.objects.get_or_create(
        user=row.user,
        team=row.team,
        role=row.role,
        defaults={
            "organisation": row.team.organisation,
            "is_inspection_team": row.is_inspection_team,
            "starts_on": today,
            "ends_on": today + policies.LASTS,
        },
    )
    if not made:
        # Back in work of before: nothing that was open to her then is open by itself now.
        _revoke_grants(membership)
        membership.starts_on, membership.ends_on = today, today + policies.LASTS
        membership.is_inspection_team = row.is_inspection_team
        membership.save(update_fields=["starts_on", "ends_on", "is_inspection_team"])
    audit.record_change(
        actor=actor, event="membership.began", subject=membership, after=membership.role
    )


# -- on, and out


def _is_live(membership: Membership) -> bool:
    today = timezone.localdate()
    return membership.starts_on <= today and (
        membership.ends_on is None or membership.ends_on >= today
    )


@transaction.atomic
def review_membership(*, actor: Actor, membership: Membership) -> None:
    """She still does this work: it goes on for a year from today."""
    policies.require_role(actor, Role.ADMINISTRATOR, Role.SUPERVISOR)
    policies.require_not_herself(actor, membership.user)
    policies.require_sees(actor, membership.user)
    if actor.is_a(Role.SUPERVISOR) and membership.team_id != actor.team_id:
        policies.require_role(actor, Role.ADMINISTRATOR)
    row = Membership.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    if not _is_live(row):
        # What has run out began anew would be a new right: two persons.
        raise WrongState(_("This work has ended. Propose it again."))
    row.ends_on = timezone.localdate() + policies.LASTS
    row.save(update_fields=["ends_on"])
    MembershipReview.objects.create(membership=row, by_id=actor.user_id, until=row.ends_on)
    audit.record_change(actor=actor, event="membership.reviewed", subject=row)


@transaction.atomic
def end_membership(*, actor: Actor, membership: Membership, on: date) -> None:
    """Her last day in this work. What she holds has to be handed over before the day comes.

    :raises Invalid: ``on`` lies in the past, or today while something is left.
    """
    policies.require_keeper(actor)
    policies.require_not_herself(actor, membership.user)
    row = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user", "team", "organisation")
        .get(pk=membership.pk)
    )
    if row.ends_on is not None and row.ends_on < timezone.localdate():
        raise WrongState(_("This work has ended already."))
    if on < timezone.localdate():
        raise Invalid({"on": _("The last day is today or later.")})
    if on == timezone.localdate() and leaving.still_held(row):
        raise Invalid(
            {"on": _("Something is left to hand over. Choose a later day, or hand it over first.")}
        )
    _end(actor, row, on)


def _end(actor: Actor, membership: Membership, on: date) -> None:
    """With today as the last day it is over now: sight, sessions and grants end at once."""
    today = timezone.localdate()
    if on <= today:
        if leaving.still_held(membership):
            raise Invalid({"on": _("Something is left to hand over.")})
        on = max(today - timedelta(days=1), membership.starts_on - timedelta(days=1))
        _revoke_grants(membership)
        sessions.close(OpenSession.objects.filter(membership=membership))
    leaving.ends(actor, membership, on if on >= today else None)
    membership.ends_on = on
    membership.save(update_fields=["ends_on"])
    audit.record_change(actor=actor, event="membership.ends", subject=membership)


def _revoke_grants(membership: Membership) -> None:
    """Every grant given for this work, in every room."""
    for model in Grant.__subclasses__():
        rows = model._default_manager.filter(membership=membership, revoked_at__isnull=True)
        rows.update(revoked_at=timezone.now())


@transaction.atomic
def close_account(*, actor: Actor, user: User, reason: str) -> None:
    """Nobody comes in with it from the next request on.

    ``left`` = she has gone, and everything is handed over. ``suspicion`` = at once, whatever is
    left: her supervisor sees it in the team's list and assigns it anew.

    :raises WrongState: she left, and something is left to hand over.
    """
    policies.require_keeper(actor)
    policies.require_not_herself(actor, user)
    if reason not in ("left", "suspicion"):
        raise Invalid({"reason": _("Choose one.")})
    row = User.objects.select_for_update().get(pk=user.pk)
    if not row.is_active:
        raise WrongState(_("This account is closed already."))
    if reason == "left":
        for membership in Membership.objects.live().filter(user=row).select_related("team", "user"):
            if leaving.still_held(membership):
                raise Invalid({"reason": _("Something is left to hand over.")})
            _end(actor, membership, timezone.localdate())
        second_factor.forget(row)
    for membership in Membership.objects.live().filter(user=row).select_related("team", "user"):
        leaving.ends(actor, membership, None)
    row.is_active = False
    row.save(update_fields=["is_active"])
    sessions.close(OpenSession.objects.filter(user=row))
    OneTimeCode.objects.live().filter(user=row).update(used_at=timezone.now())
    audit.record_change(actor=actor, event="account.closed", subject=row, reason=reason)


@transaction.atomic
def end_sessions(*, actor: Actor, user: User) -> int:
    """A phone was lost: every session of hers ends. Answers how many."""
    policies.require_keeper(actor)
    ended = sessions.close(OpenSession.objects.filter(user=user))
    audit.record_change(actor=actor, event="account.sessions_closed", subject=user)
    return ended
