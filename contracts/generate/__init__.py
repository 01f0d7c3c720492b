"""The published documents, made from the types: JSON Schemas and the AsyncAPI document.

`python -m contracts.generate` writes them anew; with `--check` it changes nothing and fails where
the files differ from the types.
"""
