"""What every stage stands on: errors, files, Parquet under a contract, tables that users bring."""
