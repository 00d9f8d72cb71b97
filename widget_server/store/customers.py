"""Who is who: customers, their addresses with the evidence for each, merges that rewrite nothing, and erasing a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, or_, select
from uuid_utils.compat import uuid7

from widget_server.addresses import KINDS
from widget_server.store import tables as t
from widget_server.store.database import Row, Tx
from widget_server.store.vault import seal, unseal


@dataclass(frozen=True, slots=True)
class Address:
    """A way to know or reach someone, in its normal spelling. `evidence` is what proved it; `proven` whether that is proof."""

    kind: str
    value: str
    evidence: str = "company"
    proven: bool = True


def create(tx: Tx, site: Row, profile: dict[str, Any] | None = None) -> str:
    """A new person with a data key of their own. Returns the id."""
    customer_id = str(uuid7())
    wrapped = tx.vault.new_key()
    sealed = tx.vault.seal_json(wrapped, profile, f"profile {customer_id}") if profile else None
    values = {"id": customer_id, "realm": site.realm, "site": site.id, "data_key": wrapped, "profile": sealed}
    tx.run(t.customer.insert().values(**values, created_at=tx.now))
    return customer_id


def get(tx: Tx, customer_id: str) -> Row | None:
    return tx.one(select(t.customer).where(t.customer.c.id == customer_id))


def root(tx: Tx, customer_id: str) -> str:
    """The customer this one was merged into, at the end of the chain."""
    while (row := get(tx, customer_id)) is not None and row.merged_into:
        customer_id = row.merged_into
    return customer_id


def cluster(tx: Tx, customer_id: str) -> list[str]:
    """Everybody who is the same person: the root and all that were merged into it."""
    found = [root(tx, customer_id)]
    edge = found
    while edge:
        edge = [row.id for row in tx.all(select(t.customer.c.id).where(t.customer.c.merged_into.in_(edge)))]
        found = found + edge
    return found


def profile(tx: Tx, customer_id: str) -> dict[str, Any]:
    """Name, locale and zone as far as known; empty once erased."""
    row = get(tx, root(tx, customer_id))
    if row is None or row.data_key is None or row.profile is None:
        return {}
    found: dict[str, Any] = tx.vault.open_json(row.data_key, row.profile, f"profile {row.id}")
    return found


def set_profile(tx: Tx, customer_id: str, **known: Any) -> None:
    """Adds what became known (name, locale, zone); None changes nothing."""
    row = get(tx, root(tx, customer_id))
    new = {name: value for name, value in known.items() if value}
    if row is None or row.data_key is None or not new:
        return
    sealed = tx.vault.seal_json(row.data_key, profile(tx, row.id) | new, f"profile {row.id}")
    tx.run(t.customer.update().where(t.customer.c.id == row.id).values(profile=sealed))


def addresses(tx: Tx, customer_id: str) -> list[tuple[Row, str]]:
    """(identity row, address in clear) of the whole person, proven first, then newest first."""
    statement = select(t.identity, t.customer.c.data_key).join(t.customer, t.customer.c.id == t.identity.c.customer)
    rows = tx.all(statement.where(t.identity.c.customer.in_(cluster(tx, customer_id))))
    rows.sort(key=lambda row: (row.proven_at is None, -row.created_at))
    return [(row, _address(tx, row)) for row in rows if row.data_key]


def _address(tx: Tx, row: Row) -> str:
    return unseal(tx.vault.unwrap(row.data_key), row.value, f"identity {row.customer} {row.lookup}").decode()


def address_of(tx: Tx, customer_id: str, kind: str) -> str | None:
    """The best address of a kind: proven, and newest among those."""
    return next((value for row, value in addresses(tx, customer_id) if row.kind == kind), None)


def known_by(tx: Tx, realm: str, kind: str, value: str, proven: bool = False) -> list[str]:
    """Customers (roots) who hold an address."""
    lookup = tx.vault.lookup(kind, value)
    statement = select(t.identity.c.customer, t.identity.c.proven_at).where(
        t.identity.c.realm == realm, t.identity.c.lookup == lookup
    )
    found = [root(tx, row.customer) for row in tx.all(statement) if row.proven_at is not None or not proven]
    return list(dict.fromkeys(found))


def who_writes_from(tx: Tx, realm: str, kind: str, value: str) -> str | None:
    """Whose a message from this address is: of those who proved it the last to do so, else who wrote from it before."""
    mine = (t.identity.c.realm == realm) & (t.identity.c.lookup == tx.vault.lookup(kind, value))
    rows = tx.all(select(t.identity).where(mine))
    rows = [row for row in rows if row.proven_at is not None or row.evidence == "sender"]
    best = max(rows, key=lambda row: (row.proven_at or 0, row.created_at), default=None)
    return root(tx, best.customer) if best else None


def learn(tx: Tx, customer_id: str, site: Row, address: Address) -> bool:
    """Notes that a customer has an address, or that it is proven now. True if that was news."""
    lookup = tx.vault.lookup(address.kind, address.value)
    mine = cluster(tx, customer_id)
    row = tx.one(select(t.identity).where(t.identity.c.customer.in_(mine), t.identity.c.lookup == lookup))
    proven_at = tx.now if address.proven else None
    if row is not None:
        if row.proven_at is not None or not address.proven or row.evidence == DISOWNED:
            return False
        proof = {"evidence": address.evidence, "proven_at": proven_at}
        tx.run(t.identity.update().where(t.identity.c.id == row.id).values(**proof))
        return True
    holder = get(tx, mine[0])
    if holder is None or holder.data_key is None:
        return False
    about = f"identity {holder.id} {lookup}"
    values = {
        "id": str(uuid7()),
        "realm": site.realm,
        "site": site.id,
        "customer": holder.id,
        "kind": address.kind,
        "lookup": lookup,
        "value": seal(tx.vault.unwrap(holder.data_key), address.value.encode(), about),
        "evidence": address.evidence,
        "proven_at": proven_at,
        "created_at": tx.now,
    }
    tx.run(t.identity.insert().values(**values))
    if not address.proven:
        for other in known_by(tx, site.realm, address.kind, address.value):
            if other not in mine:
                suggest(tx, site, holder.id, other, "typed address")
    return True


DISOWNED = "disowned"
"""The evidence of an address whose holder said "not me": it proves nobody, and the company does not write to it."""


def disown(tx: Tx, realm: str, kind: str, value: str) -> int:
    """ "Wrong number": the address stays noted but proves nobody any more. Returns how many held it."""
    mine = (t.identity.c.realm == realm) & (t.identity.c.lookup == tx.vault.lookup(kind, value))
    return tx.run(t.identity.update().where(mine).values(proven_at=None, evidence=DISOWNED))


def is_disowned(tx: Tx, realm: str, kind: str, value: str) -> bool:
    """Whether the holder of an address asked to be left alone, and has not written to us since."""
    mine = (t.identity.c.realm == realm) & (t.identity.c.lookup == tx.vault.lookup(kind, value))
    known = {row.evidence for row in tx.all(select(t.identity.c.evidence).where(mine))}
    return DISOWNED in known and not known & OWN_ACTS


OWN_ACTS = frozenset({"sender", "link", "code", "token"})
"""Evidence that its holder gave: what the company says of an address does not undo a "not me"."""


def was_left(tx: Tx, customer_id: str, kind: str, value: str) -> bool:
    """Whether somebody said at this address that they are not this person: what is said there is not theirs."""
    here = t.identity.c.lookup == tx.vault.lookup(kind, value)
    mine = t.identity.c.customer.in_(cluster(tx, customer_id)) & (t.identity.c.evidence == DISOWNED)
    return tx.one(select(t.identity.c.id).where(here, mine).limit(1)) is not None


def unprove_silent(tx: Tx, before: int) -> int:
    """Numbers change hands: a phone whose person has not been heard of since `before` proves nobody any more. How many."""
    heard = exists().where(t.session.c.customer == t.identity.c.customer, t.session.c.last_customer_at >= before)
    old = (t.identity.c.kind == "phone") & (t.identity.c.proven_at < before) & ~heard
    rows = tx.all(select(t.identity.c.id, t.identity.c.customer).where(old))
    silent = [row.id for row in rows if _mute(tx, row, before)]
    for one in silent:
        tx.run(t.identity.update().where(t.identity.c.id == one).values(proven_at=None))
    return len(silent)


def _mute(tx: Tx, row: Row, before: int) -> bool:
    mine = t.session.c.customer.in_(cluster(tx, row.customer))
    return tx.one(select(t.session.c.id).where(mine, t.session.c.last_customer_at >= before).limit(1)) is None


def resolve(tx: Tx, site: Row, given: Iterable[Address]) -> str:
    """The customer all these addresses belong to, made if nobody is; merged where that is certain.

    Two customers become one only if the shared address is proven on both sides and their app user ids do not differ;
    otherwise the strongest proven address decides and the rest is a suggestion for a person to judge.
    """
    listed = sorted(given, key=lambda one: KINDS.index(one.kind))
    for one in listed:
        tx.serialise(f"address {site.realm} {one.kind} {one.value}")
    candidates: list[str] = []
    for one in listed:
        # What was only claimed finds nobody: whoever types a number is not yet the one who holds it.
        candidates += known_by(tx, site.realm, one.kind, one.value, proven=True) if one.proven else []
    candidates = list(dict.fromkeys(candidates))
    chosen = next((one for one in candidates if not _conflicts(tx, one, listed)), None) or create(tx, site)
    for other in candidates:
        if other != chosen:
            _join(tx, site, chosen, other, listed)
    for one in listed:
        learn(tx, chosen, site, one)
    return root(tx, chosen)


def _conflicts(tx: Tx, customer_id: str, given: list[Address]) -> bool:
    mine = {value for row, value in addresses(tx, customer_id) if row.kind == "user_id" and row.proven_at}
    theirs = {one.value for one in given if one.kind == "user_id" and one.proven}
    return bool(mine and theirs and mine != theirs)


def _join(tx: Tx, site: Row, chosen: str, other: str, given: list[Address]) -> None:
    shared = [one for one in given if one.proven]
    users = [
        {value for row, value in addresses(tx, one) if row.kind == "user_id" and row.proven_at}
        for one in (chosen, other)
    ]
    if shared and not _conflicts(tx, other, given) and not (users[0] and users[1] and users[0] != users[1]):
        merge(tx, other, chosen)
    else:
        suggest(tx, site, chosen, other, "shared address")


def merge(tx: Tx, customer_id: str, into: str) -> None:
    """Points one customer at another. No log is rewritten; `unmerge` takes it back."""
    target = root(tx, into)
    if root(tx, customer_id) != target:
        tx.run(t.customer.update().where(t.customer.c.id == root(tx, customer_id)).values(merged_into=target))


def unmerge(tx: Tx, customer_id: str) -> None:
    tx.run(t.customer.update().where(t.customer.c.id == customer_id).values(merged_into=None))


def suggest(tx: Tx, site: Row, customer_id: str, other: str, why: str) -> None:
    pair = (t.suggestion.c.customer == customer_id) & (t.suggestion.c.other == other)
    if tx.one(select(t.suggestion).where(pair)) is None:
        values = {"customer": customer_id, "other": other, "site": site.id, "why": why, "created_at": tx.now}
        tx.run(t.suggestion.insert().values(**values))


def suggestions(tx: Tx, customer_id: str) -> list[Row]:
    mine = cluster(tx, customer_id)
    return tx.all(select(t.suggestion).where(or_(t.suggestion.c.customer.in_(mine), t.suggestion.c.other.in_(mine))))


def destroy(tx: Tx, customer_id: str) -> list[str]:
    """Destroys the keys and every personal row of a whole person. Returns the sessions that were theirs.

    What is sealed with the key (event bodies, addresses, texts that wait) can be read by nobody afterwards, backups of the
    database included once the erasure is replayed on them.
    """
    everybody = cluster(tx, customer_id)
    for one in everybody:
        row = get(tx, one)
        if row is not None and row.data_key is not None:
            tx.vault.forget(row.data_key)
    mine = [row.id for row in tx.all(select(t.session.c.id).where(t.session.c.customer.in_(everybody)))]
    gone = {"data_key": None, "profile": None, "erased_at": tx.now}
    tx.run(t.customer.update().where(t.customer.c.id.in_(everybody)).values(**gone))
    tx.run(t.identity.delete().where(t.identity.c.customer.in_(everybody)))
    tx.run(t.event.update().where(t.event.c.session.in_(mine)).values(body=None))
    unsent = t.delivery.c.customer.in_(everybody)
    tx.run(t.delivery.update().where(unsent).values(payload=None))
    still = t.delivery.c.status.in_(("owed", "sending"))
    tx.run(t.delivery.update().where(unsent, still).values(status="cancelled", reason="erased"))
    tx.run(t.link.update().where(t.link.c.customer.in_(everybody)).values(context=None, state="revoked"))
    tx.run(t.grant.update().where(t.grant.c.customer.in_(everybody)).values(revoked_at=tx.now, lookup=None))
    tx.run(t.file.delete().where(t.file.c.customer.in_(everybody)))
    tx.run(t.callback.update().where(t.callback.c.customer.in_(everybody)).values(details=b""))
    for one in everybody:
        if tx.one(select(t.erasure).where(t.erasure.c.customer == one)) is None:
            site = tx.one(select(t.customer.c.site).where(t.customer.c.id == one))
            tx.run(t.erasure.insert().values(customer=one, site=site.site if site else "", at=tx.now))
    return mine
