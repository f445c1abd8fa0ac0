"""Proposals: what a file would change, row by row with a verdict, reviewed by a person and accepted as one commit.

Owns `proposal` and `proposal_row`. What a file holds comes as a `structure` document (`cascadia.structures`).
"""
