"""The outbound guard: what staff may not ask a young person for."""
