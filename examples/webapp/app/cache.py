"""The cache: it may be away or empty at any time, and then there is only more to do."""

import socket

ADDRESS = ("cache", 6379)


def command(*words):
    """One command of the Redis protocol, and its answer: a text, or None."""
    parts = [word.encode() for word in words]
    request = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
    try:
        with socket.create_connection(ADDRESS, timeout=1) as connection, connection.makefile("rb") as answer:
            connection.sendall(request)
            head = answer.readline()
            length = int(head[1:]) if head.startswith(b"$") else -1
            return answer.read(length).decode() if length >= 0 else None
    except OSError as error:
        print(f"cache: {error}")
        return None
