from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        from django.contrib.sessions.models import Session

        from privacy import access, checks, retention, separation, tasks  # noqa: F401  (registers)
        from privacy.audit import guard
        from privacy.models import KeptText, Outbox, SentForm

        post_migrate.connect(separation.install, sender=self, dispatch_uid="privacy.separation")
        post_migrate.connect(access.forget_permissions, dispatch_uid="privacy.permissions")
        post_migrate.connect(guard.install, dispatch_uid="privacy.audit_guard")
        for keeper in (
            retention.Rows("session", Session, "expire_date"),
            retention.Rows("sent_form", SentForm, "at"),
            retention.Rows("kept_text", KeptText, "created_at"),
            retention.Rows("outbox", Outbox, "done_at"),
        ):
            retention.register(keeper)
