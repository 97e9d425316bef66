"""Samplers and pruners by name, and what they see."""
