from viewflow.workflow.nodes import Start as Start
from viewflow.workflow.nodes import StartActivation as StartActivation
from viewflow.workflow.nodes import StartHandle as StartHandle
from viewflow.workflow.nodes import StartHandleActivation as StartHandleActivation
from viewflow.workflow.nodes import StartViewActivation as StartViewActivation
