"""Twilio's message API, version 2010-04-01, as far as sending a text needs it."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from flask import Blueprint, jsonify, request

from widget_server.demo.handset.company import Answer, Company, Refused
from widget_server.demo.handset.messages import Message, Store
from widget_server.demo.handset.phone_api import LONGEST, NUMBER

STOP, START = frozenset({"stop", "unsubscribe"}), frozenset({"start", "unstop"})
NOT_MOBILE, BLOCKED = "+15005550009", "+15005550004"
"""Numbers that fail as they do with the provider's own test credentials."""


def blueprint(company: Company) -> Blueprint:
    """Create and fetch messages of the one account."""
    messages, store = Blueprint("messages", __name__), company.store
    base = f"/2010-04-01/Accounts/{company.account}/Messages"

    @messages.post(f"{base}.json")
    def create() -> Answer:
        if store.faults.outage:
            raise Refused(503, 20503, "Service unavailable")
        form = request.form
        to, from_, text = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        check(company, to, from_, text)
        message = company.take("outbound-api", from_, to, text, callback=form.get("StatusCallback", ""))
        return jsonify(as_resource(message, company.account)), 201

    @messages.get(f"{base}/<sid>.json")
    def fetch(sid: str) -> Answer:
        message = store.get(sid)
        if message is None:
            raise Refused(404, 20404, f"The requested resource {request.path} was not found")
        return jsonify(as_resource(message, company.account)), 200

    return messages


def check(company: Company, to: str, from_: str, text: str) -> None:
    """Raises Refused as the provider does for a message it will not take."""
    mistakes = (
        (not to, 21604, "A 'To' phone number is required."),
        (not NUMBER.fullmatch(to), 21211, f"Invalid 'To' Phone Number: {to[:20]}"),
        (not from_, 21603, "A 'From' phone number is required."),
        (from_ != company.sender, 21606, f"The 'From' phone number {from_[:20]} is not a valid, SMS-capable number."),
        (not text, 21602, "Message body is required."),
        (len(text) > LONGEST, 21617, "The concatenated message body exceeds the 1600 character limit"),
        (to == NOT_MOBILE, 21614, "'To' number is not a valid mobile number"),
        (to == BLOCKED or opted_out(company.store, to), 21610, "Attempt to send to unsubscribed recipient"),
    )
    for wrong, code, sentence in mistakes:
        if wrong:
            raise Refused(400, code, sentence)


def opted_out(store: Store, phone: str) -> bool:
    """Whether the phone's last word on the matter was STOP."""
    words = (message.text.strip().lower() for message in store.all() if message.sender == phone)
    last = [word for word in words if word in STOP | START][-1:]
    return last != [] and last[0] in STOP


def as_resource(message: Message, account: str) -> dict[str, Any]:
    """A message as Twilio's API answers it."""
    uri = f"/2010-04-01/Accounts/{account}/Messages/{message.sid}"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": message.text,
        "date_created": _date(message.created),
        "date_sent": None if message.status == "queued" else _date(message.updated),
        "date_updated": _date(message.updated),
        "direction": message.direction,
        "error_code": message.error,
        "error_message": None,
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(message.segments),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.recipient,
        "uri": f"{uri}.json",
    }


def _date(at: int) -> str:
    return format_datetime(datetime.fromtimestamp(at // 1000, UTC))
