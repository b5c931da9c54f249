"""What the workflow computes; never imports Snakemake, never sees a path it was not given."""
