// A small web page over Postgres: the products, and how often the page was seen.
import { createServer } from "node:http";
import pg from "pg";

const { POSTSTACK_DATABASE_URL, PORT, GREETING } = process.env;
const pool = new pg.Pool({ connectionString: POSTSTACK_DATABASE_URL, max: 4 });
// A server that restarts ends idle connections; the next query opens a new one.
pool.on("error", (error) => console.error(error.message));

const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

async function page() {
  await pool.query("insert into visits (path) values ('/')");
  const { rows: products } = await pool.query("select name, price_cents from products order by name");
  const { rows } = await pool.query("select count(*)::int as visits from visits");
  const items = products.map(({ name, price_cents }) => `<li>${escaped(name)}: ${(price_cents / 100).toFixed(2)}</li>`);
  return `<!doctype html><title>Quickstart</title><h1>${escaped(GREETING ?? "Hello")}</h1>
<ul>${items.join("")}</ul><p>Seen ${rows[0].visits} times.</p>\n`;
}

async function answer(request, response) {
  try {
    if (request.url === "/health") {
      await pool.query("select 1");
      response.end("ok\n");
    } else if (request.url === "/") {
      response.setHeader("content-type", "text/html; charset=utf-8").end(await page());
    } else {
      response.writeHead(404).end("not found\n");
    }
  } catch (error) {
    console.error(error.message);
    response.writeHead(503).end("the database does not answer\n");
  }
}

const server = createServer((request, response) => void answer(request, response));

server.listen(Number(PORT), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${PORT}/`));

process.on("SIGTERM", () => {
  server.close();
  server.closeIdleConnections();
  void pool.end();
});
