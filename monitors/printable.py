"""Words of strangers, made fit for a page, a log and a terminal."""


def printable(text: str) -> str:
    """The text in one line, without control characters and without spaces in a row."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(kept.split())
