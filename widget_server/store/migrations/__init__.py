"""Alembic's migrations: the schema as released, step by step, on SQLite and PostgreSQL."""
