"""Who waits for which session, and how what moved reaches them. A wake carries no truth: what counts is read from the log."""
