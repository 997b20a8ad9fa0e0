"""Who gets what at every address: the rule of each URL name, beside the test that asks them all.

``may`` = gets through (the page, a redirect, a form with errors, "not now"); ``told`` = holds the
object and is refused in words (403); everybody else of the cast gets 404, as for a record that
there is not. ``GET``/``POST`` None = that method does not exist there (405).
In the story of tests/access/world.py Tâm has emergency access to Hạnh's case.
"""

from dataclasses import dataclass, field
from typing import Any

WORKER, TEAM_MATE, SUPERVISOR = "hanh", "tam", "bich"
CASE_TEAM = "hanh bich"
# Work on it at all, with a grant: the worker, her supervisor, and who broke the glass.
HOLDERS = "hanh tam bich"
EVERYBODY = "*"
DESK = "hanh tam bich kien loan"
RECEIVERS = "lan thu minh dung van stranger"
KEEPER, OFFICER = "an", "yen"
LOOKERS = "an yen bich loan"
DECIDE = {"decision": "approve"}


@dataclass(frozen=True)
class Who:
    may: str = ""
    told: str = ""
    send: dict[str, str] = field(default_factory=dict)

    def status_class(self, name: str) -> int:
        """200 stands for everything that is no refusal of access."""
        if self.may == EVERYBODY or name in self.may.split():
            return 200
        return 403 if name in self.told.split() else 404


@dataclass(frozen=True)
class Rule:
    """``kind`` = which record of the world the address names ("" = none)."""

    kind: str = ""
    GET: Who | None = None
    POST: Who | None = None


def look(kind: str, may: str, told: str = "") -> Rule:
    return Rule(kind, GET=Who(may, told))


def press(kind: str, may: str, told: str = "", **send: str) -> Rule:
    return Rule(kind, POST=Who(may, told, send))


def both(kind: str, may: str, told: str = "", *, post: Who | None = None, **send: str) -> Rule:
    return Rule(kind, GET=Who(may, told), POST=post or Who(may, told, send))


only_worker: dict[str, Any] = {"may": WORKER, "told": "tam bich"}
only_supervisor: dict[str, Any] = {"may": SUPERVISOR, "told": "hanh tam"}
# Pages of the adult way: its team, and nobody else, whatever grant she holds for an hour.
team_reads_worker_writes: dict[str, Any] = {"may": CASE_TEAM, "post": Who(WORKER, SUPERVISOR)}

# Open without sign-in; each says so on its view, and the test compares.
PUBLIC = {
    "sign_in",
    "choose_membership",
    "sign_out",
    "quick_exit",
    "neutral_page",
    "set_language_choice",
    "session_ended",
    "home",
    "help",
    "licence",
    # the second factor, and codes from the office: the door itself
    "ask_code",
    "set_up_factor",
    "factor_picture",
    "factor_ready",
    "use_office_code",
    "choose_password",
    "ask_recovery",
}

RULES: dict[str, Rule] = {
    # everyone
    "worklist": look("", EVERYBODY),
    "team_worklist": look("", "bich loan"),
    "keep_alive": press("", EVERYBODY),
    # received slips
    "referral_list": look("", RECEIVERS),
    "referral": look("referral", "lan"),
    "referral_receive": both("referral", "lan"),
    "referral_accept": both("referral", "lan"),
    "referral_decline": both("referral", "lan"),
    "referral_redirect": both("referral", "lan"),
    "referral_schedule": both("referral", "lan"),
    "referral_began": both("referral", "lan"),
    "referral_no_show": both("referral", "lan"),
    "referral_hold": both("referral", "lan"),
    "referral_entry": both("referral", "lan"),
    "referral_complete": both("referral", "lan"),
    "referral_unfinished": both("referral", "lan"),
    "referral_relay": both("referral", "lan"),
    "livelihood_new": both("referral", "", told="lan"),
    "livelihood": look("livelihood", "thu"),
    "livelihood_start": both("livelihood", "thu"),
    "livelihood_milestone": both("livelihood", "thu"),
    "livelihood_visit": both("livelihood", "thu"),
    "livelihood_conclude": both("livelihood", "thu"),
    "livelihood_end": both("livelihood", "thu"),
    # contacts: handed over by Hoa, so hers no more
    "lead_new": both("", "hoa hanh tam kien"),
    "lead": look("lead", WORKER),
    "lead_inform": press("lead", "", told=WORKER),
    "lead_hand_over": both("lead", "", told=WORKER, post=Who(WORKER)),
    "lead_not_now": press("lead", "", told=WORKER),
    "lead_end": both("lead", WORKER),
    "lead_open_case": both("lead", WORKER),
    # the file
    "case_list": look("", f"{DESK} van"),
    "case_new": both("", "hanh tam kien"),
    "case_handed_over": look("", DESK),
    "case": look("case", HOLDERS),
    "case_timeline": look("case", HOLDERS),
    "case_contact": both("case", CASE_TEAM),
    "case_identity": both("case", CASE_TEAM),
    "case_consent": both("case", **team_reads_worker_writes),
    "screening": look("case", CASE_TEAM),
    "screening_all": both("case", WORKER, told=SUPERVISOR),
    "screening_result": both("case", **team_reads_worker_writes),
    "screening_section": both("case+section", WORKER, told=SUPERVISOR),
    "safety_plan": both("case", **team_reads_worker_writes),
    "urgent_seen": press("case", SUPERVISOR, told=WORKER),
    "assessment": both("case", **team_reads_worker_writes),
    "plan": both("case", **team_reads_worker_writes),
    "plan_check": both("case", WORKER, told=SUPERVISOR),
    "plan_approval": both("case", **only_supervisor),
    "goal": both("goal", WORKER, told=SUPERVISOR),
    "child_plan": both("child", "van bich"),
    "child_end": both("child", "van bich"),
    # referring
    "refer": look("case", **only_worker),
    "refer_consent": both("case+offer", **only_worker),
    "refer_preview": look("case+offer", CASE_TEAM),
    "refer_slip": both("consent", **only_worker),
    "case_referral": look("slip", HOLDERS),
    "case_referral_seen": look("slip", CASE_TEAM),
    "case_referral_check": both("slip", **only_worker),
    "case_referral_sent": look("slip", HOLDERS),
    "case_referral_discard": both("slip", HOLDERS, post=Who(WORKER, "tam bich")),
    "case_referral_cancel": both("slip", CASE_TEAM),
    "case_referral_contacted": both("slip", HOLDERS, post=Who(CASE_TEAM)),
    "case_referral_chased": both("slip", HOLDERS, post=Who(CASE_TEAM)),
    "case_referral_settle": both("slip", HOLDERS, post=Who(CASE_TEAM)),
    "case_referral_send_back": both("slip", **only_supervisor),
    "case_referral_confirm": both("slip", **only_worker),
    # consents
    "consents": look("case", CASE_TEAM),
    "consent_history": look("case", CASE_TEAM),
    "consent_ending": both("consent", **only_worker),
    "consent_withdraw": both("consent", CASE_TEAM),
    # following up, ending, moving
    "follow_up": both("follow_up", **only_worker),
    "review": both("case", **only_worker),
    "closure": both("case", **only_worker),
    "closure_approval": both("case", **only_supervisor),
    "reopen": both("case", **only_worker),
    "assign": both("case", **only_supervisor),
    "transfer_request": both("case", **only_worker),
    "transfer": both("transfer", CASE_TEAM, post=Who(SUPERVISOR, WORKER, {"step": "release"})),
    # deputies
    "deputies": both("", "bich loan"),
    "deputy_end": press("deputy", "bich loan"),
    "deputy_for_case": both("case", SUPERVISOR),
    "switch_membership": both("", EVERYBODY),
    # out of the ordinary
    "break_glass": both("", DESK),
    "emergency": both("emergency", "tam bich yen", post=Who("yen")),
    "emergency_end": press("emergency", "tam bich yen"),
    "emergency_seen": press("emergency", SUPERVISOR, told="tam yen"),
    # her own account
    "prove": both("", EVERYBODY),
    "my_account": look("", EVERYBODY),
    "change_password": both("", EVERYBODY),
    "renew_recovery_codes": press("", EVERYBODY),
    "replace_factor": both("", EVERYBODY),
    "close_other_sessions": press("", EVERYBODY),
    "close_session": press("session", ""),
    # accounts of others: Tâm's, whose supervisor is Bích
    "accounts": look("", LOOKERS),
    "account_invite": both("", KEEPER),
    "person": look("person", "an yen bich"),
    "invite_again": press("person", KEEPER),
    "propose_work": both("person", "an bich"),
    "close_account": both("person", KEEPER),
    "reinstate_account": press("person", KEEPER),
    "end_sessions": press("person", KEEPER),
    # Bích proposed it: she sees it and does not decide.
    "account_change": both("change", "an yen bich", post=Who("an yen", "bich", DECIDE)),
    "account_recovery": both(
        "recovery", "an yen bich", post=Who("yen bich", "an", {"do": "confirm"})
    ),
    "membership_review": both("membership", "an yen bich", post=Who("an bich")),
    "membership_end": both("membership", KEEPER),
    "organisations": look("", KEEPER),
    "organisation_new": both("", KEEPER),
    "organisation": look("organisation", KEEPER),
    "organisation_change": both("organisation", KEEPER),
    "team_new": both("organisation", KEEPER),
    "team_change": both("team", KEEPER),
    # who opened what
    "case_search": both("", f"{DESK} van"),
    "case_opened": look("case", f"{CASE_TEAM} {OFFICER}"),
    "case_opened_client": look("case", f"{CASE_TEAM} {OFFICER}"),
    "watch": look("", OFFICER),
    "watch_signal": both("person+signal", OFFICER),
    # erasing, holding, keeping
    "erasure_ask": both("case", CASE_TEAM),
    "erasures": look("", OFFICER),
    "erasure_by_code": both("", OFFICER),
    # Hạnh asked: she may take it back, Bích only knows of it, the officer decides.
    "erasure": both("erasure", "hanh bich yen", post=Who("yen", "hanh bich", {"decision": "x"})),
    "hold_new": both("", OFFICER),
    "hold": both("hold", "bich yen", post=Who("bich", "yen", {"step": "agree"})),
    "retention": look("", OFFICER),
    # files that leave: Bích asked
    # The officer decides about what others ask, and asks for none.
    "exports": both("", "bich loan quy yen", post=Who("bich loan quy")),
    "export": look("export", "bich yen"),
    "export_decide": press("export", OFFICER, step="approve"),
    "export_make": press("export", SUPERVISOR),
    "export_fetch": look("export", SUPERVISOR),
    # papers
    "papers": both("case", CASE_TEAM),
    "paper": look("case+paper", CASE_TEAM),
    "paper_delete": both("case+paper", CASE_TEAM),
    # the same person in two files
    "same_person": both("case", **team_reads_worker_writes),
    "link_undo": press("case+link", SUPERVISOR, told=WORKER),
    "match": both("match", SUPERVISOR),
    # the registers of the person's rights
    "registers": look("", OFFICER),
    "request_new": both("", OFFICER),
    "case_requests": look("case", CASE_TEAM),
    "case_request_new": both("case", CASE_TEAM),
    "her_file": look("case", CASE_TEAM),
    "rights_request": both(
        "rights", "hanh bich yen", post=Who(OFFICER, CASE_TEAM, {"step": "answer", "answer": "x"})
    ),
    "rights_correct": both("rights_correct", WORKER, told="bich"),
    "rights_copy": both("rights_copy", WORKER, told="bich"),
    "rights_copy_file": look("rights_copy", WORKER, told="bich"),
    # Whoever works here writes down what leaked and who asked; Lan did.
    "report": look("", EVERYBODY),
    "authority_new": both("", EVERYBODY),
    "breach_new": both("", EVERYBODY),
    "authority_request": both("authority", "lan yen", post=Who(OFFICER, send={"step": "propose"})),
    "breach": both("breach", "lan yen", post=Who(OFFICER, send={"step": "assess"})),
    "breach_notice": look("breach", OFFICER),
}

# A person of the same role in another commune: to her the record must look absent.
TWINS = {"referral": "stranger", "livelihood": "minh"}
