r"""The cleaning of an answer before it is read.

`unwrapped` finds the answer in what a model wrote, and keeps its spelling. `folded` makes two spellings of one answer
equal; it only serves to compare. Both take time linear in the length of the text.

    step       what is removed or folded                       example                             result
    unwrapped  thoughts; an unclosed one means no answer       <think>A hen? No.</think> Tench.    Tench.
    unwrapped  what follows the end of the model's turn        hen<|im_end|><|im_start|>user More  hen
    unwrapped  the frame: answer tags, boxes, code fences      \boxed{hen}, <answer>hen</answer>   hen
    unwrapped  special tokens                                  <s>hen</s>, hen<eos>                hen
    unwrapped  zero-width spaces and byte order marks          U+FEFF hen                          hen
    folded     HTML entities and Unicode compatibility forms   lady&#39;s slipper, full-width hen  lady's slipper, hen
    folded     all invisible characters, no-break spaces       soft hyphens                        nothing, a space
    folded     typographic apostrophes, quotes and dashes      lady’s slipper                      lady's slipper
    folded     Markdown, HTML and LaTeX emphasis               **hen**, <b>hen</b>, \text{hen}     hen
    folded     upper case, repeated white space                Great  Egret                        great egret
    folded     quotes around it, full stops after it           "Hen."                              hen
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence

THOUGHT_TAGS = ("think", "thinking", "thought", "thoughts", "reasoning", "analysis", "reflection", "scratchpad")
"""The names of tags around a model's thoughts, in lower case."""

# The groups of `_thought_tags` that hold the sign of a closing tag.
_CLOSINGS = ("closing", "closing2", "closing3", "closing4", "closing5")
# OpenAI's open models write channels instead of tags: thoughts in "analysis", the answer in "final". Gemma 4 writes
# <|channel>thought, and <channel|> at its end.
_CHANNEL_OPENS = r"<\|channel\|>\s*(?:analysis|commentary)\b[^<]{0,80}<\|message\|>|<\|channel>\s*thought\b"
_CHANNEL_CLOSES = r"<\|channel\|>\s*final\b[^<]{0,80}<\|message\|>|<channel\|>"

# "<|im_start|>assistant" before an answer.
_ROLE = re.compile(
    r"<\|im_start\|>\s*assistant|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>|<\|start\|>\s*assistant"
    r"|<start_of_turn>\s*model|<\|turn>\s*model",
    re.IGNORECASE,
)
_END_OF_TURN = re.compile(
    r"<\|(?:im_end|eot_id|eom_id|endoftext|end_of_text|end|return|eos|end_of_turn)\|>|</s>|<eos>|<end_of_turn>"
    r"|<end_of_utterance>|<turn\|>|<[|｜]end[▁_ ]of[▁_ ]sentence[|｜]>|\[EOS\]",
    re.IGNORECASE,
)
_SPECIAL_TOKEN = re.compile(
    r"<\|[^<>|\s]{1,60}\|>|<｜[^<>｜\s]{1,60}｜>|<\|[a-z_]{1,40}>|<[a-z_]{1,40}\|>|</?s>|<unused\d{1,4}>|<extra_id_\d{1,4}>"
    r"|<(?:bos|eos|pad|unk|sep|cls|mask|eot|start_of_turn|end_of_turn|end_of_utterance|fake_token_around_image)>"
    r"|\[/?(?:INST|BOS|EOS|PAD|SEP|CLS)\]",
    re.IGNORECASE,
)

_ANSWER_OPENS = re.compile(r"<(?:final_)?answer>|<\|begin_of_box\|>", re.IGNORECASE)
_ANSWER_CLOSES = re.compile(r"</(?:final_)?answer>|<\|end_of_box\|>", re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[\w+-]*[ \t]*$", re.MULTILINE)

_ZERO_WIDTH = re.compile("[\u200b\u2060\ufeff\ufffe]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\ufffe\U000e0000-\U000e0fff]"
)
# Half of a UTF-16 pair, which no file can hold.
_SURROGATE = re.compile("[\ud800-\udfff]")

_TYPOGRAPHY = str.maketrans(
    dict.fromkeys("‘’‚‛′´ʼ＇", "'") | dict.fromkeys("“”„‟«»″「」『』", '"') | dict.fromkeys("‐‑‒–—−", "-")
)
# Pairs of tags alone, as a model may write <B> for a letter.
_HTML_EMPHASIS = re.compile(r"<(b|i|u|em|strong|p|span|div|mark|code)>([^<>]{0,200})</\1>", re.IGNORECASE)
_LINE_BREAK = re.compile(r"<br\s?/?>", re.IGNORECASE)
_LATEX = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathit|mathsf)\s?\{([^{}]{0,200})\}")
_LATEX_DELIMITER = re.compile(r"\\[()\[\]]|\$")
# An underscore within a word is no emphasis.
_EMPHASIS = re.compile(r"[*`]+|(?<![^\W_])_+|_+(?![^\W_])")
_LINE_MARK = re.compile(r"^(?:#{1,6}|>|[-+•])\s+", re.MULTILINE)
_SPACE = re.compile(r"[^\S\n]+")
_AROUND = "\"' \t\n"


def unwrapped(text: str, thought_tags: Sequence[str] = THOUGHT_TAGS) -> str:
    """Return the answer in a text, as the model spelled it.

    The docstring of this module lists what is removed. The result is "" if the text has no answer.

    Args:
        text: what the model wrote.
        thought_tags: the names of tags around thoughts, in lower case.
    """
    text = without_thoughts(_ZERO_WIDTH.sub("", valid_unicode(text)), thought_tags)
    turns = _END_OF_TURN.split(_ROLE.sub("", text))
    # Some chat templates repeat an end token at the start: the first turn with a text counts.
    turn = next((turn for turn in turns if _SPECIAL_TOKEN.sub("", turn).strip()), "")
    return _FENCE.sub("", _SPECIAL_TOKEN.sub("", _framed(turn))).strip()


def without_thoughts(text: str, tags: Sequence[str] = THOUGHT_TAGS) -> str:
    """Return a text without a model's thoughts.

    >>> without_thoughts("<think>a hen?</think> tench")
    ' tench'
    """
    return split_thoughts(text, tags)[1]


def split_thoughts(text: str, tags: Sequence[str] = THOUGHT_TAGS) -> tuple[str, str]:
    """Return a model's thoughts and the rest of its text.

    A thought that is never closed leaves no rest, as the model never came to its answer. All text before a closing tag
    without an opening one is a thought, because many chat templates put the opening tag into the prompt.

        >>> split_thoughts("<think>a hen?</think> tench"), split_thoughts("a hen? </think> tench")
        (('a hen?', ' tench'), ('a hen? ', ' tench'))
        >>> split_thoughts("<think>a hen or")
        ('a hen or', '')
    """
    thoughts: list[str] = []
    rest: list[str] = []
    within = ""
    end = 0
    for name, opens, span in _thought_tags(text, tags):
        if within and (opens or name != within):
            # A tag within a thought is a part of it.
            continue
        before = text[end : span[0]]
        if opens:
            rest.append(before)
        else:
            thoughts += [before] if within else [*rest, before]
            rest = rest if within else []
        within = name if opens else ""
        end = span[1]
    last = text[end:]
    if within:
        return "".join([*thoughts, *rest, last]), ""
    return "".join(thoughts), "".join([*rest, last])


def valid_unicode(text: str) -> str:
    """Return a text with U+FFFD for each half of a UTF-16 pair.

    JSON can hold such a half, but no file can.
    """
    return _SURROGATE.sub("\ufffd", text)


def folded(text: str) -> str:
    r"""Return a text in the form by which answers are compared.

    The docstring of this module lists what is folded. Line breaks stay, as some callers look at lines.

        >>> folded("**Yellow\u00a0Lady’s Slipper.**")
        "yellow lady's slipper"
    """
    text = unicodedata.normalize("NFKC", html.unescape(text) if "&" in text else text)
    text = _HTML_EMPHASIS.sub(r"\2", _LINE_BREAK.sub("\n", _INVISIBLE.sub("", text).translate(_TYPOGRAPHY)))
    text = _LATEX_DELIMITER.sub("", _LATEX.sub(r"\1", text))
    text = _SPACE.sub(" ", _EMPHASIS.sub("", _LINE_MARK.sub("", text)))
    return text.casefold().lstrip(_AROUND).rstrip(_AROUND + ".。")


def _thought_tags(text: str, tags: Sequence[str]) -> Iterator[tuple[str, bool, tuple[int, int]]]:
    """Yield name, opening or not, and span of each thought tag.

    Models write <think>, [THINK], ◁think▷ and <|begin_of_thought|>.
    """
    # Without tags a pattern that never matches.
    names = "|".join(map(re.escape, tags)) or "(?!)"
    forms = re.compile(
        rf"<(?P<closing>/?)(?P<tag>{names})(?:\s[^<>]{{0,80}})?>|\[(?P<closing2>/?)(?P<tag2>THINK)\]"
        rf"|◁(?P<closing3>/?)(?P<tag3>{names})▷|<\|(?:(?P<closing4>begin|start|end)_(?:of_)?|(?P<closing5>/?))(?P<tag4>{names})\|>"
        rf"|(?P<opens>{_CHANNEL_OPENS})|(?P<closes>{_CHANNEL_CLOSES})",
        re.IGNORECASE,
    )
    for found in forms.finditer(text):
        if found["opens"] or found["closes"]:
            yield "channel", bool(found["opens"]), found.span()
        else:
            name = found["tag"] or found["tag2"] or found["tag3"] or found["tag4"]
            closes = next((found[form] for form in _CLOSINGS if found[form]), "")
            yield name.lower(), closes.lower() not in ("/", "end"), found.span()


def _framed(text: str) -> str:
    r"""Return what the last <answer> or \boxed{} holds, or the whole text.

    A model that frames two answers corrects itself, so the last one counts. An empty frame is ignored.
    """
    *_, opening = [None, *_ANSWER_OPENS.finditer(text)]
    if opening:
        closing = _ANSWER_CLOSES.search(text, opening.end())
        inner = text[opening.end() : closing.start() if closing else len(text)]
        text = inner if inner.strip() else text
    start = text.rfind(r"\boxed")
    depth = 0
    # The braces of a box are balanced: \boxed{\text{B}}.
    for brace in re.finditer(r"[{}]", text[start:] if start >= 0 else ""):
        depth += 1 if brace[0] == "{" else -1
        if depth <= 0:
            inner = text[start:][text[start:].find("{") + 1 : brace.start()]
            return inner if inner.strip() else text
    return text
