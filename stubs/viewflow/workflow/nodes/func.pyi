from viewflow.workflow.nodes import BusinessRule as BusinessRule
from viewflow.workflow.nodes import Function as Function
from viewflow.workflow.nodes import FunctionActivation as FunctionActivation
from viewflow.workflow.nodes import SendHandle as SendHandle
