"""Twilio's error codes that mean something to us: (our reason, whether trying again is pointless).

Every code that is not here counts as permanent when the API refuses a request, and as passing when a phone was merely
not reached: asking again costs little in the second case and never helps in the first.
"""

REFUSALS: dict[int, tuple[str, bool]] = {
    20003: ("provider_login", False),
    20429: ("provider_busy", False),
    21211: ("invalid_number", True),
    21214: ("invalid_number", True),
    21217: ("invalid_number", True),
    21265: ("invalid_number", True),
    21401: ("invalid_number", True),
    21407: ("invalid_number", True),
    21408: ("region_not_allowed", True),
    21421: ("invalid_number", True),
    21602: ("empty", True),
    21603: ("invalid_sender", True),
    21604: ("invalid_number", True),
    21606: ("invalid_sender", True),
    21610: ("opted_out", True),
    21611: ("provider_busy", False),
    21612: ("not_reachable", True),
    21614: ("not_mobile", True),
    21617: ("too_long", True),
    21659: ("invalid_sender", True),
    30001: ("provider_busy", False),
    30002: ("provider_login", False),
    30003: ("not_reachable", False),
    30004: ("blocked", True),
    30005: ("unknown_number", True),
    30006: ("not_mobile", True),
    30007: ("filtered", True),
    30008: ("unknown_error", False),
    30034: ("sender_not_registered", True),
    30410: ("provider_busy", False),
}
