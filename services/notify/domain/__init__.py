"""Reminders (提醒): planned from what happens to a petition, delivered at least once."""
