create table visits (
  id bigint generated always as identity primary key,
  path text not null,
  at timestamptz not null default now()
);

create index visits_by_path on visits (path, at desc);
