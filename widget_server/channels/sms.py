"""Text messages by Twilio's Messages API (2010-04-01): forms out, JSON back, signed forms in.

The base address is a setting, so that the same code talks to Twilio, to a region of it, or to the demo's handset.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from disposable.render.text import segments as counted
from widget_server.channels import twilio_signature
from widget_server.channels.contract import (
    Capabilities,
    Carry,
    DeliveryFailed,
    ForgedHook,
    Hook,
    HttpAnswer,
    HttpCall,
    Inbound,
    Outgoing,
    Receipt,
    Sent,
    UnreadableHook,
)
from widget_server.channels.plain import clean
from widget_server.channels.twilio_errors import REFUSALS

MAX_FIELDS = 300
_SERVICE = re.compile("MG[0-9a-f]{32}")
_STATUSES = {"sent": "sent", "delivered": "delivered", "read": "read"}
_FAILED = frozenset({"failed", "undelivered", "canceled"})
_ON_THE_WAY = frozenset({"accepted", "scheduled", "queued", "sending", "receiving", "partially_delivered"})


@dataclass(frozen=True)
class Account:
    """`sid` and `token` of a Twilio account, `sender` a number of it in E.164 or a messaging service (MG...)."""

    sid: str
    token: str = field(repr=False)
    sender: str
    base: str = "https://api.twilio.com"


class Sms:
    """One Twilio account as a channel."""

    name = "sms"
    capabilities = Capabilities(max_length=1600)

    def __init__(self, account: Account) -> None:
        self.sender = account.sender
        self._account = account

    def send(self, outgoing: Outgoing, carry: Carry) -> Sent:
        """POST the message. Raises DeliveryFailed; never sends half a text."""
        return self.read_answer(carry(self.request(outgoing)))

    def request(self, outgoing: Outgoing) -> HttpCall:
        """The call that creates the message. Raises DeliveryFailed for a text nobody could send."""
        account = self._account
        sender = outgoing.sender or self.sender
        from_ = "MessagingServiceSid" if _SERVICE.fullmatch(sender) else "From"
        form = {"To": outgoing.to, from_: sender, "Body": self._fitting(outgoing.text)}
        if outgoing.status_url:
            form["StatusCallback"] = outgoing.status_url
        password = base64.b64encode(f"{account.sid}:{account.token}".encode()).decode()
        return HttpCall(
            method="POST",
            url=f"{account.base.rstrip('/')}/2010-04-01/Accounts/{account.sid}/Messages.json",
            headers={
                "Authorization": f"Basic {password}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=urlencode(form).encode(),
        )

    def _fitting(self, raw: str) -> str:
        text = clean(raw)
        if not text:
            raise DeliveryFailed("empty", permanent=True)
        if len(text) > self.capabilities.max_length:
            raise DeliveryFailed("too_long", permanent=True)
        return text

    def read_answer(self, answer: HttpAnswer) -> Sent:
        """What the API's answer means. Raises DeliveryFailed.

        A 5xx of Twilio's own comes before anything is queued, so it is tried again. A gateway's timeout (504) and a 2xx
        that cannot be read are `unknown`: the text may be on its way.
        """
        said = _json(answer.body)
        if 200 <= answer.status < 300:
            return _sent(said)
        if answer.status == 504:
            raise DeliveryFailed("provider_504", unknown=True)
        if answer.status == 429 or answer.status >= 500:
            raise DeliveryFailed(f"provider_{answer.status}", retry_in=_retry_after(answer.headers))
        code = said.get("code")
        if isinstance(code, int) and code in REFUSALS:
            reason, permanent = REFUSALS[code]
            raise DeliveryFailed(reason, permanent=permanent)
        # Credentials are an operator's mistake: the message waits for the cure instead of being given up.
        if answer.status in (401, 403):
            raise DeliveryFailed("provider_login")
        raise DeliveryFailed(f"provider_{code or answer.status}", permanent=True)

    def verify(self, hook: Hook) -> None:
        """Raises ForgedHook unless X-Twilio-Signature fits the URL and form."""
        signature = hook.headers.get(twilio_signature.HEADER.lower(), "")
        if not twilio_signature.fits(self._account.token, hook.url, _pairs(hook.body), hook.body, signature):
            raise ForgedHook

    def parse(self, hook: Hook) -> Inbound | Receipt | None:
        """A message from a phone, or what became of one of ours. Raises UnreadableHook."""
        form = dict(_pairs(hook.body))
        if form.get("AccountSid") != self._account.sid:
            raise UnreadableHook("another account")
        status = form.get("MessageStatus") or form.get("SmsStatus", "")
        if status == "received" or "Body" in form:
            return _inbound(form, hook.at)
        return _receipt(form, status, hook.url)

    def segments(self, text: str) -> int:
        """How many messages a phone company bills for it."""
        return counted(clean(text)).segments


def _pairs(body: bytes) -> list[tuple[str, str]]:
    """The form as pairs, or none at all where it is not one."""
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return []


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _sent(said: dict[str, Any]) -> Sent:
    sid = said.get("sid")
    if not isinstance(sid, str) or not sid:
        raise DeliveryFailed("provider_answer", unknown=True)
    segments = str(said.get("num_segments") or "")
    return Sent(provider_id=sid, segments=int(segments) if segments.isdecimal() else 0)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; the header's other form, a date, needs a clock and is not used by this provider."""
    told = headers.get("retry-after", "")
    return float(told) if told.isdecimal() else None


def _inbound(form: Mapping[str, str], at: int) -> Inbound:
    sid = form.get("MessageSid") or form.get("SmsSid", "")
    if not sid or not form.get("From") or not form.get("To"):
        raise UnreadableHook("a message without MessageSid, From or To")
    count = form.get("NumMedia", "0")
    pictures = range(min(int(count), 10) if count.isdecimal() else 0)
    return Inbound(
        channel=Sms.name,
        account=form["AccountSid"],
        provider_id=sid,
        sender=form["From"],
        recipient=form["To"],
        text=clean(form.get("Body", "")),
        at=at,
        media=tuple((form.get(f"MediaUrl{n}", ""), form.get(f"MediaContentType{n}", "")) for n in pictures),
    )


def _receipt(form: Mapping[str, str], status: str, url: str) -> Receipt | None:
    if status in _ON_THE_WAY:
        return None
    if status not in _STATUSES and status not in _FAILED:
        raise UnreadableHook(f"status {status[:40]!r}")
    code = form.get("ErrorCode", "")
    reason, permanent = REFUSALS.get(int(code) if code.isdecimal() else 0, (f"provider_{code}" if code else "", False))
    return Receipt(
        delivery=parse_qs(urlsplit(url).query).get("delivery", [""])[0],
        provider_id=form.get("MessageSid") or form.get("SmsSid", ""),
        status=_STATUSES.get(status, "failed"),
        permanent=permanent and status in _FAILED,
        reason=(reason or status) if status in _FAILED else "",
    )
