"""Ships what was ordered, one after the other; several workers can do so beside each other."""

import time

from cache import command
from database import DatabaseError, query

while True:
    try:
        shipped = query("select ship_order() as sku")[0]["sku"]
    except DatabaseError as error:
        print(f"database: {error}")
        shipped = None
    if shipped is None:
        time.sleep(1)
    else:
        print(f"shipped {shipped}")
        # The page shows how many were sold.
        command("FLUSHALL")
