"""The sink of every stream, from the SDK to Optiply: target-optiply's `base_sink.py` and `sinks.py`."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hotglue_singer_sdk.exceptions import FatalAPIError
from hotglue_singer_sdk.target_sdk.client import HotglueSink
from typing_extensions import override

from amazon_seller_sandbox.optiply.target.sdk import fields
from amazon_seller_sandbox.optiply.target.sdk.client import refusal

if TYPE_CHECKING:
    import requests

_ALONE = (404, 409)
_NOT_FOUND, _CONFLICT, _ERROR = 404, 409, 400
_NO_IDS = ("nan", "", "none")

Record = dict[str, Any]
Outcome = tuple[Any, bool, Record]


def _is_none(value: object) -> bool:
    """Say whether a value is a missing id, as pandas and others write one."""
    if isinstance(value, float) and not math.isfinite(value):
        return True
    return value is None or str(value).strip().lower() in _NO_IDS


class OptiplySink(HotglueSink):  # type: ignore[misc] # of the other environment
    """A stream's way to Optiply."""

    unified_schema = None
    base_url = ""
    endpoint = ""

    def __init__(self, target: Any, stream_name: str, schema: Any, key_properties: Any) -> None:  # noqa: ANN401 - the SDK's
        self.stream = target.version.streams[stream_name]
        self.endpoint = self.stream.endpoint
        self._name = stream_name
        self._source_id: object = None
        super().__init__(target, stream_name, schema, key_properties)
        required, optional = dict(self.stream.required), dict(self.stream.optional)
        self._model = (
            fields.model(stream_name, required, optional) if target.version.coerces else None
        )

    @property
    @override
    def name(self) -> str:
        """Return the stream's name, for the state."""
        return self._name

    @override
    def process_record(self, record: Record, context: Record) -> None:
        """Process a record; the SDK takes its externalId off before the other methods see it."""
        self._source_id = record.get("externalId") or record.get("inputId")
        super().process_record(record, context)

    # ------------------------------------------------------------------ what is sent

    @override
    def preprocess_record(self, record: Record, context: Record) -> Record:
        """Return the body of a write.

        Raises:
            FatalAPIError: the record does not pass its schema.
        """
        for alias, name in self._target.version.aliases.items():
            if alias in record and name not in record:
                record[name] = record.pop(alias)
        attributes = self._attributes(record)
        self._refer(record, attributes)
        self._add(record, attributes)
        if self.stream.takes_lines and (record.get("line_items") or "line_items" in record):
            self._take_lines(record["line_items"], attributes)
        data: Record = {"type": self.endpoint, "attributes": attributes}
        if not _is_none(record.get("id")):
            data["id"] = str(record["id"]) if self._target.version.coerces else record["id"]
        payload: Record = {"data": data}
        deleted = record.get("deleted_at") or record.get("_sdc_deleted_at")
        if deleted and self._target.version.deletes:
            payload["deleted_at"] = deleted
        return payload

    def _attributes(self, record: Record) -> Record:
        if self._model is None:
            return {
                name: value.isoformat() if isinstance(value, datetime) else value
                for name in self.stream.optional
                if (value := record.get(name)) is not None
            }
        try:
            found = self._model.model_validate(record, strict=False)
        except Exception as error:
            first = str(error).replace("\n", " ")
            reason = f"{self.name} schema validation failed: {first}"
            self._target.stop(reason)
            raise FatalAPIError(reason) from error
        attributes: Record = found.model_dump(mode="json", exclude_none=True)
        attributes.pop("line_items", None)
        return attributes

    def _refer(self, record: Record, attributes: Record) -> None:
        """Replace the ids of the source that records of this run have learnt."""
        for name, stream in self.stream.references.items():
            remote = record.get(f"Remote_{name}")
            known = self._target.ids[stream].get(str(remote)) if remote else None
            value = known or (record if self.stream.together else attributes).get(name)
            if not _is_none(value):
                kind = self.stream.reference
                attributes[name] = int(float(str(value))) if kind is int else str(value)
        if self.stream.together:
            missing = [name for name in self.stream.references if _is_none(attributes.get(name))]
            lost = [each for each in self.stream.references if missing]
            for name in lost:
                attributes.pop(name, None)

    def _add(self, record: Record, attributes: Record) -> None:
        if self._model is None:
            if isinstance(attributes.get("emails"), str):
                attributes["emails"] = json.loads(attributes["emails"])
        elif self.name == "BuyOrders":
            attributes["accountId"] = int(self.config["account_id"])
        elif self.name == "ReceiptLines":
            if remote_id := record.get("externalId") or self._source_id:
                attributes["remoteId"] = str(remote_id)
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            attributes["remoteDataSyncedToDate"] = now

    def _take_lines(self, line_items: str, attributes: Record) -> None:
        """Add the order lines, and their sum as floats add up, which replaces the order's total."""
        if not line_items and self._model is not None:
            return
        total, lines = 0.0, []
        for each in json.loads(line_items):
            subtotal = float(each["subtotalValue"])
            total += subtotal
            lines.append(self._line(each, subtotal))
        if lines or self._model is None:
            attributes["totalValue"] = str(total)
            attributes["orderLines"] = lines

    def _line(self, line: Record, subtotal: float) -> Record:
        if self._target.version.wraps_lines:
            kind = f"{self.endpoint.removesuffix('s')}Lines"
            sent = {
                "quantity": line["quantity"],
                "subtotalValue": str(subtotal),
                "productId": line["productId"],
            }
            if self.name == "BuyOrders":
                sent["expectedDeliveryDate"] = line.get("expectedDeliveryDate")
            return {"type": kind, "attributes": sent}
        product = line.get("productId")
        if isinstance(product, float) and not math.isfinite(product):
            product = None
        known = self._target.ids["Products"].get(str(line.get("Remote_productId", "")))
        made = {
            "quantity": int(line["quantity"]),
            "subtotalValue": round(subtotal, 2),
            "productId": product or known,
        }
        if "expectedDeliveryDate" in line:
            made["expectedDeliveryDate"] = line["expectedDeliveryDate"]
        return made

    # ------------------------------------------------------------------ how it is sent

    @override
    def upsert_record(self, record: Record, context: Record) -> Outcome:
        """Send a body; return the id in Optiply, whether it went well, and what the state notes.

        Raises:
            FatalAPIError: the credentials are refused; the record fails alone.
        """
        if self._target.stopped:
            reason = f"Skipped — job marked unhealthy: {self._target.stopped}"
            return None, False, {"error": reason}
        try:
            number, success, updates = self._sent(record)
        except FatalAPIError:
            raise
        except Exception as error:  # noqa: BLE001 - as the real one
            return None, False, {"error": f"Error processing record: {error}"}
        if success and number and self._source_id:
            self._target.ids[self.name][str(self._source_id)] = str(number)
        return number, success, updates

    def _sent(self, record: Record) -> Outcome:
        number = record["data"].get("id")
        deleted = bool(number and record.get("deleted_at"))
        if not number:
            attributes = record["data"]["attributes"]
            missing = [
                name for name in self.stream.mandatory if not str(attributes.get(name, "")).strip()
            ]
            if missing:
                return None, False, {"error": f"missing mandatory fields: {', '.join(missing)}"}
        method = "DELETE" if deleted else "PATCH" if number else "POST"
        path = f"{self.endpoint}/{number}" if number else self.endpoint
        answer = self._target.client.call(method, path, None if deleted else record)
        if answer.status_code < _ERROR:
            made = {} if deleted else answer.json()
            updates: Record = {"_action": "delete" if deleted else "upsert"}
            if not self._target.version.stops:
                updates = {}
            elif method == "PATCH":
                updates["is_updated"] = True
            return made.get("data", {}).get("id") or number or "unknown", True, updates
        return self._refused(record, method, answer)

    def _refused(self, record: Record, method: str, answer: requests.Response) -> Outcome:
        """Return what a refusal means, and stop the job by most of them."""
        status, version = answer.status_code, self._target.version
        if version.stops and method == "DELETE" and status == _NOT_FOUND:
            return record["data"]["id"], True, {"_action": "delete"}
        if version.stops and self.name == "SupplierProducts":
            if status == _CONFLICT:
                found = self._first_there_is(record)
                if found is not None:
                    return found, True, {"_action": "upsert"}
            elif status == _NOT_FOUND and record["data"].pop("id", None):
                return self._sent(record)
        error = f"status {status}: {refusal(answer)}"
        if version.stops and method != "DELETE" and status not in _ALONE:
            self._target.stop(f"{self.name} {method} {error}")
        return None, False, {"error": error}

    def _first_there_is(self, record: Record) -> Any | None:  # noqa: ANN401 - JSON
        """Return the id of a supplier product that is there: of the first one of the account.

        The real one means to filter by product and supplier, but its `request_api` drops the parameters.
        """
        attributes = record["data"]["attributes"]
        if not attributes.get("productId") or not attributes.get("supplierId"):
            return None
        answer = self._target.client.call("GET", self.endpoint)
        things = answer.json().get("data", []) if answer.ok else []
        return things[0].get("id") if things else None
