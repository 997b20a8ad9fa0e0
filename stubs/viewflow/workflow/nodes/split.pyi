from viewflow.workflow.nodes import Split as Split
from viewflow.workflow.nodes import SplitActivation as SplitActivation
from viewflow.workflow.nodes import SplitFirst as SplitFirst
