"""What all kinds of items have in common: numbers, names, phases, attributes, their versions.

Owns `item_v`, `number_scheme`, `number_counter`. A kind (parts, documents, …) brings its schema and rules; the use cases here
take them as values.
"""
