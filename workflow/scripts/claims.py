"""Put the paper's claims to the test."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval.base.files import replacing
from imeval.claims import judging, page
from imeval.claims.claim import all_claims
from imeval.claims.measured import Place, SecondPass, read_measured
from imeval.claims.published import read_published
from imeval.run.joblog import job
from imeval.scoring.resampling import Sampling

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    places: Sequence[Place],
    differences: Mapping[str, str],
    second_pass: SecondPass | None,
    published: Mapping[str, str],
    described: Mapping[str, Any],
    sampling: Sampling,
    scoring: Mapping[str, Any],
    titles: Mapping[str, Any],
    csv: str,
    html: str,
) -> None:
    """Write the verdicts on all claims."""
    paper = read_published(published, described["groups"], described["closed"])
    run = read_measured(places, differences, second_pass, sampling, **scoring, **described)
    judged = judging.judge(all_claims(), paper, run, scoring["confidence"])
    rendered = page.to_html(judged, titles["images"], titles["labels"], scoring["confidence"], titles["models"])
    with replacing(csv) as partial:
        judged.write_csv(partial)
    with replacing(html) as partial:
        partial.write_text(rendered, encoding="utf-8")


def _places(planned: Sequence[Mapping[str, Any]], labels: Sequence[str], scores: Sequence[str]) -> list[Place]:
    """Return the places of a plan."""
    waiting = iter(scores)
    files = [{(model, task): next(waiting) for model, task in place["entries"]} for place in planned]
    return [
        Place(
            labels=path,
            scores=of_place,
            answers_of=place["answers_of"],
            elsewhere={(model, task): files[at][model, task] for at, model, task in place["elsewhere"]},
            without_texts=place["without_texts"],
            tables={table: [(model, task) for model, task in rows] for table, rows in place["tables"].items()},
        )
        for place, path, of_place in zip(planned, labels, files, strict=True)
    ]


def _second_pass(models: Sequence[str], task: str, labels: str | None, scores: Sequence[str]) -> SecondPass | None:
    """Return a second annotation pass, if planned.

    `scores` has the files of all models under the first labels, then those under the second.
    """
    if labels is None:
        return None
    entries = [(model, task) for model in models]
    first, second = scores[: len(entries)], scores[len(entries) :]
    return SecondPass(labels, dict(zip(entries, first, strict=True)), dict(zip(entries, second, strict=True)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.titles["images"]):
        main(
            places=_places(snakemake.params.places, snakemake.input.labels, snakemake.input.scores),
            differences=dict(zip(snakemake.params.paired, snakemake.input.get("differences", []), strict=True)),
            second_pass=_second_pass(
                snakemake.params.second_pass["models"],
                snakemake.params.second_pass["task"],
                next(iter(snakemake.input.get("first_labels", [])), None),
                snakemake.input.get("second_pass", []),
            ),
            published=dict(zip(snakemake.params.tables, snakemake.input.published, strict=True)),
            described=snakemake.params.described,
            sampling=Sampling(**snakemake.params.sampling),
            scoring=snakemake.params.scoring,
            titles=snakemake.params.titles,
            csv=snakemake.output.csv,
            html=snakemake.output.html,
        )
