"""The store: the only place that knows SQLAlchemy. One log of events per session, and the rows around it."""
