"""What to say: pure decisions over reviewed sentences."""
