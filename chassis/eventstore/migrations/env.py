"""Alembic's entry: runs the revisions of one service in the transaction that `migrate` has open."""

from alembic import context

options = context.config.attributes
context.configure(connection=options["connection"], version_table_schema=options["schema"])
context.run_migrations()
