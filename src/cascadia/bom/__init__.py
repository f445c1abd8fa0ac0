"""Bills of material: lines, their versions, and what is read from them: trees, sums, where-used, roll-ups.

Owns `bom_line` and `bom_v`. Knows items by their service; does not know files or proposals.
"""
