from viewflow.fsm.base import InvalidTargetState as InvalidTargetState
from viewflow.fsm.base import NoTransition as NoTransition
from viewflow.fsm.base import State as State
from viewflow.fsm.base import Transition as Transition
from viewflow.fsm.base import TransitionConditionsUnmet as TransitionConditionsUnmet
from viewflow.fsm.base import TransitionNotAllowed as TransitionNotAllowed
