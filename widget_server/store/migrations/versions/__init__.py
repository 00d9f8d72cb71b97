"""One file a released step; never edited after a release."""
