"""viewflow is met in the engine room; a flow declares its steps and touches nothing else of it."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DECLARING = {"viewflow", "viewflow.workflow", "viewflow.workflow.flow", "viewflow.this_object"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, []


def flow_files():
    for room in ("cases", "referrals", "services", "privacy", "config"):
        yield from sorted((ROOT / room).glob("flows.py"))
        yield from sorted((ROOT / room).glob("flows/*.py"))


def test_it_declares_flows_without_touching_activations():
    found = [
        f"{path.relative_to(ROOT)} imports {module} {names}"
        for path in flow_files()
        for module, names in imports(path)
        if module.startswith("viewflow")
        and (module not in DECLARING or {"Activation", "STATUS", "PROCESS", "View"} & set(names))
    ]
    assert not found
