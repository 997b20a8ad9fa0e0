"""How the clock asks the engine room. Celery tasks, so that beat can ask the same later."""

from celery import shared_task

from workflow import relay, timers


@shared_task(name="workflow.fire_timers")
def fire_timers() -> int:
    return timers.fire_due()


@shared_task(name="workflow.sweep_outbox")
def sweep_outbox() -> int:
    return relay.run_due() + relay.sweep()
