"""The verbs of Samethread: check, decide, append (and owe), return. No HTTP, no sockets, no provider."""
