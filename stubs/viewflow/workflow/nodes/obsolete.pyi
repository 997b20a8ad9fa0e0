from viewflow.workflow.nodes import Obsolete as Obsolete
from viewflow.workflow.nodes import ObsoleteActivation as ObsoleteActivation
