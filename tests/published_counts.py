"""Integer counts behind the paper's Tables 2 to 5, and predictions of 31,250 images that print them.

Nothing but accuracies of two decimals is published. The counts of hits in S+, S-, M+ and M- follow from them, since
the accuracies of S, M and A must come out as well; the images that are (also) correct under ImGT are then chosen so
that its accuracy, the overlap Im∩Re and Table 3's change come out. `labels_per_image` and `predictions_that_print`
belong together; both know nothing of the package.
"""

import csv
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

PUBLISHED = Path(__file__).parents[1] / "config" / "published"

IMAGES = {"S+": 16177, "S-": 1894, "M+": 10756, "M-": 1078, "N": 1345}
UNIONS = {"A": ("S+", "S-", "M+", "M-", "N"), "S": ("S+", "S-"), "M": ("M+", "M-")}

# Images with an out-of-prompt answer in the closed world, from the supplement's table of OOP mappings.
OUT_OF_PROMPT = {
    "internvl3_5": {"S+": 130, "S-": 15, "M+": 79, "M-": 13, "N": 34},
    "gpt_4o": {"S+": 553, "S-": 164, "M+": 603, "M-": 107, "N": 220},
    "qwen3_vl": {"S+": 1410, "S-": 261, "M+": 1135, "M-": 159, "N": 325},
    "llava_onevision": {"S+": 3823, "S-": 532, "M+": 3101, "M-": 336, "N": 572},
}

# Table 3's changes from ImGT to ReGT over all images.
CHANGES = {
    "paligemma2": "+10.8", "llava_onevision": "+8.6", "internvl3_5": "+8.3", "qwen3_vl": "+7.9", "gpt_4o": "+6.0",
    "dinov3_dinotxt": "+4.1", "siglip_so400m": "+4.0", "siglip2_so400m": "+3.5", "siglip2_gopt": "+3.0",
    "dinov3_knn": "+1.4", "efficientnetv2_xl": "+1.3", "efficientnet_l2": "+0.7", "eva02": "-0.1",
}  # fmt: skip


class Counts(NamedTuple):
    """Images correct under ReGT, and under ImGT, by category."""

    regt: dict[str, int]
    imgt: dict[str, int]


class Image(NamedTuple):
    image_id: str
    category: str
    imgt: int
    labels: list[int]


@cache
def printed() -> dict[tuple[str, str], dict[tuple[str, str], str]]:
    """Read Tables 3 and 4: the printed accuracy by (model, task) and (labels, category)."""
    accuracies: dict[tuple[str, str], dict[tuple[str, str], str]] = {}
    for name in ("table3.csv", "table4.csv"):
        with open(PUBLISHED / name) as file:
            for row in csv.DictReader(file):
                values = accuracies.setdefault((row["model"], row["task"]), {})
                known = values.setdefault((row["labels"], row["category"]), row["accuracy"])
                assert known == row["accuracy"], f"{name} contradicts table3.csv: {row}"
    return accuracies


@cache
def labels_per_image() -> list[Image]:
    """List 31,250 images with labels that give Table 2's categories; none of their classes has an equivalent one."""
    images = []
    for category, count in IMAGES.items():
        for _ in range(count):
            place = len(images)
            imgt, other, another = place % 100, 100 + place % 100, 300 + place % 100
            labels = {"S+": [imgt], "S-": [other], "M+": [imgt, other], "M-": [other, another], "N": []}[category]
            images.append(Image(f"ILSVRC2012_val_{place + 1:08d}", category, imgt, labels))
    return images


def predictions_that_print(model: str, task: str) -> list[tuple[str, int | None]]:
    """List the class predicted for each image, None where the answer is out of the prompt."""
    counts = counts_that_print(model, task)
    out_of_prompt = OUT_OF_PROMPT[model] if task == "cw" and model in OUT_OF_PROMPT else dict.fromkeys(IMAGES, 0)
    classes = iter([
        answer
        for category in IMAGES
        for answer in _answers(category, counts, out_of_prompt[category])
    ])  # fmt: skip
    return [(image.image_id, _class_id(next(classes), image)) for image in labels_per_image()]


def counts_that_print(model: str, task: str) -> Counts:
    """Find the first counts with which every accuracy, the overlap and the change of a row come out as printed."""
    accuracies = printed()[model, task]
    overlaps = _that_print(accuracies.get(("imgt_and_regt", "A")), 31250)
    for regt, imgt in product(_regt_counts(accuracies), _that_print(accuracies["imgt", "A"], 31250)):
        all_regt = sum(regt.values())
        if ("imgt_and_regt", "A") in accuracies and f"{100 * (all_regt - imgt) / 31250:+.1f}" != CHANGES[model]:
            continue
        for overlap in overlaps:
            found = _imgt_counts(regt, imgt, overlap, OUT_OF_PROMPT.get(model, {}) if task == "cw" else {})
            if found:
                return Counts(regt, found)
    raise AssertionError(f"no counts print {model}/{task}")


def _regt_counts(accuracies: dict[tuple[str, str], str]) -> list[dict[str, int]]:
    disjoint = ("S+", "S-", "M+", "M-")
    candidates = product(*(_that_print(accuracies["regt", category], IMAGES[category]) for category in disjoint))
    all_counts = [{**dict(zip(disjoint, hits, strict=True)), "N": IMAGES["N"]} for hits in candidates]
    return [
        counts
        for counts in all_counts
        if all(
            _prints(accuracies["regt", union], sum(counts[m] for m in members), sum(IMAGES[m] for m in members))
            for union, members in UNIONS.items()
        )
    ]


def _imgt_counts(
    regt: dict[str, int], imgt: int, overlap: int | None, out_of_prompt: dict[str, int]
) -> dict[str, int] | None:
    """Spread the images correct under ImGT over the categories, or return None where they do not fit.

    In S+ both label sets agree. In S- and M- the classes differ, so no image is correct under both.
    """
    room = {category: IMAGES[category] - out_of_prompt.get(category, 0) for category in IMAGES}
    both = {"M+": regt["M+"], "N": room["N"]}
    only_imgt = {category: room[category] - regt[category] for category in ("S-", "M-")}
    if overlap is None:
        spread = _spread(imgt - regt["S+"], {**both, **only_imgt})
        return None if spread is None else {"S+": regt["S+"], **spread}
    shared, alone = _spread(overlap - regt["S+"], both), _spread(imgt - overlap, only_imgt)
    return None if shared is None or alone is None else {"S+": regt["S+"], **shared, **alone}


def _spread(total: int, room: dict[str, int]) -> dict[str, int] | None:
    spread = {}
    for category, space in room.items():
        spread[category] = max(0, min(total, space))
        total -= spread[category]
    return None if total else spread


def _that_print(text: str | None, images: int) -> list[int] | list[None]:
    if text is None:
        return [None]
    near = round(float(text) * images / 100)
    return [hits for hits in range(near - 3, near + 4) if _prints(text, hits, images)]


def _prints(text: str, hits: int, images: int) -> bool:
    return 0 <= hits <= images and f"{100 * hits / images:.2f}" == text


def _answers(category: str, counts: Counts, out_of_prompt: int) -> list[str]:
    """List the kind of answer to each image of a category, out-of-prompt ones last."""
    regt, imgt = counts.regt[category], counts.imgt[category]
    hits = {
        "S+": ["imgt"] * regt,
        "S-": ["regt"] * regt + ["imgt"] * imgt,
        "M+": ["imgt"] * imgt + ["regt"] * (regt - imgt),
        "M-": ["regt"] * regt + ["imgt"] * imgt,
        "N": ["imgt"] * imgt,
    }[category]
    wrong = IMAGES[category] - len(hits) - out_of_prompt
    return hits + ["wrong"] * wrong + ["none"] * out_of_prompt


def _class_id(answer: str, image: Image) -> int | None:
    return {"imgt": image.imgt, "regt": image.labels[-1] if image.labels else None, "wrong": 900, "none": None}[answer]
