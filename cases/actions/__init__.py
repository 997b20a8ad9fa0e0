"""What can be done on the helper's desk. The only writers of its tables.

Each action: may she → may it → change → record → tell, in one transaction.
"""

from cases.actions.outreach import count_contact, end_contact, give_information, hand_over, not_now, note_ask_again, record_contact
from cases.actions.intake import change_contact, change_identity, open_case
from cases.actions.consent import answer_file_consent, answer_sharing, live_consents, withdraw
from cases.actions.screening import acknowledge_urgent, advise, finish, form_of, make_safety_plan, note_safety_plan_late, save_answers
from cases.actions.planning import GoalDraft, approve_plan, current_plan, return_plan, save_plan, set_goal, submit_plan, write_assessment
from cases.actions.referring import cancel_referral, client_contacted, confirm_referral, contact_words, discard_referral, fields_to_write, live_sharing, packet_for, prepare_referral, referral_changed, send_back_referral, send_referral, settle_referral
from cases.actions.follow_up import record_follow_up, start_follow_ups
from cases.actions.closing import approve_closure, conclude_child_protection, reopen_case, request_closure, return_closure, review_case, write_child_plan
from cases.actions.moving import accept_transfer, assign_case, refuse_transfer, release_transfer, request_transfer
from cases.actions.news import milestone_forwarded, withdrawal_relayed

__all__ = ["GoalDraft", "accept_transfer", "acknowledge_urgent", "advise", "answer_file_consent", "answer_sharing", "approve_closure", "approve_plan", "assign_case", "cancel_referral", "change_contact", "change_identity", "client_contacted", "conclude_child_protection", "confirm_referral", "contact_words", "count_contact", "current_plan", "discard_referral", "end_contact", "fields_to_write", "finish", "form_of", "give_information", "hand_over", "live_consents", "live_sharing", "make_safety_plan", "not_now", "note_ask_again", "note_safety_plan_late", "milestone_forwarded", "open_case", "packet_for", "prepare_referral", "record_contact", "record_follow_up", "referral_changed", "refuse_transfer", "release_transfer", "reopen_case", "request_closure", "request_transfer", "return_closure", "return_plan", "review_case", "save_answers", "save_plan", "send_back_referral", "send_referral", "set_goal", "settle_referral", "start_follow_ups", "submit_plan", "withdraw", "withdrawal_relayed", "write_assessment", "write_child_plan"]
