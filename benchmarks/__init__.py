"""Measurements: each starts the real program, loads what it needs, and compares within one run. `./dev bench` lists and runs them."""
