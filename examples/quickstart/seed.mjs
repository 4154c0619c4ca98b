// Puts the products of seed/products.csv into the database. Run by `init:`; again whenever the folder seed changes.
import { readFileSync } from "node:fs";
import pg from "pg";

const [, ...lines] = readFileSync(new URL("seed/products.csv", import.meta.url), "utf8")
  .trim()
  .split("\n");
const client = new pg.Client({ connectionString: process.env.POSTSTACK_DATABASE_URL });
await client.connect();
for (const line of lines) {
  const [sku, name, price] = line.split(",");
  await client.query(
    `insert into products values ($1, $2, $3)
     on conflict (sku) do update set name = excluded.name, price_cents = excluded.price_cents`,
    [sku, name, Number(price)],
  );
}
await client.end();
console.log(`${lines.length} products`);
