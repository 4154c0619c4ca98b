"""The shop: what there is, and `POST /orders` with a `sku`, which the worker will see to."""

from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import os
from urllib.parse import parse_qs

from cache import command
from database import DatabaseError, query

GREETING = escape(os.environ.get("GREETING", "Hello"))


def page():
    products = query("select name, price_cents, sold from products order by name")
    items = "".join(f"<li>{escape(one['name'])}: {one['price_cents'] / 100:.2f}, {one['sold']} sold" for one in products)
    return f"<!doctype html><title>Webapp</title><h1>{GREETING}</h1>\n<ul>{items}</ul>\n"


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            self.try_to(lambda: (200, f"{query('select 1 as up')[0]['up']}\n"))
        elif self.path == "/":
            self.try_to(self.cached_page)
        else:
            self.answer(404, "not found\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        sku = parse_qs(body).get("sku", [""])[0]
        if self.path == "/orders":
            self.try_to(lambda: self.order(sku))
        else:
            self.answer(404, "not found\n")

    def cached_page(self):
        # A page of another greeting is another page.
        key = f"page {GREETING}"
        text = command("GET", key)
        if text is None:
            text = page()
            command("SET", key, text, "EX", "30")
        return 200, text

    def order(self, sku):
        made = query("insert into orders (sku) select sku from products where sku = :'sku' returning id", sku=sku)
        return (202, f"order {made[0]['id']}\n") if made else (404, "no such product\n")

    def try_to(self, action):
        try:
            self.answer(*action())
        except DatabaseError as error:
            print(f"database: {error}")
            self.answer(503, "the database does not answer\n")

    def answer(self, status, text):
        content = text.encode()
        self.send_response(status)
        self.send_header("content-type", "text/html; charset=utf-8" if text.startswith("<") else "text/plain")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


ThreadingHTTPServer(("", 8000), Shop).serve_forever()
