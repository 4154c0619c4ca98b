/** The files of a new project, by path. They apply as they are, on a machine with nothing but Node. */
export function projectFilesFor(
  name: string,
  ports: { readonly postgres: number; readonly web: number },
): ReadonlyMap<string, string> {
  return new Map([
    [".poststack.yml", configuration(name, ports)],
    ["migrations/001_init.sql", migration],
    ["migrations/001_init.rollback.sql", rollback],
    ["Procfile", procfile],
    ["environments/dev.env", variables],
  ]);
}

const configuration = (name: string, ports: { readonly postgres: number; readonly web: number }): string => `\
# What this project is made of. \`poststack plan\` says what would happen, \`poststack apply\` makes it so.
project:
  name: ${quoted(name)}

environments:
  dev:
    postgres:
      # A Postgres of its own on this machine, only for this environment. Its password is generated and kept in .poststack/.
      provider: embedded
      port: ${ports.postgres}
    deployment:
      # name: command, one process in each line.
      procfile: Procfile
      processes:
        web:
          ready: { http: / }
    variables:
      # What processes and jobs get besides POSTSTACK_DATABASE_URL, DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD.
      PORT: "${ports.web}"
`;

/** Quoted where YAML would read something else than a text. */
const quoted = (name: string): string =>
  /^[a-z][a-z0-9-]*$/.test(name) && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].includes(name)
    ? name
    : JSON.stringify(name);

const migration = `\
-- What the application keeps. An applied migration is never edited: \`poststack db new NAME\` begins the next one.
create table greeting (
  id bigint generated always as identity primary key,
  text text not null,
  made_at timestamptz not null default now()
);

insert into greeting (text) values ('Hello from Postgres');
`;

const rollback = `\
-- Takes back 001_init.sql: \`poststack db rollback\`.
drop table greeting;
`;

const procfile = `\
# A process that needs nothing but Node. Put your own command in its place.
web: node -e "require('http').createServer((request, response) => response.end(process.env.GREETING)).listen(process.env.PORT, '127.0.0.1')"
`;

const variables = `\
# Variables of environment dev, weaker than \`variables:\` in .poststack.yml and than the shell.
# Passwords do not belong here: let them be generated, or name a file or variable that holds them.
GREETING=It works
`;
