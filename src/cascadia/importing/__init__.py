"""Importing: tables of parts (CSV) become the same `structure` document that a CAD converter makes."""
