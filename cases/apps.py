from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from cases import actions, labels, leaving, tasks  # noqa: F401  (registers the periodic work)
        from cases.actions.duplicates import LOOK
        from cases.actions.ending import SUMMARY_DIES
        from cases.actions.erasure import DELETED, ERASE, ERASED
        from cases.actions.keeping import STRIP, STRIP_PACKET
        from cases.actions.outreach import KEYS_DIE
        from cases.exports import PROGRAMME_COUNTS, TEAM_WORK
        from cases.flows import (
            AuthorityFlow,
            BreachFlow,
            BreakGlassFlow,
            CaseFlow,
            ConsentFlow,
            ErasureFlow,
            FollowUpFlow,
            HoldFlow,
            OutreachFlow,
            RightsFlow,
            SamePersonFlow,
            TransferFlow,
        )
        from cases.models import (
            AuthorityGrant,
            AuthorityRequest,
            Breach,
            BreachGrant,
            BreakGlass,
            BreakGlassGrant,
            Case,
            CaseGrant,
            Consent,
            DuplicateMatch,
            ErasureRequest,
            ErasureRequestGrant,
            FollowUpPlan,
            Lead,
            LeadGrant,
            LegalHold,
            LegalHoldGrant,
            RightsGrant,
            RightsRequest,
            Transfer,
            TransferGrant,
        )
        from privacy import access, exports, outbox, retention
        from privacy import leaving as goodbyes
        from referrals import notices as referral_news
        from workflow import engine
        from workflow import labels as worklist_labels

        for granted, grant_model in (
            (Case, CaseGrant),
            (Lead, LeadGrant),
            (Transfer, TransferGrant),
            (ErasureRequest, ErasureRequestGrant),
            (LegalHold, LegalHoldGrant),
            (BreakGlass, BreakGlassGrant),
            (RightsRequest, RightsGrant),
            (Breach, BreachGrant),
            (AuthorityRequest, AuthorityGrant),
        ):
            access.register(
                granted,
                grant_model,
                lambda record, _compartment: record.owner_uuid,
                # A restricted file is kept and nothing else: it opens for nobody.
                shut_when="restricted_at" if granted is Case else "",
            )
        for model, flow_class in (
            (Lead, OutreachFlow),
            (Case, CaseFlow),
            (FollowUpPlan, FollowUpFlow),
            (Transfer, TransferFlow),
            (ErasureRequest, ErasureFlow),
            (LegalHold, HoldFlow),
            (DuplicateMatch, SamePersonFlow),
            (BreakGlass, BreakGlassFlow),
            (Consent, ConsentFlow),
            (RightsRequest, RightsFlow),
            (Breach, BreachFlow),
            (AuthorityRequest, AuthorityFlow),
        ):
            engine.register(model, flow_class)
        for kind in (TEAM_WORK, PROGRAMME_COUNTS):
            exports.register(kind)
        outbox.on(LOOK, actions.look_for_duplicates)
        outbox.on(KEYS_DIE, actions.destroy_lead_keys)
        outbox.on(SUMMARY_DIES, actions.destroy_summary_key)
        outbox.on(ERASE, actions.carry_out)
        outbox.on(ERASED, actions.carried_out)
        outbox.on(DELETED, actions.finish_deletions)
        outbox.on(STRIP, actions.stripped)
        outbox.on(STRIP_PACKET, actions.packet_stripped)
        for keeper in (actions.Files(), actions.Slips(), actions.Contacts()):
            retention.register(keeper)
        outbox.on(referral_news.CHANGED, actions.referral_changed)
        outbox.on(referral_news.WITHDRAWAL_RELAYED, actions.withdrawal_relayed)
        outbox.on(referral_news.MILESTONE_FORWARDED, actions.milestone_forwarded)
        goodbyes.on(leaving.held)
        goodbyes.on_end(actions.end_with_work)
        for labeller in (
            labels.OfCases(),
            labels.OfChildren(),
            labels.OfMatches(),
            labels.OfLeads(),
            labels.OfTransfers(),
            labels.OfErasures(),
            labels.OfHolds(),
            labels.OfEmergencies(),
            labels.OfConsents(),
            labels.OfRights(),
            labels.OfBreaches(),
            labels.OfAuthorities(),
        ):
            worklist_labels.register(labeller)
