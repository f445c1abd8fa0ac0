"""CAD: reads STEP files into structure, mass properties, a 3D model and pictures.

The converters know a folder and nothing else: no database, no network. They run in a sandboxed child, because damaged content can
crash the reader. What is stored of their output is decided in `jobs`.
"""
