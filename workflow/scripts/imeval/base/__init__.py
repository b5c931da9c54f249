"""Parts that all stages share: errors, files, Parquet, users' tables."""
