from typing import Any

from imeval.provenance import page

SHA = "0123456789abcdef" * 4
RECORD: dict[str, Any] = {
    "tables": ["table3"],
    "code": {"version": "0.1.0", "rules": {"score": ["a"]}, "commit": "1f867eb02be9" + "0" * 28 + "-dirty"},
    "images": {"demo": {"title": "20 photographs", "images": 20, "broken": 1, "sha256": SHA}},
    "labels": [{"labels": "regt", "image_set": "demo", "title": "ReGT", "sha256": SHA}],
    "answers": [
        {"model": "m", "task": task, "image_set": "demo"}
        | {"images": 20, "answers": 20, "errors": errors, "unreadable": 0, "refusals": 2, "empty": 0}
        for task, errors in (("ow", 3), ("cw", 1))
    ],
    "models": {
        "m": {
            "title": "M",
            "revision": {"hub": "org/model", "revision": "main"},
            "loaded": [{"weights": "org/model", "commit": "c" * 40}],
        }
    },
    "seeds": {"scoring.bootstrap.seed": 0},
    "hardware": {
        name: [{"processor": "EPYC (x86_64)", "gpus": ["NVIDIA H100"]}] for name in ("m", "sbert")
    },
    "packages": {"python": "3.11.7", "torch": "2.14.1"},
    "files": {"labels.csv": SHA},
    "configuration": {"scoring": {"errors": "exclude"}},
}  # fmt: skip


def test_the_line_states_version_images_labels_answers_errors_and_refusals() -> None:
    assert (
        "<summary>Made by imeval 0.1.0 at 1f867eb02be9-dirty of 20 images, labels ReGT 0123456789ab; 40 answers, "
        "4 errors, 4 refusals</summary>" in page.record_html(RECORD)
    )


def test_the_rest_opens_below_it() -> None:
    shown = " ".join(page.record_html(RECORD).split())
    for text in (
        f"20 photographs: 20 images, 1 broken left out; SHA-256 over the names and hashes of all <code>{SHA}</code>",
        f"ReGT (regt) of demo: SHA-256 <code>{SHA}</code>",
        "<tr><td>m</td><td>ow</td><td>demo</td><td>20</td><td>20</td><td>3</td><td>0</td><td>2</td><td>0</td></tr>",
        f"<td>m</td><td>hub org/model, revision main<br>loaded org/model: commit {'c' * 40}<br></td>",
        "scoring.bootstrap.seed = 0",
        "NVIDIA H100, EPYC (x86_64): m, sbert",
        "python 3.11.7, torch 2.14.1",
        f"labels.csv: SHA-256 <code>{SHA}</code>",
        "&#34;errors&#34;: &#34;exclude&#34;",
    ):
        assert text in shown, text


def test_the_page_of_a_table_without_models_has_no_seeds_and_needs_no_pictures() -> None:
    without = RECORD | {
        "answers": [],
        "models": {},
        "seeds": {},
        "images": {"demo": {"title": "T", "images": 20, "broken": 0}},
    }
    shown = page.record_html(without | {"code": RECORD["code"] | {"commit": None}})
    assert "<summary>Made by imeval 0.1.0 of 20 images, labels ReGT 0123456789ab</summary>" in shown
    assert "outside of a git checkout" in shown
    assert "nothing is drawn" in shown
    assert "no picture was needed" in shown


def test_no_text_of_the_configuration_becomes_an_element() -> None:
    shown = page.record_html(RECORD | {"configuration": {"title": "<script>alert(1)</script>"}})
    assert "<script" not in shown
