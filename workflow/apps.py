from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    name = "workflow"

    def ready(self) -> None:
        from privacy import outbox
        from workflow import notices, tasks  # noqa: F401  (registers tasks)

        outbox.on(notices.KIND, notices.send)
