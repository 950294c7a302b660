"""Products that are gone from Optiply, and an API that says so, refuses, or says nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import pytest
from hosted_shop import ASINS, ORDERS, HostedShop, sent
from hosted_target import HostedTarget

from amazon_optiply_etl.optiply.errors import OptiplyRefusal, OptiplyUnavailable
from amazon_optiply_etl.runs import pipeline
from amazon_optiply_etl.verdicts import notes, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from etl.conftest import SellerFolder

pytestmark = pytest.mark.usefixtures("remembered_runs")

GONE = ASINS[1]
CREDENTIALS: dict[str, Any] = {
    "username": "a", "password": "b", "client_id": "c", "client_secret": "d", "account_id": 1,
    "couplingId": 3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class There:
    """An object as the API lists it."""

    id: str


@dataclass(slots=True)
class Api:
    """Optiply's API, over the objects that the target has loaded.

    Attributes:
        target: Whose objects they are.
        refuses: Whether it refuses to create.
        is_down: Whether it answers at all.
        created: The ids of what was created, and null for each refusal.
    """

    target: HostedTarget
    refuses: bool = False
    is_down: bool = False
    created: list[str | None] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def exists(self, _entity: str, id_: str) -> bool:
        self._answer()
        return id_ in self.target.objects["Products"]

    def items(self, _entity: str, **_filter: str) -> list[There]:
        self._answer()
        return [There(id_) for id_ in self.target.objects["Products"]]

    def find(self, _entity: str, _remote_id: str, **_filter: str) -> None:
        self._answer()

    def post(self, _entity: str, attributes: dict[str, Any]) -> str:
        if self.refuses:
            self.created.append(None)
            raise OptiplyRefusal("products B000000001", 400, "name is odd")
        id_ = f"{9000 + len(self.created)}"
        self.created.append(id_)
        self.target.objects["Products"][id_] = dict(attributes)
        return id_

    def _answer(self) -> None:
        if self.is_down:
            raise OptiplyUnavailable("Optiply does not answer.")


@pytest.fixture
def shop(seller: SellerFolder) -> HostedShop:
    """A shop whose products and first orders Optiply has."""
    shop = HostedShop(seller, HostedTarget(seller.root))
    shop.sync(*ORDERS)
    shop.sync()
    return shop


@pytest.fixture
def give_api(shop: HostedShop, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Api]:
    def give(*, recreate: bool = True, refuses: bool = False, is_down: bool = False) -> Api:
        api = Api(shop.target, refuses=refuses, is_down=is_down)
        monkeypatch.setattr(pipeline, "_api", lambda *_given: api)
        give_credentials(shop, CREDENTIALS)
        shop.seller.config = {"recreate_missing": recreate}
        return api

    return give


def give_credentials(shop: HostedShop, credentials: dict[str, Any]) -> None:
    text = json.dumps({"apiCredentials": credentials})
    shop.seller.write("snapshots/tenant-config.json", text)


def delist(shop: HostedShop) -> None:
    """Have Amazon list the product no more."""
    del shop.quantity[GONE]
    shop.whole = True


def lose(shop: HostedShop) -> None:
    """Lose the product, and sync twice: the next sync doubts that Optiply has it."""
    shop.target.lose("Products", GONE)
    for n in range(2):
        shop.sync((f"303-{n}", ASINS[0]), (f"304-{n}", GONE))


def test_a_product_that_optiply_refuses_to_create_is_tried_once_a_day(
    shop: HostedShop, give_api: Callable[..., Api]
) -> None:
    lose(shop)
    api = give_api(refuses=True)
    for n in (2, 3):
        built = shop.sync((f"303-{n}", ASINS[0]), (f"304-{n}", GONE))
    assert api.created == [None]
    (note,) = built.notes()[notes.PRODUCT_GONE]
    assert note.startswith(f"{GONE} (id 1001): ")
    assert "name is odd" in note
    assert built.left_out("orders").keys() == {outcomes.PRODUCT_GONE}
    shop.now += timedelta(hours=23)
    shop.sync()
    assert api.created == [None, None]
    api.refuses = False
    shop.now += timedelta(days=1)
    for n in range(2):
        shop.sync((f"305-{n}", ASINS[0]))
    assert len(api.created) == 3
    expected = {f"{k}-{n}" for n in range(4) for k in (303, 304)} | {"305-0", "305-1"}
    assert shop.arrived("SellOrders") >= expected
    assert shop.doubled() == []


def test_without_a_coupling_id_a_doubted_product_stops_no_build(shop: HostedShop) -> None:
    """Its orders wait, as without credentials."""
    lose(shop)
    give_credentials(shop, {k: v for k, v in CREDENTIALS.items() if k != "couplingId"})
    shop.seller.config = {"recreate_missing": True}
    for n in (2, 3):
        built = shop.sync((f"303-{n}", ASINS[0]), (f"304-{n}", GONE))
        assert built.notes()[notes.PRODUCT_GONE] == [f"{GONE} (id 1001)"]
    assert shop.arrived("SellOrders") >= {f"303-{n}" for n in range(4)}


def test_where_the_api_does_not_answer_a_build_goes_on_and_loses_nothing(
    shop: HostedShop, give_api: Callable[..., Api]
) -> None:
    lose(shop)
    api = give_api(is_down=True)
    for n in (2, 3):
        shop.sync((f"303-{n}", ASINS[0]), (f"304-{n}", GONE))
    assert shop.arrived("SellOrders") >= {f"303-{n}" for n in range(3)}
    api.is_down = False
    for n in range(2):
        shop.sync((f"305-{n}", ASINS[0]))
    assert shop.arrived("SellOrders") >= {f"{k}-{n}" for n in range(4) for k in (303, 304)}
    assert shop.doubled() == []
    assert len(api.created) == 1


@pytest.mark.parametrize("stop_at", [0, None])
def test_a_successor_that_is_deleted_again_gets_one_of_its_own(
    shop: HostedShop, give_api: Callable[..., Api], stop_at: int | None
) -> None:
    """Whether anything has been loaded under its id before, or not."""
    api = give_api()
    shop.target.lose("Products", GONE)
    shop.sync(("303-1", GONE), stop_at=stop_at)
    (first,) = api.created
    assert first is not None
    del shop.target.objects["Products"][first]
    for n in range(4):
        shop.sync((f"304-{n}", GONE), (f"305-{n}", ASINS[0]))
    assert len(api.created) == 2
    assert shop.arrived("SellOrders") >= {"303-1"} | {
        f"{k}-{n}" for n in range(3) for k in (304, 305)
    }
    assert shop.doubled() == []


def test_a_product_that_was_disabled_is_not_created_anew(
    shop: HostedShop, give_api: Callable[..., Api]
) -> None:
    delist(shop)
    shop.sync(("303-1", ASINS[0]))
    shop.sync()
    assert shop.target.value("Products", GONE, "status") == "disabled"
    api = give_api()
    shop.target.lose("Products", GONE)
    for n in range(3):
        built = shop.sync((f"304-{n}", ASINS[0]))
    assert api.created == []
    assert notes.PRODUCT_GONE not in built.notes()


def test_a_product_that_was_disabled_is_created_anew_for_an_order_that_waits(
    shop: HostedShop, give_api: Callable[..., Api]
) -> None:
    delist(shop)
    shop.sync(("303-1", ASINS[0]))
    shop.sync()
    api = give_api(recreate=False)
    shop.target.lose("Products", GONE)
    for n in range(3):
        built = shop.sync((f"304-{n}", ASINS[0]), (f"305-{n}", GONE))
    assert built.left_out("orders").keys() == {outcomes.PRODUCT_GONE}
    shop.seller.config = {"recreate_missing": True}
    for n in range(2):
        shop.sync((f"306-{n}", ASINS[0]))
    assert len(api.created) == 1
    assert shop.arrived("SellOrders") >= {f"305-{n}" for n in range(3)}


class OtherShopsTarget(HostedTarget):
    """A target whose products another flow loads."""

    def _write(self) -> None:
        products = self.ids.pop("Products")
        HostedTarget._write(self)  # noqa: SLF001 - its own; a dataclass with slots has no super() here
        self.ids["Products"] = products


def test_another_shops_product_that_is_gone_is_listed_and_stops_nothing(
    seller: SellerFolder,
) -> None:
    """Orders refer to it by its id, and to those that are not known by remoteId by the id alone."""
    target = OtherShopsTarget(seller.root)
    ids = {f"gid{n}": f"{500 + n}" for n in range(5)}
    target.ids["Products"] = dict(ids)
    target.objects["Products"] = {id_: {} for id_ in ids.values()}
    rows = [f"{k},{v},SKU-{asin}\n" for (k, v), asin in zip(ids.items(), ASINS, strict=True)]
    seller.write("snapshots/products.snapshot.csv", f"remoteId,optiply_id,skuCode\n{''.join(rows)}")
    hosts = "".join(f"{key},{id_}\n" for key, id_ in ids.items())
    seller.write("snapshots/Products_shop.snapshot.csv", f"InputId,RemoteId\n{hosts}")
    seller.config = {"flavour": "secondary", "optiply_key": "skuCode", "products_flow": "shop"}
    shop = HostedShop(seller, target)
    shop.sync(*ORDERS)
    shop.sync()
    shop.target.lose("Products", "gid1")
    for n in range(5):
        built = shop.sync((f"303-{n}", ASINS[0]), (f"304-{n}", GONE))
    assert any(each.endswith("(id 501)") for each in built.notes()[notes.PRODUCT_GONE])
    assert built.left_out("orders").keys() == {outcomes.PRODUCT_GONE}
    assert sent(built, "SellOrders") == ["303-4", "304-4"]  # each is tried once, last of all
    assert shop.arrived("SellOrders") >= {f"303-{n}" for n in range(4)}
    assert shop.doubled() == []
