"""The phones, for whoever looks at them: what they show, what is typed on them, what goes wrong."""

import re
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, request

from disposable.render.text import segments
from widget_server.demo.handset.company import Answer, Company, Refused
from widget_server.demo.handset.messages import Faults, Message

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
LONGEST = 1600
LONGEST_WAIT = 25.0


def blueprint(company: Company) -> Blueprint:
    """Everything "after n" is one read, so a page that lost its connection asks again from where it was."""
    phones, store = Blueprint("phones", __name__), company.store

    @phones.get("/phones")
    def known() -> Answer:
        return jsonify(phones=sorted({message.phone for message in store.all()}), sender=company.sender), 200

    @phones.get("/phones/<number>/messages")
    def read(number: str) -> Answer:
        after, wait = request.args.get("after", 0, int), request.args.get("wait", 0.0, float)
        found = store.of(number, after, min(max(wait, 0.0), LONGEST_WAIT))
        seen = [bubble(message) for message in found if message.direction == "inbound" or message.status == "delivered"]
        return jsonify(messages=seen, n=store.n, faults=asdict(store.faults), sender=company.sender), 200

    @phones.post("/phones/<number>/messages")
    def write(number: str) -> Answer:
        told: Any = request.get_json(silent=True)
        text = told.get("text") if isinstance(told, dict) else None
        if not NUMBER.fullmatch(number) or not isinstance(text, str) or not text.strip():
            raise Refused(400, 21602, "a phone sends a text, from a number")
        return jsonify(bubble(company.take("inbound", number, company.sender, text[:LONGEST]))), 201

    @phones.get("/faults")
    def faults() -> Answer:
        return jsonify(asdict(store.faults)), 200

    @phones.put("/faults")
    def set_faults() -> Answer:
        try:
            store.set_faults(Faults.read(request.get_json(silent=True)))
        except ValueError as error:
            raise Refused(400, 20001, str(error)) from None
        return faults()

    return phones


def bubble(message: Message) -> dict[str, Any]:
    """A message as its phone shows it; `at` is when it was typed, or when it arrived."""
    mine = message.direction == "inbound"
    return {
        "id": message.sid,
        "n": message.n,
        "mine": mine,
        "text": message.text,
        "at": message.created if mine else message.updated,
        "status": message.status,
        "segments": message.segments,
        "encoding": segments(message.text).encoding,
    }
