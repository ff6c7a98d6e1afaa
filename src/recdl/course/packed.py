"""Rows of small numbers, packed into a short text for a script in a page; `panels/protocol.js` unpacks them.

An adaptive arithmetic code, one bit after the other: the better a bit could be foreseen, the less room it
takes. What it is foreseen from is its *context*, a number. Both sides count in whole numbers, so they agree.
"""

import base64
from collections.abc import Iterable

WHOLE, SPEED = 1 << 16, 6  # chances are parts of `WHOLE`
LENGTHS, DIGITS, HITS = 0, 256, 512  # where the contexts of each kind begin


class Packer:
    """Writes bits and rows of numbers; a row is foreseen from the row before it."""

    def __init__(self):
        self._low, self._high = 0, (1 << 32) - 1
        self._chances, self._written = {}, bytearray()

    def bit(self, context: int, bit: int):
        """Write a bit: its share of what is left between `_low` and `_high` is its chance."""
        chance = self._chances.get(context, WHOLE // 2)
        middle = self._low + (self._high - self._low) // WHOLE * chance
        if bit:
            self._high = middle
            chance += (WHOLE - chance) >> SPEED
        else:
            self._low = middle + 1
            chance -= chance >> SPEED
        self._chances[context] = chance
        while not (self._low ^ self._high) >> 24:  # the first byte is certain
            self._written.append(self._high >> 24)
            self._low = self._low << 8 & 0xFFFFFFFF
            self._high = self._high << 8 & 0xFFFFFFFF | 0xFF

    def numbers(self, row: Iterable[int], before: Iterable[int]):
        """Write numbers below 2 ** 15: how many digits each has, as those before, and its digits."""
        for number, previous in zip(row, before, strict=True):
            n = number.bit_length()
            self._digits(n + 16, 4, LENGTHS + 16 * previous.bit_length())
            known = 1
            for place in reversed(range(n - 1)):
                digit = number >> place & 1
                self.bit(DIGITS + 8 * n + (known if known < 8 else 0), digit)
                known = 2 * known + digit

    def _digits(self, number, n, context):
        for place in reversed(range(n)):
            self.bit(context + (number >> place + 1), number >> place & 1)

    def hits(self, row: Iterable[int], before: Iterable[int]):
        """Write lists of ten hits, each as a number whose bit 0 is the first place."""
        for hits, previous in zip(row, before, strict=True):
            context, is_same = HITS + 40 * previous.bit_count(), 1
            for place in range(10):
                hit, old = hits >> place & 1, previous >> place & 1
                self.bit(context + 4 * place + 2 * is_same + old, hit)
                is_same &= hit == old

    def text(self) -> str:
        """Return what was written."""
        return base64.b64encode(self._written + self._high.to_bytes(4, "big")).decode()
