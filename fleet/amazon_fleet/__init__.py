"""Many selling accounts, each synced and loaded in a process of its own, over one PostgreSQL.

Layers, from the bottom: `accounts` is what a user gives, `store` what the database keeps, `limits` what
several processes share, `embedded` a PostgreSQL of the fleet's own, `account_run` the run of one account
in its process, `worker` the queue and the processes, `observation` what is seen of all that, and
`command` the command line. Importing the package loads none of them.
"""
