"""Verbs of the widget: who may embed it, signing a customer in by the company's own token, anonymous visitors, logging out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from widget_server.actions import access
from widget_server.actions.access import Grant
from widget_server.actions.beginning import open_run
from widget_server.actions.driving import Acting
from widget_server.actions.errors import Invalid, NotFound, Refused
from widget_server.actions.sessions import for_customer, shown
from widget_server.actions.world import World, base62
from widget_server.addresses import BadAddress, normal
from widget_server.events import Actor, Draft
from widget_server.store import accounts, customers, grants, log, records, sessions
from widget_server.store.customers import Address
from widget_server.store.database import Row, Tx

TOKEN_LASTS_S = 3600
SIGNED_IN_MS = 12 * 3600 * 1000
VISITOR_MS = 30 * 24 * 3600 * 1000
VISITORS_AN_HOUR = 60


@dataclass(frozen=True, slots=True)
class Config:
    """What a panel is drawn with."""

    id: str
    key: str
    name: str
    origins: tuple[str, ...]
    look: dict[str, Any]
    locale: str
    zone: str
    host: str


def config(world: World, site_key: str) -> Config:
    with world.store.read() as tx:
        site = _site(tx, site_key)
        return Config(site.id, site.key, site.name, tuple(site.origins), site.look, site.locale, site.zone, site.host)


def _site(tx: Tx, site_key: str) -> Row:
    site = accounts.site_by_key(tx, site_key)
    if site is None:
        raise NotFound("site", site_key)
    return site


def sign_in(world: World, site_key: str, token: str, visitor: str | None = None) -> tuple[Grant, str]:
    """Exchanges an identity token (a JWT of the company's server) for an opaque one. Raises Refused("token"), NotFound.

    A visitor's sessions follow the sign-in: `visitor` is the token the same panel had before, which ends here.
    """
    with world.store.write() as tx:
        site = _site(tx, site_key)
        claims = _claims(world, tx, site, token)
        customer = customers.resolve(tx, site, _addresses(claims, site))
        customers.set_profile(
            tx, customer, name=_text(claims, "name"), locale=_text(claims, "locale"), zone=_text(claims, "zone")
        )
        if visitor:
            _follow(tx, site, visitor, customer)
        grant, secret = _granted(tx, site, customer, tier=2, by="token", lasts=SIGNED_IN_MS)
        for row in sessions.of_customer(tx, site.id, customer, "open"):
            _tell(tx, row.id, grant)
        return grant, secret


def _tell(tx: Tx, session: str, grant: Grant) -> None:
    """Says in a session that its customer signed in here: agents see how surely they know who writes."""
    body = {"tier": grant.tier, "by": "token"}
    actor = Actor("customer", grant.customer)
    log.append(tx, session, Draft("grant.raised", body, f"signed in {grant.id}", actor, "widget", grant=grant.id))


def _claims(world: World, tx: Tx, site: Row, token: str) -> dict[str, Any]:
    """What the company's server says, if it said it, for this site, and not long ago."""
    try:
        key = OctKey.import_key(accounts.site_secret(tx, site))
        claims = dict(jwt.decode(token, key, algorithms=["HS256"]).claims)
    except (JoseError, ValueError, TypeError):
        raise Refused("token", why="signature") from None
    issued, ends, now = claims.get("iat"), claims.get("exp"), world.clock() // 1000
    why = ""
    if claims.get("aud") != site.key:
        why = "audience"
    elif not isinstance(issued, int) or not isinstance(ends, int) or isinstance(issued, bool) or isinstance(ends, bool):
        why = "times"
    elif ends - issued > TOKEN_LASTS_S or issued > now + 60:
        why = "lifetime"
    elif ends <= now:
        why = "expired"
    elif not _text(claims, "sub") or not _text(claims, "jti"):
        why = "claims"
    elif not records.first(tx, "token", site.id, _text(claims, "jti")):
        why = "used"
    if why:
        raise Refused("token", why=why)
    return claims


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip()[:200] if isinstance(value, str) else ""


def _addresses(claims: dict[str, Any], site: Row) -> list[Address]:
    found = []
    for kind, claim in (("user_id", "sub"), ("phone", "phone"), ("email", "email")):
        value = _text(claims, claim)
        if not value:
            continue
        try:
            proven = kind == "user_id" or claims.get(f"{claim}_verified") is True
            found.append(Address(kind, normal(kind, value, site.options.get("region")), "token", proven))
        except BadAddress as bad:
            if kind == "user_id":
                raise Refused("token", why="sub") from bad
    return found


def _follow(tx: Tx, site: Row, visitor: str, customer: str) -> None:
    row = grants.by_token(tx, visitor)
    if row is not None and row.site == site.id and row.by == "visitor":
        customers.merge(tx, row.customer, customer)
        grants.revoke(tx, grant_id=row.id)


def visitor(world: World, site_key: str, client: str) -> tuple[Grant, str]:
    """A window for somebody unknown: tier 1, sees what it wrote itself. Limited per client address."""
    with world.store.write() as tx:
        site = _site(tx, site_key)
        bucket = f"visitor {tx.vault.lookup('client', client)}"
        if records.tries(tx, bucket, 3_600_000) >= VISITORS_AN_HOUR:
            raise Refused("visitors")
        records.tried(tx, bucket)
        customer = customers.create(tx, site)
        return _granted(tx, site, customer, tier=1, by="visitor", lasts=VISITOR_MS)


def _granted(tx: Tx, site: Row, customer: str, *, tier: int, by: str, lasts: int) -> tuple[Grant, str]:
    token = "w_" + base62(40)
    grant_id = grants.add(tx, site.id, "widget", customer, "widget", tier, by, token=token, expires_at=tx.now + lasts)
    row = grants.get(tx, grant_id)
    if row is None:
        raise LookupError(grant_id)
    return access.grant_of(row, tx.now), token


def grant(world: World, token: str) -> Grant:
    """The live widget grant behind a token. Raises NotFound."""
    with world.store.read() as tx:
        row = grants.by_token(tx, token)
        if row is None or row.kind != "widget":
            raise NotFound("token")
        return access.grant_of(row, tx.now)


def log_out(world: World, who: Grant) -> None:
    """Ends this window at once: whoever holds the phone next sees nothing of it."""
    with world.store.write() as tx:
        grants.revoke(tx, grant_id=who.id)
        tx.moved |= {row.id for row in sessions.of_customer(tx, who.site, who.customer, "open")}


def me(world: World, who: Grant) -> dict[str, Any]:
    """The customer behind a token, and their sessions, newest first."""
    with world.store.read() as tx:
        known = customers.profile(tx, who.customer) if who.tier >= 2 else {}
        rows = sessions.of_customer(tx, who.site, who.customer)
        listed = [
            {"id": row.id, "status": row.status, "seq": row.seq, "unread": _unread(row)}
            for row in rows
            if who.session in (None, row.id)
        ]
        phone = customers.address_of(tx, who.customer, "phone") if who.tier >= 2 else None
        customer = {
            "name": known.get("name", ""),
            "locale": known.get("locale"),
            "zone": known.get("zone"),
            "phone": phone,
        }
        return {"customer": customer, "tier": who.tier, "grant": who.id, "sessions": listed}


def unread(world: World, site_key: str, grant_id: str) -> int:
    """How much a customer has not seen yet, for a ticket that names their grant. Raises NotFound when that has ended."""
    with world.store.read() as tx:
        site, row = _site(tx, site_key), grants.get(tx, grant_id)
        ended = row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= tx.now)
        if row is None or ended or row.site != site.id or row.kind != "widget":
            raise NotFound("grant")
        return sum(_unread(one) for one in sessions.of_customer(tx, site.id, row.customer, "open"))


def _unread(row: Row) -> int:
    return max(0, (row.preview_seq or 0) - row.customer_seen) and 1


def start(
    world: World, who: Grant, key: str, context: dict[str, Any] | None = None, flow: str | None = None
) -> dict[str, Any]:
    """The customer's open session, or a new one. Raises Invalid for a flow whose context is not met."""
    with world.store.write() as tx:
        site = accounts.site(tx, who.site)
        if site is None:
            raise NotFound("site", who.site)
        tx.serialise(f"customer {customers.root(tx, who.customer)}")
        found = sessions.newest(tx, site.id, who.customer, "open")
        actor = Actor("customer", who.customer)
        session_id = found.id if found else sessions.begin(tx, site, who.customer, "widget", actor, key, grant=who.id)
        if not found and who.tier >= 2:
            _tell(tx, session_id, who)
        if context:
            if len(context) > 50:
                raise Invalid([("context", "at most 50 values")])
            log.append(
                tx, session_id, Draft("custom.context", context, f"{key}/context", actor, "widget", grant=who.id)
            )
        if flow is not None and log.by_key(tx, session_id, f"{key}/run") is None:
            open_run(
                world,
                tx,
                site,
                session_id,
                flow,
                context or {},
                Acting(f"{key}/run", actor, "widget", who.id, who.tier),
            )
        return for_customer(shown(tx, session_id))
