"""The settings a user may give: their JSON Schema, from which the help and the pages are generated."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

PREFIX = "TAP_AMAZON_SELLER_"
"""How the environment variables of settings begin."""

IGNORED_AWS_SETTINGS = ("aws_access_key", "aws_secret_key", "role_arn")
"""Amazon stopped requiring IAM credentials on 2 October 2023; old configurations still hold them."""

CATALOG_DATASETS = (
    "attributes", "classifications", "dimensions", "identifiers", "images", "productTypes",
    "relationships", "salesRanks", "summaries",
)  # fmt: skip
"""The `includedData` values of Catalog Items 2022-04-01 that a seller may request."""

GRANULARITIES = ("SKU", "CHILD", "PARENT")
"""The values of GET_SALES_AND_TRAFFIC_REPORT's option `asinGranularity`."""

SOURCES = ("report", "data_kiosk")
"""Where the streams of sales and traffic may come from."""

PRICE_SOURCES = ("competitive_summary", "listing_offers")
"""Which operation competitors' prices may come from."""

PROCESSING_STATUSES = ("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE")
"""The states of a report in Reports 2021-06-30."""

_list_or_text = th.CustomType({"type": ["array", "string", "null"], "items": {"type": "string"}})

CONFIG_JSONSCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "lwa_client_id", th.StringType(nullable=False), required=True,
        title="LWA client id",
        description="Client id of your SP-API application (amzn1.application-oa2-client...).",
    ),
    th.Property(
        "client_secret", th.StringType(nullable=False), required=True, secret=True,
        title="LWA client secret",
        description="Client secret of your SP-API application.",
    ),
    th.Property(
        "refresh_token", th.StringType(nullable=False), required=True, secret=True,
        title="Refresh token",
        description=(
            "Refresh token (Atzr|...) of the seller's authorisation. It is valid in one region."
        ),
    ),
    th.Property(
        "marketplaces", _list_or_text,
        title="Marketplaces",
        description=(
            "Country codes (DE, GB or UK, ...) or marketplace ids to sync, as a list or separated "
            "by commas; all of one region. Default: every marketplace the account sells in."
        ),
    ),
    th.Property(
        "region", th.CustomType({"type": ["string", "null"], "enum": ["NA", "EU", "FE", None]}),
        title="Region",
        description=(
            "NA, EU or FE. Default: the region of `marketplaces`; without them, the one whose "
            "endpoint accepts the refresh token."
        ),
    ),
    th.Property(
        "start_date", th.DateTimeType,
        title="Start date",
        description=(
            "First instant of a first sync of incremental streams. Default: 90 days before the sync; "
            "Amazon keeps orders for 2 years."
        ),
    ),
    th.Property(
        "end_date", th.DateTimeType,
        title="End date",
        description="Last instant to sync of incremental streams. Default: now.",
    ),
    th.Property(
        "lookback_days", th.ObjectType(additional_properties=th.NumberType()),
        title="Look-back",
        description=(
            "How many days behind its bookmark a stream starts, by stream name, for reports that "
            'Amazon revises later: {"sales_traffic_report": 7}. Default: see the table of streams.'
        ),
    ),
    th.Property(
        "custom_reports",
        th.ArrayType(
            th.ObjectType(
                th.Property("stream", th.StringType, required=True),
                th.Property("report_type", th.StringType, required=True),
                th.Property("options", th.ObjectType(additional_properties=th.StringType())),
                th.Property("window_days", th.IntegerType),
                th.Property("whole_days", th.BooleanType),
                th.Property("keys", th.ArrayType(th.StringType)),
                th.Property("format", th.StringType(allowed_values=["tsv", "csv", "json", "xml"])),
                th.Property("records", th.StringType),
            )
        ),
        title="Custom reports",
        description=(
            "Report types that have no stream of their own; each becomes one (see Custom reports)."
        ),
    ),
    th.Property(
        "custom_queries",
        th.ArrayType(
            th.ObjectType(
                th.Property("stream", th.StringType, required=True),
                th.Property("query", th.StringType, required=True),
                th.Property("keys", th.ArrayType(th.StringType)),
                th.Property("window_days", th.IntegerType),
                th.Property("delay_days", th.IntegerType),
                th.Property("days_ahead", th.IntegerType),
            )
        ),
        title="Custom queries",
        description=(
            "Queries of Data Kiosk in GraphQL that have no stream of their own; each becomes one (see "
            "Data Kiosk)."
        ),
    ),
    th.Property(
        "data_kiosk_schemas", th.StringType,
        title="Schemas of Data Kiosk",
        description=(
            "Folder with Amazon's GraphQL schemas of data sets that are newer than this tap; queries in "
            "`custom_queries` are checked against them."
        ),
    ),
    th.Property(
        "include_pii", th.BooleanType, default=False,
        title="Include personal data",
        description="Pass on columns with buyers' names, addresses, phones and e-mail addresses.",
    ),
    th.Property(
        "products_include_data", _list_or_text, default=["identifiers", "summaries"],
        title="Catalog data sets",
        description=(
            "What `product_catalog` asks the catalog for: " + ", ".join(CATALOG_DATASETS) + "."
        ),
    ),
    th.Property(
        "asin_granularity",
        th.CustomType({"type": ["string", "null"], "enum": ["SKU", "CHILD", "PARENT", None]}),
        default="SKU",
        title="Granularity of sales and traffic",
        description=(
            "Of what `sales_traffic_report` has a record: each SKU, each ASIN (CHILD) or each parent "
            "product (PARENT). Another one than before makes other records of the same figures, so "
            "empty the table and sync it again."
        ),
    ),
    th.Property(
        "sales_traffic_source",
        th.CustomType({"type": ["string", "null"], "enum": ["report", "data_kiosk", None]}),
        default="report",
        title="Source of sales and traffic",
        description=(
            "Where `sales_traffic_report` and `sales_traffic_by_date` come from, with the same records: "
            "`report` requests one for each day and marketplace, of which Amazon makes 4 an hour; "
            "`data_kiosk` has a day of all marketplaces in one query (see Data Kiosk)."
        ),
    ),
    th.Property(
        "report_types", _list_or_text,
        title="Report types",
        description=(
            "The report types that stream `reports` lists, as Amazon writes them. Default: those of all "
            "the tap's streams, selected or not."
        ),
    ),
    th.Property(
        "processing_status", _list_or_text,
        title="Processing status",
        description=(
            "The states that stream `reports` lists: " + ", ".join(PROCESSING_STATUSES) + ". Default: "
            "all."
        ),
    ),
    th.Property(
        "report_timeout_minutes", th.IntegerType, default=120,
        title="Report time-out",
        description="Minutes after which a report that Amazon does not finish is given up.",
    ),
    th.Property(
        "report_max_age_minutes", th.IntegerType,
        title="Reuse of reports",
        description=(
            "Use a report that exists already when it is younger than this many minutes; 0 never "
            "does. Default: each report type's own, such as the 30 minutes in which Amazon does not "
            "make FBA stock again."
        ),
    ),
    th.Property(
        "limit_wait_minutes", th.IntegerType, default=60,
        title="Wait for limited report types",
        description=(
            "Minutes that a sync waits for report types with limits of their own, such as "
            "GET_SALES_AND_TRAFFIC_REPORT (once in 15 minutes), and then for the quotas of prices and "
            "fees. What does not come within them is due: the next sync continues with it. With 0 a "
            "sync never waits for them. No more than `report_timeout_minutes`."
        ),
    ),
    th.Property(
        "price_items", _list_or_text,
        title="Items with prices",
        description=(
            "ASINs and SKUs that `competitive_prices`, `featured_offer_prices` and `fee_estimates` are "
            "read for; a list where SKUs have blanks or commas. ASINs of others have competitive prices "
            "alone. Default: all of the seller's listings."
        ),
    ),
    th.Property(
        "competitive_prices_source",
        th.CustomType(
            {"type": ["string", "null"], "enum": ["competitive_summary", "listing_offers", None]}
        ),
        default="competitive_summary",
        title="Source of competitors' prices",
        description=(
            "Where `competitive_prices` comes from, with the same keys: `competitive_summary` knows "
            "most, of 2,400 ASINs an hour; `listing_offers` (Product Pricing v0) has 36,000 an hour, "
            "without the share of views of each featured offer, used offers and most reference prices "
            "(see Competitors' prices and fees)."
        ),
    ),
    th.Property(
        "report_limits", th.ObjectType(additional_properties=th.NumberType()),
        title="Limits of report types",
        description=(
            "How many reports of a type Amazon makes in an hour, by report type, where it is not what "
            'the tap knows: {"GET_SALES_AND_TRAFFIC_REPORT": 4}. Other limits are learned from refusals.'
        ),
    ),
    th.Property(
        "leave_reports", th.BooleanType, default=False,
        title="Request and leave",
        description=(
            "End a sync once all is requested that quotas allow now and what is ready is read; the next "
            "sync reads the rest. For hosts that charge for minutes in which a program waits."
        ),
    ),
    th.Property(
        "request_timeout_seconds", th.IntegerType, default=60,
        title="Request time-out",
        description="Seconds without an answer, or a piece of one, after which a call is tried again.",
    ),
    th.Property(
        "allow_private_documents", th.BooleanType, default=False,
        title="Documents at private addresses",
        description=(
            "Download documents from private addresses and over http, too, as a proxy of your own for "
            "them needs. By default only public https addresses are called, because they come from "
            "outside."
        ),
    ),
    th.Property(
        "report_charset", th.StringType,
        title="Report charset",
        description=(
            "Read every report in this character set (a Python codec such as cp1252) instead of "
            "the one that the download names."
        ),
    ),
    th.Property(
        "reject_path", th.StringType,
        title="Reject folder",
        description="Folder that keeps rows that cannot be records: with too many cells, or cut off.",
    ),
    th.Property(
        "spool_path", th.StringType,
        title="Spool folder",
        description=(
            "Folder for downloaded documents while they are read (unnamed files, gone when the tap "
            "ends). Default: the system's temporary folder."
        ),
    ),
    th.Property(
        "match_input", th.StringType,
        title="File of codes",
        description=(
            "CSV, Excel or Parquet with EANs, UPCs, GTINs, ISBNs, JANs or MINSANs: `asin_matches` "
            "has their ASINs. Needs the extra `matching`."
        ),
    ),
    th.Property(
        "match_database", th.StringType,
        title="Database of matches",
        description=(
            "Where answers to codes are kept, so that a sync requests none twice: a file of SQLite or a "
            "URL of Postgres. Default: ~/.local/state/amazon-asin-match/matches.db."
        ),
    ),
    th.Property(
        "enable_notifications", th.BooleanType, default=False,
        title="Notifications",
        description=(
            "Read what Amazon reports of changes from the queue `notifications_queue`: streams "
            "`order_changes`, `inventory_changes` and `listing_changes`, and the end of each report, "
            "which then needs no polls. Needs the extra `notifications`."
        ),
    ),
    th.Property(
        "notifications_queue", th.StringType,
        title="Queue of notifications",
        description=(
            "Address of the SQS queue, as `tap-amazon-seller notifications setup` shows it. AWS "
            "credentials are those that boto3 finds: AWS_ACCESS_KEY_ID, a profile, a role."
        ),
    ),
    th.Property(
        "notifications_endpoint_url", th.StringType,
        title="SQS endpoint",
        description="SQS server to use instead of AWS's, such as that of a VPC endpoint.",
    ),
    th.Property(
        "listen_minutes", th.IntegerType, default=30,
        title="Time to listen",
        description=(
            "Minutes after which a sync with `--listen` ends, so that the next one gets its state and "
            "deletes what has arrived from the queue."
        ),
    ),
    th.Property(
        "fail_on_incomplete", th.BooleanType, default=False,
        title="Fail when incomplete",
        description=(
            "Exit with 1 when a stream or marketplace could not be synced completely. By default that "
            "is a warning, and the next sync fetches what is missing."
        ),
    ),
    th.Property(
        "batch_config", th.ObjectType(additional_properties=True),
        title="Batch files",
        description=(
            "Write records to files that BATCH messages name, for targets that load them: "
            '{"encoding": {"format": "parquet"}, "storage": {"root": "file:///var/batches"}}. '
            "`format` is parquet or jsonl; `compression` gzip or none; `batch_size` the most records "
            "in a file (500000); `storage.prefix` begins each file's name."
        ),
    ),
    th.Property(
        "sandbox", th.BooleanType, default=False,
        title="Amazon's sandbox",
        description="Talk to Amazon's own static SP-API sandbox.",
    ),
    th.Property(
        "endpoint_url", th.StringType,
        title="SP-API endpoint",
        description="SP-API server to use instead of Amazon's; http is allowed on loopback.",
    ),
    th.Property(
        "token_url", th.StringType,
        title="Token endpoint",
        description=(
            "Login with Amazon token URL to use instead of https://api.amazon.com/auth/o2/token."
        ),
    ),
    th.Property(
        "clock_factor", th.IntegerType, default=1,
        title="Clock factor",
        description="How many times faster than real time the clock of `endpoint_url` runs.",
    ),
    *(
        th.Property(
            key, th.StringType, secret=True,
            title="Ignored",
            description="Ignored: Amazon stopped requiring IAM credentials in October 2023.",
        )
        for key in IGNORED_AWS_SETTINGS
    ),
).to_dict()  # fmt: skip
