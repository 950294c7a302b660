"""Tables in and out: CSV, Excel and Parquet, all cells as text, row after row in bounded memory."""
