"""The first-contact rule (首问负责): who owns a petition, and how that may change."""
