"""A flow that shows one of everything, leaves for another page, waits, and ends with all that can be kept."""

from typing import Any

FLOW = """
app: showcase
purpose: Your order
title: Order {{ order.number }}
text: "{{ site.name }}: order {{ order.number }}: {{ link }} shows how it stands"
context:
  order:
    number: text
    total: number
    arrives: datetime
    items: [{name: text, price: number, size: text}]
    events: [{what: text, at: datetime, done: text}]
  picture: text
  depot: {lat: number, lon: number, name: text}
  shops: [{name: text, lat: number, lon: number}]
start: overview
steps:
  overview:
    say: This is where your order stands.
    show:
      - card:
          title: "{{ site.name }}"
          text: Delivered to your door.
          rows: {Order: "{{ order.number }}", Arrives: "{{ order.arrives | date }}"}
      - timeline: {from: order.events, title: "{{ item.what }}", at: "{{ item.at | time }}", done: "item.done == 'yes'"}
    choose:
      details: {label: What is in it, next: details}
      where: {label: Where it is, next: places}
      pay: {label: Pay, next: pay}
  details:
    title: What is in it
    show:
      - list: {from: order.items, title: "{{ item.name }}", text: "{{ item.price | money('EUR') }}"}
      - table:
          from: order.items
          columns: {What: "{{ item.name }}", Size: "{{ item.size }}", Price: "{{ item.price | money('EUR') }}"}
      - image: {file: "{{ picture }}", alt: The parcel}
    next: places
  places:
    title: Where it is
    show:
      - map: {at: depot, label: "{{ depot.name }}"}
      - map: {from: shops, label: "{{ item.name }}"}
    next: pay
  pay:
    title: Pay for your order
    say: "{{ order.total | money('EUR') }} is due."
    visit: {to: "https://pay.example/checkout?ref={{ order.number }}&back={{ back }}", label: "Pay at pay.example"}
    next: settling
  settling:
    say: Your bank is telling us of the payment.
    wait: {for: custom.paid, within: 1h, save: payment, otherwise: unpaid}
    next: look
  look:
    ask: Is this right?
    review: {send: Send it, rows: {Order: "{{ order.number }}", Paid: "{{ payment.amount }}"}}
    next: done
  done:
    end: "Order {{ order.number }} is paid."
    receipt: {Order: "{{ order.number }}", Paid: "{{ order.total | money('EUR') }}"}
    calendar: {title: "Order {{ order.number }} arrives", starts: order.arrives, where: "{{ depot.name }}"}
    pass: {title: Your pick-up pass, code: "{{ order.number }}", rows: {Order: "{{ order.number }}"}}
  unpaid: {end: Nothing was paid.}
"""

CONTEXT: dict[str, Any] = {
    "order": {
        "number": "A-17 & Co",
        "total": 19.5,
        "arrives": "2027-01-15T18:40:00+01:00",
        "items": [
            {"name": "Lamp <shade>", "price": 12.5, "size": "30 cm"},
            {"name": "Bulb", "price": 7, "size": "E27"},
        ],
        "events": [
            {"what": "Packed", "at": "2027-01-10T08:00:00+01:00", "done": "yes"},
            {"what": "On its way", "at": "2027-01-11T09:00:00+01:00", "done": "no"},
            {"what": "Delivered", "at": "2027-01-15T18:40:00+01:00", "done": "no"},
        ],
    },
    "picture": "01940000-0000-7000-8000-000000000001",
    "depot": {"lat": 52.52, "lon": 13.405, "name": "Depot Mitte"},
    "shops": [
        {"name": "Shop Nord", "lat": 52.55, "lon": 13.38},
        {"name": "Shop Süd", "lat": 52.47, "lon": 13.40},
    ],
}
