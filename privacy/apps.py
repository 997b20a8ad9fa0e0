from django.apps import AppConfig
from django.core.signals import got_request_exception
from django.db.models.signals import post_migrate


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        from axes.models import AccessAttempt
        from django.contrib.sessions.models import Session

        from privacy import access, files, logs, retention, separation
        from privacy import tasks as tasks  # registers the periodic work
        from privacy.audit import guard
        from privacy.keys import resealing
        from privacy.models import KeptText, Outbox, SentForm

        post_migrate.connect(separation.install, sender=self, dispatch_uid="privacy.separation")
        post_migrate.connect(access.forget_permissions, dispatch_uid="privacy.permissions")
        post_migrate.connect(guard.install, dispatch_uid="privacy.audit_guard")
        got_request_exception.connect(logs.request_failed, dispatch_uid="privacy.failed")
        for keeper in (
            retention.Rows("session", Session, "expire_date"),
            retention.Rows("sent_form", SentForm, "at"),
            retention.Rows("kept_text", KeptText, "created_at"),
            retention.Rows("outbox", Outbox, "done_at"),
            retention.Rows("sign_in_try", AccessAttempt, "attempt_time"),
        ):
            retention.register(keeper)
        resealing.register_elsewhere(resealing.Elsewhere(files.named, files.seal_anew))
