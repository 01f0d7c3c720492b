"""Registration (登记): a matter is on record, numbered, and can be asked after."""
