from viewflow.workflow.nodes import Join as Join
from viewflow.workflow.nodes import JoinActivation as JoinActivation
