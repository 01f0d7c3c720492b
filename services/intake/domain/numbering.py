"""Numbers of petitions: `XF-330424-20261123-000017-X`.

XF (信访), the region of the receiving office (GB/T 2260), the day of registration in Shanghai, the
serial of that region and day, and a check character (ISO 7064, MOD 37,36) over everything before
it, which finds every single wrong character and nearly all transpositions.
"""

from datetime import date
from string import ascii_uppercase, digits
from typing import Final

from services.intake.domain.refusals import NumberMalformed

ALPHABET: Final = digits + ascii_uppercase
MODULUS: Final = len(ALPHABET)
SERIAL_MAX: Final = 999_999


def check_character(payload: str) -> str:
    """Return the check character of digits and capitals (ISO 7064, MOD 37,36)."""
    product = MODULUS
    for character in payload:
        total = (product + ALPHABET.index(character)) % MODULUS or MODULUS
        product = (total * 2) % (MODULUS + 1)
    return ALPHABET[(MODULUS + 1 - product) % MODULUS]


def number_of(region: str, day: date, serial: int) -> str:
    """Return the number of one petition.

    Args:
        serial: from 1 to 999,999.

    Raises:
        ValueError: the region has registered more than a day's numbers hold.
    """
    if not 1 <= serial <= SERIAL_MAX:
        raise ValueError(f"serial {serial} does not fit into a number")
    parts = ("XF", region, f"{day:%Y%m%d}", f"{serial:06d}")
    return "-".join((*parts, check_character("".join(parts))))


def verified(number: str) -> str:
    """Return the number when its check character fits.

    Raises:
        NumberMalformed: a character is wrong.
    """
    payload, _, check = number.rpartition("-")
    if check_character(payload.replace("-", "")) != check:
        raise NumberMalformed(number="a character is wrong; compare it with the receipt")
    return number
