"""How long events gather after a batch, before the next is sent or applied: each has its price.

The first event after a rest never waits.
"""

from typing import Final

AT_ONCE_S: Final = 0.03
"""Where somebody waits for the effect."""

SOON_S: Final = 0.25
"""Where nobody does: reminders, timelines, states."""
