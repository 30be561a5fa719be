"""Providers that stand on this machine and answer like the real ones."""
