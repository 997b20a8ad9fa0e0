"""Figures we promise, measured against baselines in the same run. Nothing is stored or assumed."""
