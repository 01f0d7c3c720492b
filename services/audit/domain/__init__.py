"""The history of a case across all services, as of any instant."""
