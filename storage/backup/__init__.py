"""Backups: made, restored, drilled; ciphertext only, the keyring is never among it."""
