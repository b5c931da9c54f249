"""Baseline JPEGs: what their headers say, and where their scan ends, without decoding."""

from collections.abc import Iterator
from functools import lru_cache
from operator import mul
from typing import NamedTuple

import numpy as np

END_OF_IMAGE = 0xD9

_FRAMES = (0xC0, 0xC1)
_HUFFMAN_CODES = 0xC4
_START_OF_SCAN = 0xDA
_QUANTIZATIONS = 0xDB
_RESTART_INTERVAL = 0xDD
_JFIF = 0xE0
_COLOUR_PROFILE = 0xE2
_COMMENT = 0xFE

_QUANTIZATION_BYTES = 65
"""A table's number and its 64 values, of 8 bits; a table of 16 bits has another number."""

_TABLES = 4
_AC = 16
"""Tables of a kind, numbered from 0; what the number of a code has besides if it is for AC."""

LARGEST_SIDE = 65_500
"""In pixels."""

_BITS = 8
"""Of a sample."""

_CODE_SPACE = 1 << 16
_SHARES = [_CODE_SPACE >> length for length in range(1, 17)]
"""How much of the code space a Huffman code of 1 to 16 bits takes."""


class Segment(NamedTuple):
    """One header: its marker, where that starts, and what follows marker and length."""

    marker: int
    start: int
    content: bytes

    @property
    def end(self) -> int:
        """Where the next header or the scan's data start."""
        return self.start + 4 + len(self.content)


class Headers(NamedTuple):
    """The headers of a JPEG up to its one scan: the last of `segments`. Width and height are in pixels."""

    segments: list[Segment]
    frame: Segment
    width: int
    height: int


def headers(data: bytes) -> Headers | None:
    """Return the headers of a baseline JPEG; None for any other file, or one with several scans."""
    segments: list[Segment] = []
    frame = None
    for segment in _segments(data):
        marker, _, content = segment
        segments.append(segment)
        if marker in _FRAMES and frame is None and len(content) > 5:
            frame = segment
        elif marker == _START_OF_SCAN:
            # All components in one scan, so that no header follows it.
            if frame is None or content[:1] != frame.content[5:6]:
                return None
            height, width = int.from_bytes(frame.content[1:3]), int.from_bytes(frame.content[3:5])
            return Headers(segments, frame, width, height)
        elif 0xC0 <= marker <= 0xCF and marker != _HUFFMAN_CODES:
            return None
    return None


def are_plain(found: Headers) -> bool:
    """Return whether libjpeg and Pillow are sure to use these headers, as they are of those of most photographs.

    Each check is one of theirs, or stricter. False is no verdict: an EXIF header, say, is for Pillow to try.
    """
    quantizations: frozenset[int] = frozenset()
    codes: frozenset[int] = frozenset()
    for marker, _, content in found.segments:
        if marker == _QUANTIZATIONS:
            tables = content[::_QUANTIZATION_BYTES]
            if len(content) % _QUANTIZATION_BYTES or not tables or max(tables) >= _TABLES:
                return False
            quantizations |= frozenset(tables)
        elif marker == _HUFFMAN_CODES:
            sound = _sound_codes(content)
            if not sound:
                return False
            codes |= sound
        elif not _needs_no_parsing(marker, content):
            return False
    return (
        0 < found.width <= LARGEST_SIDE
        and 0 < found.height <= LARGEST_SIDE
        and found.frame.content[0] == _BITS
        and _are_plain_components(found.frame.content[5:], quantizations)
        and _is_plain_scan(found.segments[-1].content, found.frame.content[6::3], codes)
    )


def marker_after_scan(data: bytes, scan: int) -> int | None:
    """Return the first marker that ends scan data; None where the file ends before."""
    values = np.frombuffer(data, np.uint8)[scan:]
    if len(values) < 2:
        return None
    following = values[1:]
    # Within a scan 0xFF is followed by a stuffed zero or a restart marker; before a marker it may be repeated.
    marked = values[:-1] == 0xFF
    # "and not zero", in place and in one pass.
    np.minimum(marked.view(np.uint8), following, out=marked.view(np.uint8))
    first = int(marked.argmax())
    if following[first] == END_OF_IMAGE:
        return END_OF_IMAGE if marked[first] else None
    ending = following[marked]
    ending = ending[(ending != 0xFF) & (ending & 0xF8 != 0xD0)]
    return int(ending[0]) if len(ending) else None


def _segments(data: bytes) -> Iterator[Segment]:
    start, last = 2, len(data) - 10
    if not data.startswith(b"\xff\xd8"):
        return
    while start < last and data[start] == 0xFF:
        end = start + 2 + (data[start + 2] << 8 | data[start + 3])
        yield Segment(data[start + 1], start, data[start + 4 : end])
        start = end


@lru_cache
def _sound_codes(content: bytes) -> frozenset[int]:
    """Return the numbers of a header's Huffman codes, from 16 for AC; none if one of them cannot be used.

    Most photographs have the same: those of the standard.
    """
    numbers = set()
    while content:
        number, lengths = content[0], content[1:17]
        symbols = content[17 : 17 + sum(lengths)]
        is_whole = 0 < len(symbols) == sum(lengths)
        # No code is all ones, so that some of the space is left.
        has_space = sum(map(mul, lengths, _SHARES)) < _CODE_SPACE
        if number & ~_AC >= _TABLES or not (is_whole and has_space) or (number < _AC and max(symbols) > 15):
            return frozenset()
        numbers.add(number)
        content = content[17 + len(symbols) :]
    return frozenset(numbers)


def _needs_no_parsing(marker: int, content: bytes) -> bool:
    if marker == _JFIF:
        return len(content) == 14 and content.startswith(b"JFIF\0")
    if marker == _COLOUR_PROFILE:
        return len(content) >= 14 and content.startswith(b"ICC_PROFILE\0")
    if marker == _RESTART_INTERVAL:
        return len(content) == 2
    return marker in (_COMMENT, _START_OF_SCAN, *_FRAMES)


@lru_cache
def _are_plain_components(components: bytes, quantizations: frozenset[int]) -> bool:
    """Return whether a frame has one component or three, all of whose samples and tables can be used."""
    number = components[0]
    if number not in (1, 3) or len(components) != 1 + 3 * number or len(set(components[1::3])) < number:
        return False
    factors = [(sampling >> 4, sampling & 15) for sampling in components[2::3]]
    # At most ten blocks come together, and samples are only ever repeated a whole number of times.
    return (
        all(1 <= factor <= 4 for pair in factors for factor in pair)
        and sum(horizontal * vertical for horizontal, vertical in factors) <= 10
        and not any(max(along) % factor for along in zip(*factors, strict=True) for factor in along)
        and quantizations.issuperset(components[3::3])
    )


@lru_cache
def _is_plain_scan(scan: bytes, components: bytes, codes: frozenset[int]) -> bool:
    """Return whether a scan has these components in their order, and all of its Huffman codes exist."""
    number = len(components)
    dc_and_ac = [code for pair in scan[2 : 1 + 2 * number : 2] for code in (pair >> 4, _AC | pair & 15)]
    end = b"\x00\x3f\x00"
    return (
        len(scan) == 4 + 2 * number
        and scan[1 : 1 + 2 * number : 2] == components
        and scan.endswith(end)
        and codes.issuperset(dc_and_ac)
    )
