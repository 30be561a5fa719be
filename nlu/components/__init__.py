"""Graph components of the Gyeot language model."""
