"""The demo: a phone, an airline and the story that joins them. Nothing here is served outside demo mode."""
