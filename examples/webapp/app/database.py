"""Postgres by way of psql, which finds the server by PGHOST, PGUSER and so on."""

import json
import subprocess


class DatabaseError(Exception):
    """What psql had to say."""


def query(sql, **values):
    """The rows of one statement. `:'name'` in it stands for a value, which psql quotes."""
    settings = [f"--set={name}={value}" for name, value in values.items()]
    ended = subprocess.run(
        ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", *settings],
        # On standard input, since psql puts no values into the text of --command.
        input=f"with answer as ({sql}) select coalesce(json_agg(answer), '[]') from answer;",
        capture_output=True,
        text=True,
        timeout=10,
    )
    if ended.returncode != 0:
        raise DatabaseError(ended.stderr.strip())
    return json.loads(ended.stdout)
