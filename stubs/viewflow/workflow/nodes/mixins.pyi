from viewflow.workflow.nodes import NextNodeActivationMixin as NextNodeActivationMixin
from viewflow.workflow.nodes import NextNodeMixin as NextNodeMixin
from viewflow.workflow.nodes import NodePermissionMixin as NodePermissionMixin
