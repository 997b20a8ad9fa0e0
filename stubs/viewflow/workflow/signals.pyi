from django.dispatch import Signal

flow_started: Signal
flow_finished: Signal
task_started: Signal
task_failed: Signal
task_finished: Signal
