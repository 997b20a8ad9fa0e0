from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured


class HouseConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Every process passes here, whichever way it is started: web server, runner, command."""
        from config import unsafe  # its import registers the check

        found = unsafe.problems()
        if found:
            told = "\n".join(f"{problem.id}: {problem.msg}" for problem in found)
            raise ImproperlyConfigured(f"A real office does not start like this.\n{told}")
