"""Text as it is compared."""

import unicodedata


def letters_of(text: str) -> str:
    """Return letters and digits only, in one form: width, case and punctuation do not count."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in plain if character.isalnum())
