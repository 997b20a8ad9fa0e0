from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        from privacy import access, checks, separation, tasks  # noqa: F401  (registers)

        post_migrate.connect(separation.install, sender=self, dispatch_uid="privacy.separation")
        post_migrate.connect(access.forget_permissions, dispatch_uid="privacy.permissions")
