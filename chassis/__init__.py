"""What each service is bolted to: event store, messaging, runtime, identity, observability.

The chassis knows no petition. Its parts stack one way:
runtime > messaging > eventstore > observability | environment | identity.
"""

__version__ = "0.1.0"
