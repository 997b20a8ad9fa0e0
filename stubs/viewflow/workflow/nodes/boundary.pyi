from viewflow.workflow.nodes import TimerBoundary as TimerBoundary
from viewflow.workflow.nodes import TimerBoundaryActivation as TimerBoundaryActivation
