from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        from privacy import access, checks, tasks  # noqa: F401  (registers checks and tasks)
        from privacy.audit import guard

        post_migrate.connect(access.forget_permissions, dispatch_uid="privacy.permissions")
        post_migrate.connect(guard.install, dispatch_uid="privacy.audit_guard")
