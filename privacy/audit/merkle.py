"""One hash over many rows, as RFC 6962, 2.1 defines it: leaves and nodes are hashed apart, so that
no node can be passed off as a leaf. Pure."""

import hashlib


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Takes leaves one by one and keeps one hash for each whole subtree: log2(n) of them."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, data: bytes) -> None:
        height, hashed = 0, leaf(data)
        while self._peaks and self._peaks[-1][0] == height:
            hashed = node(self._peaks.pop()[1], hashed)
            height += 1
        self._peaks.append((height, hashed))
        self.size += 1

    def root(self) -> bytes:
        """32 bytes; of no leaves at all the hash of nothing."""
        if not self._peaks:
            return hashlib.sha256(b"").digest()
        hashed = self._peaks[-1][1]
        for _, peak in reversed(self._peaks[:-1]):
            hashed = node(peak, hashed)
        return hashed
