from viewflow.workflow.nodes import If as If
from viewflow.workflow.nodes import IfActivation as IfActivation
