from viewflow.workflow.nodes import ManualTask as ManualTask
from viewflow.workflow.nodes import View as View
from viewflow.workflow.nodes import ViewActivation as ViewActivation
