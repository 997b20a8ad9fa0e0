from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "referrals"

    def ready(self) -> None:
        from privacy import access, outbox
        from referrals import actions, labels, notices
        from referrals.flows import LivelihoodFlow, ReferralFlow
        from referrals.models import LivelihoodPlan, Referral, ReferralGrant
        from workflow import engine
        from workflow import labels as worklist_labels

        access.register(Referral, ReferralGrant, lambda referral, _compartment: referral.owner_uuid)
        engine.register(Referral, ReferralFlow)
        engine.register(LivelihoodPlan, LivelihoodFlow)
        outbox.on(notices.PACKET_DIES, actions.destroy_packet_key)
        worklist_labels.register(labels.Received())
