"""The web server: two workers of four threads. The demo starts it, a real office may too."""

import os
import threading
import time
from typing import Any

wsgi_app = "config.wsgi:application"
workers = 2
threads = 4
worker_class = "gthread"
timeout = 60
graceful_timeout = 8
keepalive = 15
# No request line is logged: a path can name a person's file. Our own log says what is needed.
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True


def on_starting(server: Any) -> None:
    """A server started by a supervisor (DONGHANH_SUPERVISOR = its process) ends with it."""
    supervisor = os.environ.get("DONGHANH_SUPERVISOR")
    if supervisor:
        threading.Thread(target=_end_with, args=(int(supervisor), server), daemon=True).start()


def _end_with(supervisor: int, server: Any) -> None:
    while os.getppid() == supervisor:
        time.sleep(0.5)
    os.kill(server.pid or os.getpid(), 15)
