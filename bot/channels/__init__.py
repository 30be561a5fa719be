"""One adapter for each place a young person can write from."""
