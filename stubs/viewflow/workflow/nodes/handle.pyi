from viewflow.workflow.nodes import Handle as Handle
from viewflow.workflow.nodes import HandleActivation as HandleActivation
