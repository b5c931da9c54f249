"""Evidence of models against the labels of images."""

from collections.abc import Mapping

import polars as pl

SUGGESTIONS = 20
"""How many classes an image has as suggestions, as in the paper's tool."""


def votes(predictions: Mapping[str, pl.DataFrame], labels: pl.DataFrame) -> pl.DataFrame:
    """Return the class of each model for each image.

    Args:
        predictions: `Predictions` by model; of several runs the first counts.
        labels: the `Labels` of the images.

    Returns:
        The columns image_id, model, class_id, category, labelled and right, sorted by image and model. `right` is
        whether the labels admit the class. An image of N has no label that could.
    """
    of_models = [
        frame.filter((pl.col("run") == 0) & pl.col("class_id").is_not_null()).select(
            "image_id", pl.lit(model).alias("model"), "class_id"
        )
        for model, frame in sorted(predictions.items())
    ]
    known = labels.select("image_id", "category", "admissible", labelled=pl.col("labels").list.len() > 0)
    empty = pl.DataFrame(schema={"image_id": pl.String, "model": pl.String, "class_id": pl.Int16})
    return (
        pl.concat([empty, *of_models])
        .join(known, on="image_id")
        .with_columns(right=pl.col("admissible").list.contains(pl.col("class_id")))
        .drop("admissible")
        .sort("image_id", "model")
    )


def weights(voted: pl.DataFrame) -> pl.DataFrame:
    """Add the weight of each vote.

    It is how often the model is right elsewhere: on the other images of the category. An image of N, and one that is
    alone in its category, is weighed by all other images that have a label. Without any of these a vote weighs nothing.
    """
    hit, one = pl.col("right").cast(pl.Float64), pl.lit(1.0)
    in_category = pl.when("labelled").then("category")
    of_labelled = voted.filter("labelled").group_by("model").agg(hit.sum().alias("hits"), pl.len().alias("n"))
    counted = voted.join(of_labelled, on="model", how="left").with_columns(
        near_hits=hit.sum().over("model", in_category), near_n=pl.len().over("model", in_category)
    )
    # The image itself is not elsewhere. One of N has not been counted among the labelled ones.
    own = pl.col("labelled").cast(pl.Int32)
    near = (pl.col("near_hits") - hit) / (pl.col("near_n") - one)
    far = (pl.col("hits") - hit * own) / (pl.col("n") - own)
    weight = pl.when(pl.col("labelled") & (pl.col("near_n") > 1)).then(near).otherwise(far)
    return counted.with_columns(weight=weight.fill_nan(0.0).fill_null(0.0)).select(*voted.columns, "weight")


def against_labels(weighted: pl.DataFrame) -> pl.DataFrame:
    """Return the class with most evidence against each image's labels.

    Args:
        weighted: the votes, from `weights`.

    Returns:
        The columns image_id, class_id, models and evidence, for images with such a class. Of two classes with equal
        evidence the one of more models counts, then the lower one.
    """
    others = weighted.filter(~pl.col("right")).group_by("image_id", "class_id", maintain_order=True)
    summed = others.agg(pl.len().cast(pl.Int16).alias("models"), pl.col("weight").sum().alias("evidence"))
    best_first = summed.sort("evidence", "models", "class_id", descending=[True, True, False])
    return best_first.group_by("image_id", maintain_order=True).first()


def suggestions(weighted: pl.DataFrame, ranked: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the likeliest classes of each image, by all models.

    A model's class at place p of its list counts as its weight divided by p. A vote is a list of one class.

    Args:
        weighted: the votes, from `weights`.
        ranked: the `Outputs` of the models that have any, which have longer lists.

    Returns:
        The columns image_id and suggestions.
    """
    # A model that is never right elsewhere still suggests, after all others.
    weight = pl.max_horizontal("weight", pl.lit(1e-6))
    listed = [weighted.select("image_id", "class_id", points=weight)]
    for model, outputs in sorted(ranked.items()):
        longer = outputs.join(weighted.filter(model=model), on="image_id").select("image_id", "class_ids", weight)
        places = longer.with_columns(place=pl.int_ranges(pl.col("class_ids").list.len()))
        rows = places.explode("class_ids", "place", empty_as_null=True).filter(pl.col("place") > 0)
        points = pl.col("weight") / (pl.col("place") + 1)
        listed.append(rows.select("image_id", pl.col("class_ids").alias("class_id"), points=points))
    summed = pl.concat(listed).group_by("image_id", "class_id", maintain_order=True).agg(pl.col("points").sum())
    best_first = summed.sort("points", "class_id", descending=[True, False])
    grouped = best_first.group_by("image_id", maintain_order=True)
    return grouped.agg(pl.col("class_id").head(SUGGESTIONS).alias("suggestions"))
