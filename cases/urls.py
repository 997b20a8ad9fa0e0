"""Where the helper's desk is. Every address carries random uuids only."""

from django.urls import path

from cases.views import (
    closing,
    consents,
    emergency,
    file,
    follow_up,
    intake,
    moving,
    outreach,
    planning,
    referring,
    screening,
)

urlpatterns = [
    # outreach
    path("contacts/new/", outreach.new, name="lead_new"),
    path("contacts/<uuid:uuid>/", outreach.show, name="lead"),
    path("contacts/<uuid:uuid>/informed/", outreach.inform, name="lead_inform"),
    path("contacts/<uuid:uuid>/hand-over/", outreach.hand_over, name="lead_hand_over"),
    path("contacts/<uuid:uuid>/not-now/", outreach.not_now, name="lead_not_now"),
    path("contacts/<uuid:uuid>/end/", outreach.end, name="lead_end"),
    path("contacts/<uuid:uuid>/open-case/", intake.from_lead, name="lead_open_case"),
    # the file
    path("cases/", file.listing, name="case_list"),
    path("cases/new/", intake.new, name="case_new"),
    path("cases/handed-over/", intake.handed_over, name="case_handed_over"),
    path("cases/<uuid:uuid>/", file.show, name="case"),
    path("cases/<uuid:uuid>/timeline/", file.timeline, name="case_timeline"),
    path("cases/<uuid:uuid>/contact/", file.contact, name="case_contact"),
    path("cases/<uuid:uuid>/identity/", file.identity, name="case_identity"),
    path("cases/<uuid:uuid>/consent/", intake.consent, name="case_consent"),
    # screening, safety, plan
    path("cases/<uuid:uuid>/screening/", screening.overview, name="screening"),
    path("cases/<uuid:uuid>/screening/all/", screening.one_page, name="screening_all"),
    path("cases/<uuid:uuid>/screening/result/", screening.result, name="screening_result"),
    path("cases/<uuid:uuid>/screening/<slug:code>/", screening.section, name="screening_section"),
    path("cases/<uuid:uuid>/safety-plan/", screening.safety_plan, name="safety_plan"),
    path("cases/<uuid:uuid>/urgent-seen/", screening.urgent_seen, name="urgent_seen"),
    path("cases/<uuid:uuid>/assessment/", planning.assessment, name="assessment"),
    path("cases/<uuid:uuid>/plan/", planning.plan, name="plan"),
    path("cases/<uuid:uuid>/plan/check/", planning.check, name="plan_check"),
    path("cases/<uuid:uuid>/plan/approval/", planning.approval, name="plan_approval"),
    path("goals/<uuid:uuid>/", planning.goal, name="goal"),
    path("cases/<uuid:uuid>/child-plan/", planning.child_plan, name="child_plan"),
    path("cases/<uuid:uuid>/child-end/", planning.child_end, name="child_end"),
    # referring
    path("cases/<uuid:uuid>/refer/", referring.choose, name="refer"),
    path("cases/<uuid:uuid>/refer/<uuid:offer>/consent/", referring.consent, name="refer_consent"),
    path("consents/<uuid:uuid>/slip/", referring.slip, name="refer_slip"),
    path("slips/<uuid:uuid>/", referring.show, name="case_referral"),
    path("slips/<uuid:uuid>/check/", referring.check, name="case_referral_check"),
    path("slips/<uuid:uuid>/sent/", referring.sent, name="case_referral_sent"),
    path("slips/<uuid:uuid>/discard/", referring.discard, name="case_referral_discard"),
    path("slips/<uuid:uuid>/cancel/", referring.cancel, name="case_referral_cancel"),
    path("slips/<uuid:uuid>/contacted/", referring.contacted, name="case_referral_contacted"),
    path("slips/<uuid:uuid>/chased/", referring.chased, name="case_referral_chased"),
    path("slips/<uuid:uuid>/settle/", referring.settle, name="case_referral_settle"),
    path("slips/<uuid:uuid>/send-back/", referring.send_back, name="case_referral_send_back"),
    path("slips/<uuid:uuid>/confirm/", referring.confirm, name="case_referral_confirm"),
    # consents
    path("cases/<uuid:uuid>/consents/", consents.listing, name="consents"),
    path("consents/<uuid:uuid>/withdraw/", consents.withdraw, name="consent_withdraw"),
    # following up, ending, moving
    path("follow-ups/<uuid:uuid>/", follow_up.record, name="follow_up"),
    path("cases/<uuid:uuid>/review/", closing.review, name="review"),
    path("cases/<uuid:uuid>/closure/", closing.request, name="closure"),
    path("cases/<uuid:uuid>/closure/approval/", closing.approval, name="closure_approval"),
    path("cases/<uuid:uuid>/reopen/", closing.reopen, name="reopen"),
    path("cases/<uuid:uuid>/assign/", moving.assign, name="assign"),
    path("cases/<uuid:uuid>/transfer/", moving.request, name="transfer_request"),
    path("transfers/<uuid:uuid>/", moving.transfer, name="transfer"),
    # out of the ordinary
    path("emergency/", emergency.open_file, name="break_glass"),
    path("emergency/<uuid:uuid>/", emergency.show, name="emergency"),
    path("emergency/<uuid:uuid>/end/", emergency.end, name="emergency_end"),
    path("emergency/<uuid:uuid>/seen/", emergency.seen, name="emergency_seen"),
]
