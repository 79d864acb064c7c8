"""Poses in, explained repetitions out: pure, deterministic, no clock and no image."""
