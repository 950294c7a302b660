"""From product codes (EAN, UPC, ISBN, JAN, MINSAN, SKU) to ASINs, with a confidence and its reasons.

Layers, from the bottom: `codes` reads what stands in a cell, `search` asks Amazon, `scoring` judges the
candidates, `store` remembers, `files` reads and writes tables, `jobs` runs all of it, and `command` and
`service` are for people and programs. Importing the package loads none of them.
"""
