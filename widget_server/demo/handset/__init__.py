"""A phone company in one process: simulated phones behind Twilio's message API, with faults on request.

It shares no memory with the server it talks to: texts arrive over HTTP with the account's login, and what the phones
send goes out as signed hooks. Whatever works against it works against the real thing.
"""
