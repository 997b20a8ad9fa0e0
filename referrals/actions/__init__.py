"""What can be done with a referral. The only writers of its tables.

Each action: may she → may it → change → record → tell, in one transaction. Refusals are the
errors of ``privacy.errors``; nothing is half-written. Verbs that start with ``note_`` are the
inner ones that an automatic node calls: they never move the engine.
"""

from referrals.actions.answering import (
    accept,
    decline,
    note_chased,
    propose_redirect,
    receive,
    send_back,
    settle,
)
from referrals.actions.clock import note_escalated, note_expired, note_overdue, note_reminder
from referrals.actions.closing import approve_error, confirm, let_go, report_error
from referrals.actions.livelihood import (
    conclude,
    end_plan,
    make_plan,
    record_milestone,
    record_visit,
    start_plan,
)
from referrals.actions.sending import cancel, change_sender, discard, prepare, send
from referrals.actions.service import (
    add_entry,
    begin_service,
    complete,
    end_unfinished,
    hold,
    note_client_contacted,
    record_no_show,
    schedule,
)
from referrals.actions.withdrawal import (
    destroy_packet_key,
    relay_withdrawal,
    rest_on,
    withdraw_for,
)

__all__ = [
    "accept",
    "add_entry",
    "approve_error",
    "begin_service",
    "cancel",
    "change_sender",
    "complete",
    "conclude",
    "confirm",
    "decline",
    "destroy_packet_key",
    "discard",
    "end_plan",
    "end_unfinished",
    "hold",
    "let_go",
    "make_plan",
    "note_chased",
    "note_client_contacted",
    "note_escalated",
    "note_expired",
    "note_overdue",
    "note_reminder",
    "prepare",
    "propose_redirect",
    "receive",
    "record_milestone",
    "record_no_show",
    "record_visit",
    "relay_withdrawal",
    "report_error",
    "rest_on",
    "schedule",
    "send",
    "send_back",
    "settle",
    "start_plan",
    "withdraw_for",
]
