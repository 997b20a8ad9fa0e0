"""The demonstration: invented people and cases, made by the same actions that the pages call."""
