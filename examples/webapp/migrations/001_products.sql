create table products (
  sku text primary key,
  name text not null,
  price_cents integer not null check (price_cents >= 0),
  sold integer not null default 0
);
