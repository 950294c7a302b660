"""The run of one account, in a process of its own: tap, target, ETL and push."""
