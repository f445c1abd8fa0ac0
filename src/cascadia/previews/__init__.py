"""Pictures and texts of documents: what a PDF, an image or a text shows without opening it. Owns no table; made in the cage."""
