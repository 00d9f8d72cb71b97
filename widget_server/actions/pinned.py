"""Published flows: found by name at a site, kept by content hash, parsed once."""

from __future__ import annotations

from functools import lru_cache

from disposable.definition import Flow, context_types
from widget_server.store import links, publications
from widget_server.store.database import Tx


@lru_cache(maxsize=512)
def _parsed(definition: str) -> Flow:
    return Flow.from_json(definition)


class Flows:
    """A cache of pinned definitions. A hash never changes its meaning, so what is cached is never stale."""

    def __init__(self) -> None:
        self._by_hash: dict[str, Flow] = {}

    def pinned(self, tx: Tx, hash_: str) -> Flow:
        """The flow with that content hash. Raises LookupError if it was never published here."""
        flow = self._by_hash.get(hash_)
        if flow is None:
            definition = links.definition(tx, hash_)
            if definition is None:
                raise LookupError(f"no flow {hash_}")
            flow = self._by_hash[hash_] = _parsed(definition)
        return flow

    def named(self, tx: Tx, site: str, name: str) -> tuple[str, Flow] | None:
        """What new links of that name use now: (hash, flow)."""
        hash_ = links.published(tx, site, name)
        return (hash_, self.pinned(tx, hash_)) if hash_ else None

    def published(self, tx: Tx, site: str) -> dict[str, Flow]:
        """The flows of a site that new links may open, by name."""
        return {row.name: self.pinned(tx, row.hash) for row in links.all_published(tx, site)}

    def secret_names(self, tx: Tx, site: str) -> frozenset[str]:
        """Dotted names that any flow of the site declares secret, or ever did: hidden wherever context is shown. What was
        secret when a session began stays so in it, whatever was published since, or taken back."""
        found: set[str] = set()
        for hash_ in publications.hashes(tx, site):
            types = context_types(self.pinned(tx, hash_))
            found |= {name for name, kind in types.items() if kind == "secret"}
        return frozenset(found)
