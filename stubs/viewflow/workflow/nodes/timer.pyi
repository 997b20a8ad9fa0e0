from viewflow.workflow.nodes import StartTimer as StartTimer
from viewflow.workflow.nodes import Timer as Timer
from viewflow.workflow.nodes import TimerActivation as TimerActivation
