"""The fault harness: random load, faults in the middle of it, and a check of what is left after.

    python -m tests.system.faults --rounds 1000 --seed 7

One installation lives through all rounds. Every call is kept in a history (invoked, ok, refused,
unknown); the checks read that history and the logs, as Jepsen's do.
"""
