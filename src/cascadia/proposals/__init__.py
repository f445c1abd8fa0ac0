"""Proposals: what a file would change, row by row with a verdict, reviewed by a person and accepted as one commit.

Owns `proposal` and `proposal_row`, and the schema of the `structure` document that readers of files make (`model`).
"""
