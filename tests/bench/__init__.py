"""What the benches of the language service and the risk screen tell of what they measured."""
