create table orders (
  id bigint generated always as identity primary key,
  sku text not null references products,
  ordered_at timestamptz not null default now(),
  shipped_at timestamptz
);

create index open_orders on orders (id) where shipped_at is null;

-- The oldest open order that no other worker has in hand: counted and shipped in one step. Null: there is none.
create function ship_order() returns text language sql as $$
  with oldest as (
    select id, sku from orders where shipped_at is null order by id limit 1 for update skip locked
  ), counted as (
    update products set sold = sold + 1 from oldest where products.sku = oldest.sku
  )
  update orders set shipped_at = now() from oldest where orders.id = oldest.id returning oldest.sku
$$;
