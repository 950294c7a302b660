"""What goes wrong and a person has to read: each message is one sentence that says what to do."""

from __future__ import annotations


class FleetError(Exception):
    """The accounts, the database or a run is not as it must be."""


class AccountsFileError(FleetError):
    """accounts.toml cannot be read, or a setting in it is wrong; the message names it."""


class SecretMissingError(FleetError):
    """A secret that an account refers to is not there."""


class DatabaseError(FleetError):
    """The database cannot be reached, or its tables are not those of this version."""


class LockLostError(FleetError):
    """The connection that holds an account's lock is gone: the run must not write anything more."""


class AccountBusyError(FleetError):
    """Another run of the account is under way, or may be still."""
