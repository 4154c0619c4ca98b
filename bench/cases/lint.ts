import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Case } from "../case.ts";
import { poststack } from "../poststack.ts";
import { projectRoot } from "../server.ts";
import { migrationProject } from "./migrations.ts";

const files = 1_000;

/** What a file of somebody else's looks like: some tables with what belongs to them, a function, a view. Nothing is an error. */
const migration = (number: number): string => `-- what belongs to shop ${number}
create table shop_${number} (
  id bigint generated always as identity primary key,
  name text not null check (name <> ''),
  kind text not null default 'plain',
  price numeric(12, 2) not null default 0,
  made_at timestamptz not null default now(),
  facts jsonb not null default '{}'
);
create table item_${number} (
  id bigint generated always as identity primary key,
  shop_id bigint not null references shop_${number} (id) on delete cascade,
  name text not null,
  unique (shop_id, name)
);
create index item_${number}_by_name on item_${number} (lower(name)) where name <> '';
create function touch_${number}() returns trigger language plpgsql as $$
begin
  new.made_at := now();
  return new;
end $$;
create trigger touch before update on shop_${number} for each row execute function touch_${number}();
create view dear_${number} as
  select s.id, s.name, count(i.*) as items from shop_${number} s left join item_${number} i on i.shop_id = s.id
  where s.price > 100 group by s.id, s.name;
comment on view dear_${number} is 'of shop ${number}';
grant select on dear_${number} to public;
`;

export const lint: Case = {
  id: "lint",
  title: "`db lint` of 1,000 files with eight statements each, against reading and parsing them in Node",
  goal: 1.5,
  rounds: { warmUp: 1, rounds: 9 },
  set({ folder, home, server }) {
    migrationProject(folder, 0);
    const migrations = join(folder, "migrations");
    mkdirSync(migrations, { recursive: true });
    for (let number = 1; number <= files; number++) {
      writeFileSync(join(migrations, `${String(number).padStart(4, "0")}_shop.sql`), migration(number));
    }
    const asked = poststack(["db", "lint", "--since", "0", "--offline"], { cwd: folder, home });
    return Promise.resolve({
      ours: { ...asked, environment: { ...asked.environment, BENCH_DATABASE_URL: server.url("postgres") } },
      other: {
        name: "libpg-query alone",
        command: [process.execPath, join(projectRoot, "bench", "parse-only.mjs"), migrations],
        cwd: folder,
      },
    });
  },
};
