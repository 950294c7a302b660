-- What the user has given of each account, and when it is due.
CREATE TABLE fleet_accounts (
    name text PRIMARY KEY,
    given jsonb NOT NULL,                  -- as in accounts.toml; secrets are references
    queue text NOT NULL,
    next_due timestamptz NOT NULL,
    paused text,                           -- why, in one sentence; null while it is not paused
    paused_at timestamptz,
    last_success timestamptz,
    failures integer NOT NULL DEFAULT 0    -- runs since the last one that succeeded
);
CREATE INDEX fleet_accounts_due ON fleet_accounts (queue, next_due) WHERE paused IS NULL;

-- The history. A run is open until it has an end; there is never more than one open run of an account.
CREATE TABLE fleet_runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    worker text NOT NULL,                  -- host and process id of the worker
    process bigint NOT NULL,               -- process id of the run
    due timestamptz,                       -- since when it was due; null where nobody waited
    started timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen timestamptz NOT NULL DEFAULT clock_timestamp(),  -- when its process last said that it lives
    ended timestamptz,
    phase text NOT NULL DEFAULT 'starting',
    outcome text,
    sentence text,
    figures jsonb NOT NULL DEFAULT '{}',
    CHECK ((ended IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX fleet_runs_open ON fleet_runs (account) WHERE ended IS NULL;
CREATE INDEX fleet_runs_of_account ON fleet_runs (account, id);
CREATE INDEX fleet_runs_ended ON fleet_runs (ended);

-- The Singer state after the last run that ended, with the number of that run: an older one writes nothing.
CREATE TABLE fleet_states (
    account text PRIMARY KEY,
    run bigint NOT NULL,
    state json NOT NULL,                   -- json, not jsonb: numbers stay as the tap wrote them
    saved timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The ETL's snapshots folder; never tenant-config.json.
CREATE TABLE fleet_files (
    account text NOT NULL,
    name text NOT NULL,
    run bigint NOT NULL,
    digest bytea NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (account, name)
);

-- What a push has sent since the files above were saved, before each call.
CREATE TABLE fleet_journal (
    account text NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    run bigint NOT NULL,
    lines bytea NOT NULL,
    PRIMARY KEY (account, number)
);

-- What several processes share of Amazon's quotas. A bucket of calls is full again at `full_at`.
CREATE TABLE fleet_shared_calls (
    key text PRIMARY KEY,                  -- whose (a digest), and which operation
    full_at timestamptz NOT NULL
);

-- Reports of a type with a limit of its own: those of 24 hours, and who waits for the next one.
CREATE TABLE fleet_shared_reports (
    key text PRIMARY KEY,
    used timestamptz[] NOT NULL DEFAULT '{}',
    refused timestamptz,
    refusals integer NOT NULL DEFAULT 0
);
CREATE TABLE fleet_report_queue (
    key text NOT NULL,
    account text NOT NULL,
    since timestamptz NOT NULL,
    seen timestamptz NOT NULL,
    PRIMARY KEY (key, account)
);
