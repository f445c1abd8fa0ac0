"""Structures: what a converter found in a file (components, their usages, measures), as values, before anything is known of the database.

Owns the schema of the `structure` document, which `cad` and `importing` write and `proposals` read; no table, no file.
"""
