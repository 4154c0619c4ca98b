"""A cache that speaks the protocol of Redis, as far as PING, GET, SET with EX, DEL and FLUSHALL go."""

from socketserver import StreamRequestHandler, ThreadingTCPServer
import time

kept = {}  # key → (value, when it ends)


def answer(name, *words):
    if name == b"PING":
        return b"+PONG\r\n"
    if name == b"GET":
        value, until = kept.get(words[0], (None, 0))
        return b"$%d\r\n%s\r\n" % (len(value), value) if time.monotonic() < until else b"$-1\r\n"
    if name == b"SET":
        lifetime = float(words[3]) if words[2:3] == (b"EX",) else float("inf")
        kept[words[0]] = (words[1], time.monotonic() + lifetime)
        return b"+OK\r\n"
    if name == b"DEL":
        return b":%d\r\n" % sum(kept.pop(key, None) is not None for key in words)
    if name == b"FLUSHALL":
        kept.clear()
        return b"+OK\r\n"
    return b"-ERR unknown command\r\n"


class Connection(StreamRequestHandler):
    def handle(self):
        # `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`: how many words, and before each how long it is.
        while head := self.rfile.readline():
            words = []
            for _ in range(int(head[1:])):
                length = int(self.rfile.readline()[1:])
                words.append(self.rfile.read(length + 2)[:-2])
            self.wfile.write(answer(words[0].upper(), *words[1:]))


class Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("", 6379), Connection).serve_forever()
