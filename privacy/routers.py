"""Which database a record lives in: data, keys, or audit."""

from typing import Any

STORES = {
    "wrappeddatakey": "keystore",
    "blindindex": "keystore",
    "auditevent": "audit",
    "auditseal": "audit",
    "auditsealrange": "audit",
    "tombstone": "keystore",
    "erasedowner": "keystore",
}


class StoreRouter:
    def store(self, model: Any) -> str:
        if model._meta.app_label != "privacy":
            return "default"
        return STORES.get(model._meta.model_name, "default")

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return self.store(model)

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return self.store(model)

    def allow_relation(self, one: Any, two: Any, **hints: Any) -> bool:
        return self.store(one) == self.store(two)

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool:
        if app_label != "privacy" or model_name is None:
            return db == "default" if app_label != "privacy" else True
        return STORES.get(model_name, "default") == db
