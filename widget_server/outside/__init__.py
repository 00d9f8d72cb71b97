"""The only place from which this server calls out."""
