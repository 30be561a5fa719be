"""Timings and long runs; nothing here is a test."""
