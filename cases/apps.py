from django.apps import AppConfig
from django.db.models import Q


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from cases import actions, labels, tasks  # noqa: F401  (registers the periodic work)
        from cases.actions.outreach import KEYS_DIE
        from cases.flows import (
            AuthorityFlow,
            BreachFlow,
            CaseFlow,
            FollowUpFlow,
            OutreachFlow,
            RightsFlow,
            TransferFlow,
        )
        from cases.models import (
            AuthorityGrant,
            AuthorityRequest,
            Breach,
            BreachGrant,
            Case,
            CaseGrant,
            FollowUpPlan,
            Lead,
            LeadGrant,
            RightsGrant,
            RightsRequest,
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
            (RightsRequest, RightsGrant),
            (Breach, BreachGrant),
            (AuthorityRequest, AuthorityGrant),
        ):
            access.register(
                granted,
                grant_model,
                lambda record, _compartment: record.owner_uuid,
                # A restricted file is kept and nothing else: it opens for nobody.
                shut=Q(content_object__restricted_at__isnull=False) if granted is Case else None,
            )
        for model, flow_class in (
            (Lead, OutreachFlow),
            (Case, CaseFlow),
            (FollowUpPlan, FollowUpFlow),
            (Transfer, TransferFlow),
            (RightsRequest, RightsFlow),
            (Breach, BreachFlow),
            (AuthorityRequest, AuthorityFlow),
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
            labels.OfRights(),
            labels.OfBreaches(),
            labels.OfAuthorities(),
        ):
            worklist_labels.register(labeller)
