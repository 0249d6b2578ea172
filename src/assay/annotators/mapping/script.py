"""What is known of scripts: where words have no spaces between them."""


def unspaced(letter: str) -> bool:
    """Scripts written without spaces between words: CJK, kana, Thai, Lao, Khmer, Myanmar."""
    point = ord(letter)
    return (
        0x0E00 <= point <= 0x0EFF
        or 0x1000 <= point <= 0x109F
        or 0x1780 <= point <= 0x17FF
        or 0x2E80 <= point <= 0x9FFF
        or 0x20000 <= point <= 0x3FFFF
    )
