from viewflow.workflow.nodes import End as End
from viewflow.workflow.nodes import EndActivation as EndActivation
from viewflow.workflow.nodes import ErrorEnd as ErrorEnd
from viewflow.workflow.nodes import TerminateEnd as TerminateEnd
