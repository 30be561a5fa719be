"""What the Makefile calls: prepare the environments, run the house on one machine."""
