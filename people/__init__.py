"""Synthetic people with exact ground truth: a developer tool, never needed at run time."""
