"""Runs the command line as `python -m amazon_optiply_etl`."""

from amazon_optiply_etl.cli import main

main()
