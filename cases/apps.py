from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from cases import actions, labels
        from cases.actions.outreach import KEYS_DIE
        from cases.flows import (
            BreakGlassFlow,
            CaseFlow,
            ConsentFlow,
            FollowUpFlow,
            OutreachFlow,
            TransferFlow,
        )
        from cases.models import (
            BreakGlass,
            BreakGlassGrant,
            Case,
            CaseGrant,
            Consent,
            FollowUpPlan,
            Lead,
            LeadGrant,
            Transfer,
            TransferGrant,
        )
        from privacy import access, outbox
        from referrals import notices as referral_news
        from workflow import engine
        from workflow import labels as worklist_labels

        for granted, grant_model in (
            (Case, CaseGrant),
            (Lead, LeadGrant),
            (Transfer, TransferGrant),
            (BreakGlass, BreakGlassGrant),
        ):
            access.register(granted, grant_model, lambda record, _compartment: record.owner_uuid)
        for model, flow_class in (
            (Lead, OutreachFlow),
            (Case, CaseFlow),
            (FollowUpPlan, FollowUpFlow),
            (Transfer, TransferFlow),
            (BreakGlass, BreakGlassFlow),
            (Consent, ConsentFlow),
        ):
            engine.register(model, flow_class)
        outbox.on(KEYS_DIE, actions.destroy_lead_keys)
        outbox.on(referral_news.CHANGED, actions.referral_changed)
        outbox.on(referral_news.WITHDRAWAL_RELAYED, actions.withdrawal_relayed)
        outbox.on(referral_news.MILESTONE_FORWARDED, actions.milestone_forwarded)
        for labeller in (
            labels.OfCases(),
            labels.OfChildren(),
            labels.OfLeads(),
            labels.OfTransfers(),
            labels.OfEmergencies(),
            labels.OfConsents(),
        ):
            worklist_labels.register(labeller)
