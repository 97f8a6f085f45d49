"""The items, module by module, in the order of the table."""

MODULES = [
    "psql",
    "pg_dump",
    "pgbench",
    "maintenance",
    "backup",
    "inside",
    "python",
    "languages",
    "threads",
]
