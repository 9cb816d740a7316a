"""The compiled scanner: a column of bytes → tokens as byte slices, one pass for every tokenizer.

A tokenizer is a table: what each character is (part of a token, a separator, a token by itself, or dropped).
ASCII is looked up byte by byte; other characters by what Unicode says they are.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.display.html import MOST_ROWS, Markup, block, rest, table, washed
from sadari.errors import DataError
from sadari.messages import beside, counted, message

MOST_BYTES = 2**31 - 1  # tokens' places are int32
PART, SEPARATOR, ALONE, DROP, TAG = 0, 1, 2, 3, 4  # TAG: '<', which opens torchtext's "<br />"
BREAK_TAG = (60, 98, 114, 32, 47, 62)  # "<br />"
OTHER, SPACE, WORD, DENSE, MARK = 0, 1, 2, 3, 4  # kinds of characters outside ASCII

# What belongs to the character before it besides Unicode's marks (Mn, Mc, Me): the joiners ZWNJ and ZWJ, skin tones and
# the letters of flags. They are those that Unicode Standard Annex 29 calls Extend.
JOINING = (*range(0x200C, 0x200E), *range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080))

# Scripts whose words are not dependably parted by spaces (Hangul, kana, Han, Thai …): first, last code point.
DENSE_SCRIPTS = (
    (0x0E01, 0x0E5B),
    (0x0E81, 0x0EDF),
    (0x1000, 0x109F),
    (0x1100, 0x11FF),
    (0x1780, 0x17DD),
    (0x3041, 0x30FF),
    (0x3105, 0x318E),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97C),
    (0xAC00, 0xD7FB),
    (0xF900, 0xFAD9),
    (0xFF66, 0xFF9D),
    (0x20000, 0x33479),
)


@dataclass(frozen=True)
class Rules:
    """How one tokenizer reads characters.

    Attributes:
        ascii_class: uint8 [128], PART … TAG of each ASCII byte.
        lower: uint8 [128], what each ASCII byte is written as.
        other_class: uint8 [5], the class of each kind of other character (OTHER, SPACE, WORD, DENSE, MARK). A mark
            within a token is part of it whatever its class.
        min_chars: shorter tokens are dropped.
        pieces: (smallest, largest) n-gram of characters that tokens in a dense script are cut into; (0, 0) keeps
            them whole.
    """

    ascii_class: NDArray[np.uint8]
    lower: NDArray[np.uint8]
    other_class: NDArray[np.uint8]
    min_chars: int = 1
    pieces: tuple[int, int] = (0, 0)

    @cached_property
    def tables(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], int, int, int]:
        """The rules as the compiled loop reads them."""
        return self.ascii_class, self.lower, self.other_class, self.min_chars, *self.pieces


MOST_TOKENS = 20  # of a text, in a notebook


@dataclass(frozen=True)
class Tokens:
    """The tokens of ``n`` texts as slices of one byte array.

    Attributes:
        content: uint8, what the tokens' bytes are slices of (lower-cased where the tokenizer does so).
        starts: int32 [tokens], where each begins.
        lengths: int32 [tokens], how many bytes it has.
        hashes: uint32 [tokens], 32-bit FNV-1a as fastText computes it.
        offsets: int64 [n + 1]: tokens ``offsets[i]:offsets[i + 1]`` are text ``i``'s.
    """

    content: NDArray[np.uint8]
    starts: NDArray[np.int32]
    lengths: NDArray[np.int32]
    hashes: NDArray[np.uint32]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def _repr_html_(self) -> str:
        """The tokens of the first texts."""
        count = len(self.offsets) - 1
        offsets = self.offsets[: MOST_ROWS + 1]
        some = slice(0, offsets[-1])
        first = Tokens(self.content, self.starts[some], self.lengths[some], self.hashes[some], offsets)
        rows = []
        for number, row in enumerate(first.to_lists()):
            shown = " ".join(washed(token, 0.25) for token in row[:MOST_TOKENS])
            rows.append((number, len(row), Markup(f"{shown} {rest(MOST_TOKENS, len(row))}")))
        headings = [message("text"), message("tokens"), ""]
        said = beside([counted(count, "text"), counted(len(self), "token")])
        return block(table(rows, headings=headings, caption=said, left=3), rest(len(rows), count))

    def to_lists(self) -> list[list[str]]:
        raw = self.content.tobytes()
        spans = zip(self.starts.tolist(), self.lengths.tolist(), strict=True)
        flat = [raw[start : start + length].decode() for start, length in spans]
        return [flat[a:b] for a, b in pairwise(self.offsets.tolist())]


@cache
def character_kinds() -> NDArray[np.uint8]:
    """uint8 [0x110000]: OTHER, SPACE, WORD (``\\w`` of Python's re), DENSE or MARK for every code point past ASCII."""
    kinds = np.zeros(0x110000, dtype=np.uint8)
    for code in (*range(0x80, 0x40000), *range(0xE0100, 0xE01F0)):  # no other plane has a letter, digit, space or mark
        character = chr(code)
        if character.isspace():
            kinds[code] = SPACE
        elif character.isalnum():
            kinds[code] = WORD
        elif unicodedata.category(character)[0] == "M":
            kinds[code] = MARK
    kinds[list(JOINING)] = MARK
    for first, last in DENSE_SCRIPTS:
        span = kinds[first : last + 1]
        span[span == WORD] = DENSE
    return kinds


@lru_cache(4096)
def character_kind(character: str) -> int:
    """What `character_kinds` says of one character past ASCII, without a table of them all."""
    code = ord(character)
    if code in JOINING or unicodedata.category(character)[0] == "M":
        return MARK
    if character.isspace():
        return SPACE
    if not character.isalnum():
        return OTHER
    return DENSE if any(first <= code <= last for first, last in DENSE_SCRIPTS) else WORD


def scan(content: NDArray[np.uint8], offsets: NDArray[np.int64], rules: Rules) -> Tokens:
    """Cut every text of a byte column into tokens.

    Args:
        content: uint8 [total], valid UTF-8.
        offsets: int64 [n + 1].
        rules: what each character is to the tokenizer.

    Raises:
        DataError: more bytes than a token's int32 place can name.
    """
    if len(content) > MOST_BYTES:
        raise DataError(
            message(
                "{number_of_content:,} bytes of text are too many to tokenize at once", number_of_content=len(content)
            ),
            hint=message("give them in columns of up to {most_bytes:,} bytes", most_bytes=MOST_BYTES),
        )
    is_ascii = len(content) == 0 or int(content.max()) < 128
    kinds = no_kinds() if is_ascii else character_kinds()
    texts = len(offsets) - 1
    capacity = len(content) // 4 + 64
    starts, lengths = np.empty(capacity, np.int32), np.empty(capacity, np.int32)
    hashes = np.empty(capacity, np.uint32)
    out, ends = np.empty(len(content), np.uint8), np.zeros(texts + 1, np.int64)
    text, written, tokens = 0, 0, 0
    while True:
        text, written, tokens = scan_loop(
            content, offsets, rules.tables, kinds, (starts, lengths, hashes), out, ends, text, written, tokens
        )
        if text == texts:
            break
        # The text that did not fit has at most so many tokens; growing here and not in the compiled loop keeps
        # the loop's arrays fixed, which makes it several times as fast.
        capacity = 2 * capacity + (2 + rules.pieces[1]) * int(offsets[text + 1] - offsets[text])
        for array in (starts, lengths, hashes):
            array.resize(capacity, refcheck=False)
    return Tokens(out[:written], starts[:tokens], lengths[:tokens], hashes[:tokens], ends)


@cache
def no_kinds() -> NDArray[np.uint8]:
    return np.zeros(1, dtype=np.uint8)


@njit(cache=True, nogil=True, inline="always")
def decode_character(content, i):  # type: ignore[no-untyped-def]
    """Code point and byte length of the character that starts at ``content[i]``."""
    first = content[i]
    if first < 0x80:
        return np.int64(first), 1
    if first < 0xE0:
        return (np.int64(first & 0x1F) << 6) | (content[i + 1] & 0x3F), 2
    if first < 0xF0:
        return (
            (np.int64(first & 0x0F) << 12) | (np.int64(content[i + 1] & 0x3F) << 6) | (content[i + 2] & 0x3F),
            3,
        )
    return (
        (np.int64(first & 0x07) << 18)
        | (np.int64(content[i + 1] & 0x3F) << 12)
        | (np.int64(content[i + 2] & 0x3F) << 6)
        | (content[i + 3] & 0x3F),
        4,
    )


@njit(cache=True, nogil=True)
def hash_bytes(content, start, end):  # type: ignore[no-untyped-def]
    """32-bit FNV-1a with each byte sign-extended, as fastText hashes words."""
    h = np.uint32(2166136261)
    for i in range(start, end):
        h = (h ^ np.uint32(np.int8(content[i]))) * np.uint32(16777619)
    return np.uint32(h)  # compiled whole-number arithmetic is done in 64 bits; the lower half is the hash


@njit(cache=True, nogil=True)
def _after_break_tag(content, i, end):  # type: ignore[no-untyped-def]
    """Where ``<br />`` that starts at i ends, or -1; quotes inside are gone by then, as in torchtext."""
    matched = 0
    while i < end:
        b = content[i]
        if 65 <= b <= 90:
            b += 32
        i += 1
        if b == 34:
            continue
        if b != BREAK_TAG[matched]:
            return -1
        matched += 1
        if matched == len(BREAK_TAG):
            return i
    return -1


@njit(cache=True, nogil=True, inline="always")
def _after_character(out, i, end, kinds, marked):  # type: ignore[no-untyped-def]
    """Where the character that starts at i ends, and the marks that belong to it, if there are any in this word."""
    i += 1
    while i < end and out[i] & 0xC0 == 0x80:
        i += 1
    if marked:
        while i < end:
            code, size = decode_character(out, i)
            if code < 0x80 or kinds[code] != MARK:
                break
            i += size
    return i


@njit(cache=True, nogil=True)
def _cut_pieces(out, start, end, smallest, largest, kinds, marked, starts, lengths, hashes, n):  # type: ignore[no-untyped-def]
    """Write the n-grams of the characters of ``out[start:end]`` as tokens; a shorter word stays whole."""
    i, characters = start, 0
    while i < end:
        i = _after_character(out, i, end, kinds, marked)
        characters += 1
    if characters <= smallest:
        starts[n], lengths[n], hashes[n] = start, end - start, hash_bytes(out, start, end)
        return n + 1
    first = start
    while first < end:
        stop, taken = first, 0
        while stop < end and taken < largest:
            stop = _after_character(out, stop, end, kinds, marked)
            taken += 1
            if taken >= smallest:
                starts[n], lengths[n], hashes[n] = first, stop - first, hash_bytes(out, first, stop)
                n += 1
        first = _after_character(out, first, end, kinds, marked)
    return n


@njit(cache=True, nogil=True)
def scan_loop(content, offsets, rules, kinds, tokens, out, ends, text, pos, n):  # type: ignore[no-untyped-def]
    """Scan from ``text`` on to the end, or until the next text might not fit: (texts done, bytes, tokens)."""
    most = max(1, rules[5] - rules[4] + 1) + 1
    for t in range(text, len(offsets) - 1):
        i, end = offsets[t], offsets[t + 1]
        if n + most * (end - i) + 1 > len(tokens[0]):
            return t, pos, n
        pos, n = _scan_text(content, i, end, rules, kinds, tokens, out, pos, n)
        ends[t + 1] = n
    return len(offsets) - 1, pos, n


@njit(cache=True, nogil=True)
def _scan_text(content, i, end, rules, kinds, tokens, out, pos, n):  # type: ignore[no-untyped-def]
    """Scan ``content[i:end]``, which is one text: (bytes, tokens) written by then."""
    # One long loop on purpose: with its branches in functions of their own, it took up to four times as long.
    ascii_class, lower, other_class, min_chars, smallest, largest = rules
    starts, lengths, hashes = tokens
    start, characters, dense, marked = pos, 0, False, False
    h = np.uint32(2166136261)
    while True:
        # a text's end closes its last token as a separator would
        kind, size = SEPARATOR, 1
        if i < end:
            b = content[i]
            if b < 128:
                kind = ascii_class[b]
                if kind == PART:
                    b = lower[b]
                    out[pos] = b
                    pos += 1
                    i += 1
                    h = (h ^ np.uint32(b)) * np.uint32(16777619)
                    characters += 1
                    continue
                if kind == TAG:
                    after = _after_break_tag(content, i, end)
                    kind = PART if after < 0 else SEPARATOR
                    size = 1 if after < 0 else after - i
            else:
                code, size = decode_character(content, i)
                what = kinds[code]
                kind = other_class[what]
                if what == DENSE:
                    dense = dense or kind == PART
                elif what == MARK and characters > 0:
                    kind, marked = PART, True
        if kind == PART:
            for j in range(i, i + size):
                out[pos] = content[j]
                pos += 1
                h = (h ^ np.uint32(np.int8(content[j]))) * np.uint32(16777619)
            characters += 1
        elif kind != DROP:
            if characters >= min_chars:
                if dense and largest > 0:
                    n = _cut_pieces(out, start, pos, smallest, largest, kinds, marked, starts, lengths, hashes, n)
                else:
                    starts[n], lengths[n], hashes[n] = start, pos - start, h
                    n += 1
            if kind == ALONE and i < end:
                starts[n], lengths[n] = pos, size
                for j in range(i, i + size):
                    out[pos] = lower[content[j]] if content[j] < 128 else content[j]
                    pos += 1
                hashes[n] = hash_bytes(out, pos - size, pos)
                n += 1
            start, characters, dense, marked = pos, 0, False, False
            h = np.uint32(2166136261)
        if i >= end:
            return pos, n
        i += size
