from viewflow.workflow.nodes import Switch as Switch
from viewflow.workflow.nodes import SwitchActivation as SwitchActivation
