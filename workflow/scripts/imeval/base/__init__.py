"""What all stages share: errors, files, Parquet, users' tables."""
