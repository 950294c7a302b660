"""A catalog of products with the ambiguity of the real one, and known answers.

Several ASINs carry one code, multipacks carry the single item's EAN, parents and bundles come back,
identifiers are missing or listed at another length, and some codes Amazon does not know. `rows` gives
what a shop would ask, in the shop's words, with the right answer; `search` answers as Amazon does.

Sources of what it imitates: amzn/selling-partner-api-docs#2377, #2378, #2543, #3711, #860, #2022;
amzn/selling-partner-api-models#264, #271, #2789, #2894, #2998, #2999, #4178. The shares are estimates:
nobody publishes them.

Rules and seed were fixed before anything was tuned on them. What is measured is measured on
`MEASURED_SEED`, and what is tuned is tuned on others.
"""

from __future__ import annotations

MEASURED_SEED = 20_261_127
