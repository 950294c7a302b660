"""A vendor's folder in the hosted layout, filled order by order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from etl.conftest import Built, SellerFolder

DE = "A1PA6795UKMFR9"
FR = "A13V1IB3VIYZZH"
EAN = "4006381333931"
OTHER_EAN = "4012345678901"
UPC = "614141007349"
ASIN = "B0000000AA"
Record = dict[str, Any]


def eaches(amount: int) -> Record:
    return {"amount": amount, "unitOfMeasure": "Eaches", "unitSize": 1}


def cases(amount: int, size: int | None = 6) -> Record:
    quantity: Record = {"amount": amount, "unitOfMeasure": "Cases"}
    return quantity if size is None else quantity | {"unitSize": size}


def euro(amount: str) -> Record:
    return {"amount": amount, "currencyCode": "EUR"}


def item(code: str | None = EAN, quantity: Record | None = None, **changed: Any) -> Record:
    """An item of a purchase order: 10 pieces of 2.50."""
    found: Record = {
        "itemSequenceNumber": "1",
        "amazonProductIdentifier": ASIN,
        "vendorProductIdentifier": code,
        "orderedQuantity": quantity or eaches(10),
        "netCost": euro("2.50"),
    }
    return {name: value for name, value in (found | changed).items() if value is not None}


def direct_item(code: str | None = EAN, amount: int = 1, **changed: Any) -> Record:
    """An item of an order that the vendor ships to a buyer."""
    found: Record = {
        "itemSequenceNumber": "00001",
        "buyerProductIdentifier": ASIN,
        "vendorProductIdentifier": code,
        "title": "A pen",
        "orderedQuantity": {"amount": amount, "unitOfMeasure": "Each"},
        "netPrice": euro("3.00"),
    }
    return {name: value for name, value in (found | changed).items() if value is not None}


def status_item(
    code: str | None = EAN,
    ordered: Record | None = None,
    accepted: Record | None = None,
    received: Record | None = None,
    **changed: Any,
) -> Record:
    """The status of an item: accepted as ordered, nothing received."""
    ordered = ordered or eaches(10)
    accepted = accepted or ordered
    found: Record = {
        "itemSequenceNumber": "1",
        "buyerProductIdentifier": ASIN,
        "vendorProductIdentifier": code,
        "netCost": euro("2.50"),
        "orderedQuantity": {"orderedQuantity": ordered},
        "acknowledgementStatus": {"confirmationStatus": "ACCEPTED", "acceptedQuantity": accepted},
        "receivingStatus": {"receiveStatus": "NOT_RECEIVED"},
    }
    if received:
        found["receivingStatus"] = {
            "receivedQuantity": received,
            "lastReceiveDate": "2026-10-05T09:00:00Z",
        }
    return {name: value for name, value in (found | changed).items() if value is not None}


@dataclass(frozen=True, slots=True)
class VendorFolder:
    """A folder of the flavour vendor; its methods add records with ordinary values."""

    folder: SellerFolder

    @property
    def root(self) -> Path:
        """The folder itself."""
        return self.folder.root

    @property
    def built(self) -> Built:
        """What is in etl-output."""
        return self.folder.built

    def add(self, stream: str, record: Record) -> None:
        """Add a record to a stream."""
        self.folder.add(stream, record)

    def build(self, **flags: object) -> None:
        """Run the ETL in this process, in both formats."""
        self.folder.config = {"flavour": "vendor", **flags}
        self.folder.build()

    def purchase(self, number: str = "4Z32PABC", *items: Record, **changed: object) -> None:
        """Add a purchase order that the vendor has accepted."""
        record = {
            "purchase_order_number": number,
            "purchase_order_state": "Acknowledged",
            "purchase_order_date": "2026-10-01T10:00:00+00:00",
            "purchase_order_state_changed_date": "2026-10-02T10:00:00+00:00",
            "selling_party": {"partyId": "PENSA"},
            "delivery_window": "2026-10-04T00:00:00Z--2026-10-09T00:00:00Z",
            "items": list(items or (item(),)),
        }
        self.add("vendor_purchase_orders", record | changed)

    def status(self, number: str = "4Z32PABC", *items: Record, **changed: object) -> None:
        """Add the status of a purchase order."""
        record = {
            "purchase_order_number": number,
            "purchase_order_status": "OPEN",
            "purchase_order_date": "2026-10-01T10:00:00+00:00",
            "last_updated_date": "2026-10-05T10:00:00+00:00",
            "selling_party": {"partyId": "PENSA"},
            "item_status": list(items or (status_item(),)),
        }
        self.add("vendor_purchase_orders_status", record | changed)

    def direct(self, number: str = "D1", *items: Record, **changed: object) -> None:
        """Add an order that the vendor ships itself."""
        record = {
            "purchase_order_number": number,
            "order_status": "ACCEPTED",
            "order_date": "2026-10-03T10:00:00+00:00",
            "selling_party": {"partyId": "PENSA"},
            "items": list(items or (direct_item(),)),
        }
        self.add("vendor_fulfilment_orders", record | changed)

    def held(self, units: int | None = 7, **changed: object) -> None:
        """Add a day of Amazon's stock."""
        record = {
            "marketplace_id": DE,
            "asin": ASIN,
            "end_date": "2026-10-05",
            "sellable_on_hand_inventory_units": units,
        }
        self.add("vendor_inventory", record | changed)

    def next_sync(self) -> None:
        """Forget the records, as when the next sync has other ones."""
        for stream in self.folder.records:
            (self.root / "sync-output" / f"{stream}.jsonl").unlink()
        self.folder.records.clear()

    def rows(self, name: str) -> dict[str, Record]:
        """Return the payloads of an entity, by remoteId."""
        return {each["remoteId"]: each for each in self.built.json_lines(f"{name}.jsonl")}

    def host_loads_all(self) -> None:
        """Write the host's snapshots, as if the target had loaded all that was sent."""
        self.host_loads(*{each["stream"] for each in self.built.messages})

    def host_loads(self, *streams: str) -> None:
        """Write the host's snapshots, as if the target had loaded these streams of what was sent."""
        for message in self.built.messages:
            if message["type"] == "RECORD" and message["stream"] in streams:
                stream, record = message["stream"], message["record"]
                path = self.root / "snapshots" / f"{stream}_flow1.snapshot.csv"
                text = path.read_text() if path.exists() else "InputId,RemoteId\n"
                if f"\n{record['externalId']}," not in text:
                    number = 1000 + text.count("\n")
                    path.write_text(f"{text}{record['externalId']},{number}\n")

    def waiting(self) -> list[str]:
        """Return stream and number of each record that is kept for the next run."""
        path = self.root / "snapshots" / "waiting.singer"
        if not path.exists():
            return []
        messages = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [f"{each['stream']} {each['record']['purchase_order_number']}" for each in messages]
