"""All that the services, and anybody outside, may know of one another.

generate > client > rpc | events > envelope | failures | fields
"""

__version__ = "0.1.0"
