"""A record whose flow is a probe instead of its own."""

import pytest

from cases.models import Lead
from tests import factories
from tests.workflow import probe_flows
from workflow import engine


@pytest.fixture
def probe(cast, monkeypatch):
    """``probe(ProbeFlow)`` → a lead of Hoa's about which that flow has been started."""

    def begin(flow_class=probe_flows.ProbeFlow):
        cast.point.leave()
        monkeypatch.setitem(engine._flows, Lead, [flow_class])
        return factories.lead_made(cast)

    probe_flows.calls.clear()
    return begin
