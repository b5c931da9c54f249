"""Headers of baseline JPEGs, read without decoding."""

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
_NOTES = 0xE1
_COLOUR_PROFILE = 0xE2
_COMMENT = 0xFE

_QUANTIZATION_BYTES = 65
"""The bytes of a quantization table: its number, then 64 values of 8 bits.

A table with values of 16 bits has a number above 15.
"""

_TABLES = 4
"""Quantization tables are numbered from 0 to 3, as are Huffman codes of each kind."""

_AC = 16
"""The bit that marks the number of a Huffman code for AC coefficients."""

LARGEST_SIDE = 65_500
"""The largest width and height in pixels that libjpeg accepts."""

_SAMPLE_BITS = 8

_CODE_SPACE = 1 << 16
_SHARES = [_CODE_SPACE >> length for length in range(1, 17)]
"""The shares of the code space that codes of 1, 2, ... 16 bits take."""


class Segment(NamedTuple):
    """A header of a JPEG.

    `start` is the place of the 0xFF before the marker. `content` follows the marker and the 2 bytes of the length.
    """

    marker: int
    start: int
    content: bytes

    @property
    def end(self) -> int:
        """Return the place behind this header."""
        return self.start + 4 + len(self.content)


class Headers(NamedTuple):
    """Headers and size in pixels of a baseline JPEG.

    The last of `segments` is the header of the scan.
    """

    segments: list[Segment]
    frame: Segment
    width: int
    height: int


def headers(data: bytes) -> Headers | None:
    """Return the headers of a baseline JPEG, or None.

    It is also None for several scans, where more headers follow the first scan.
    """
    segments: list[Segment] = []
    frame = None
    for segment in _segments(data):
        marker, _, content = segment
        segments.append(segment)
        if marker in _FRAMES and frame is None and len(content) > 5:
            frame = segment
        elif marker == _START_OF_SCAN:
            # Both bytes count components. A scan with all components is the only one, so no header follows it.
            if frame is None or content[:1] != frame.content[5:6]:
                return None
            height, width = int.from_bytes(frame.content[1:3]), int.from_bytes(frame.content[3:5])
            return Headers(segments, frame, width, height)
        elif 0xC0 <= marker <= 0xCF and marker != _HUFFMAN_CODES:
            return None
    return None


def are_plain(found: Headers) -> bool:
    """Return whether libjpeg and Pillow certainly accept these headers.

    The checks are at least as strict as theirs, and most photographs pass. False does not mean that a JPEG is broken:
    one with an EXIF header, for example, is left for Pillow to try.
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
        and found.frame.content[0] == _SAMPLE_BITS
        and _are_plain_components(found.frame.content[5:], quantizations)
        and _is_plain_scan(found.segments[-1].content, found.frame.content[6::3], codes)
    )


def marker_after_scan(data: bytes, scan: int) -> int | None:
    """Return the marker that ends a scan, or None.

    The scan's data start at byte `scan`. None means that the file ends first. Extraction spends most of its time in
    this pass over all bytes, so arrays are changed in place.
    """
    values = np.frombuffer(data, np.uint8)[scan:]
    if len(values) < 2:
        return None
    following = values[1:]
    # In a scan, a zero or a restart marker follows 0xFF. Before a marker, 0xFF may be repeated.
    marked = values[:-1] == 0xFF
    # The minimum of 0 or 1 and the next byte is `marked and next byte != 0`, in place and in one pass.
    np.minimum(marked.view(np.uint8), following, out=marked.view(np.uint8))
    # In an ordinary photograph the first marker ends the image, and no second pass is needed.
    first = int(marked.argmax())
    if following[first] == END_OF_IMAGE:
        return END_OF_IMAGE if marked[first] else None
    # Leave out repeated 0xFF and the eight restart markers, 0xD0 to 0xD7.
    ending = following[marked]
    ending = ending[(ending != 0xFF) & (ending & 0xF8 != 0xD0)]
    return int(ending[0]) if len(ending) else None


def without_notes(data: bytes) -> bytes | None:
    """Return a JPEG without its EXIF and XMP, or None.

    The index of further pictures (MPF) is left out as well. All other bytes stay, so that the pixels do. None means
    that the headers do not end in a scan.
    """
    kept = [data[:2]]
    for segment in _segments(data):
        if segment.marker == _START_OF_SCAN:
            return b"".join([*kept, data[segment.start :]])
        is_index = segment.marker == _COLOUR_PROFILE and segment.content.startswith(b"MPF\0")
        if segment.marker != _NOTES and not is_index:
            kept.append(data[segment.start : segment.end])
    return None


def _segments(data: bytes) -> Iterator[Segment]:
    """Yield headers as long as they start with 0xFF."""
    # The shortest scan header has 10 bytes.
    start, last = 2, len(data) - 10
    if not data.startswith(b"\xff\xd8"):
        return
    while start < last and data[start] == 0xFF:
        end = start + 2 + (data[start + 2] << 8 | data[start + 3])
        yield Segment(data[start + 1], start, data[start + 4 : end])
        start = end


@lru_cache
def _sound_codes(content: bytes) -> frozenset[int]:
    """Return the numbers of Huffman codes in a header.

    Codes for AC coefficients have numbers from 16. The set is empty if libjpeg cannot use one of the codes. It is
    cached, because most photographs have the codes of the standard.
    """
    numbers = set()
    while content:
        number, lengths = content[0], content[1:17]
        symbols = content[17 : 17 + sum(lengths)]
        is_whole = 0 < len(symbols) == sum(lengths)
        # The standard forbids a code of only ones, so usable codes never fill the whole space.
        has_space = sum(map(mul, lengths, _SHARES)) < _CODE_SPACE
        # Symbols of DC codes are bit lengths, and libjpeg allows at most 15.
        if number & ~_AC >= _TABLES or not (is_whole and has_space) or (number < _AC and max(symbols) > 15):
            return frozenset()
        numbers.add(number)
        content = content[17 + len(symbols) :]
    return frozenset(numbers)


def _needs_no_parsing(marker: int, content: bytes) -> bool:
    """Return whether Pillow accepts a header without parsing it."""
    if marker == _JFIF:
        return len(content) == 14 and content.startswith(b"JFIF\0")
    if marker == _COLOUR_PROFILE:
        return len(content) >= 14 and content.startswith(b"ICC_PROFILE\0")
    if marker == _RESTART_INTERVAL:
        return len(content) == 2
    return marker in (_COMMENT, _START_OF_SCAN, *_FRAMES)


@lru_cache
def _are_plain_components(components: bytes, quantizations: frozenset[int]) -> bool:
    """Return whether libjpeg can use a frame's components.

    There are one (grey) or three (colour), and each has 3 bytes: its number, its sampling factors (horizontal and
    vertical, 4 bits each) and the number of its quantization table.
    """
    number = components[0]
    if number not in (1, 3) or len(components) != 1 + 3 * number or len(set(components[1::3])) < number:
        return False
    factors = [(sampling >> 4, sampling & 15) for sampling in components[2::3]]
    # libjpeg allows ten blocks in a unit, and enlarges components only by whole factors.
    return (
        all(1 <= factor <= 4 for pair in factors for factor in pair)
        and sum(horizontal * vertical for horizontal, vertical in factors) <= 10
        and not any(max(along) % factor for along in zip(*factors, strict=True) for factor in along)
        and quantizations.issuperset(components[3::3])
    )


@lru_cache
def _is_plain_scan(scan: bytes, components: bytes, codes: frozenset[int]) -> bool:
    """Return whether a scan fits the frame and the codes.

    It must have the frame's components in their order, and use only Huffman codes that exist.
    """
    number = len(components)
    dc_and_ac = [code for pair in scan[2 : 1 + 2 * number : 2] for code in (pair >> 4, _AC | pair & 15)]
    # A baseline scan has all 64 coefficients (0 to 63) at full precision.
    end = b"\x00\x3f\x00"
    return (
        len(scan) == 4 + 2 * number
        and scan[1 : 1 + 2 * number : 2] == components
        and scan.endswith(end)
        and codes.issuperset(dc_and_ac)
    )
