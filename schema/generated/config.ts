// Made from schema/poststack.schema.json by `npm run generate`.

/**
 * The file .poststack.yml: one project, its environments, and what each of them runs.
 */
export interface PoststackConfig {
  project: ProjectConfig;
  /**
   * The environments by name. Each has a Postgres, a schema and processes of its own.
   */
  environments: {
    [k: string]: EnvironmentConfig;
  };
}
/**
 * What all environments share.
 */
export interface ProjectConfig {
  /**
   * Short name of the project. Databases, users and containers are named after it, so renaming it makes new ones.
   */
  name: string;
  /**
   * What a command without an environment means. Default: the only environment; with several, the command must name one.
   */
  default_environment?: string;
  /**
   * Folder of the SQL migrations, relative to this file; or a map that says whose way they are written in. Default: ./migrations
   */
  migrations?:
    | string
    | {
        /**
         * The folder, relative to this file.
         */
        directory: string;
        /**
         * Whose files they are. Another tool's ledger is taken over where there is none of ours. Default: poststack
         */
        format?:
          "poststack" | "dbmate" | "golang-migrate" | "flyway" | "node-pg-migrate" | "sqitch" | "diesel" | "prisma";
        /**
         * Whose ledger is taken over, where it is not that of the format: after `db import --write`.
         */
        ledger?:
          "poststack" | "dbmate" | "golang-migrate" | "flyway" | "node-pg-migrate" | "sqitch" | "diesel" | "prisma";
        /**
         * The other tool's ledger, where it is not called as that tool calls it: table or schema.table.
         */
        table?: string;
      };
  /**
   * Folder of the images: each folder in it with a Dockerfile becomes {project}/{folder}. Default: ./containers
   */
  containers?: string;
}
/**
 * One environment. Every key is optional.
 */
export interface EnvironmentConfig {
  /**
   * Another environment that this one starts from: maps merge, lists and single values replace.
   */
  extends?: string;
  /**
   * Only there to be extended; never applied by itself. Default: false
   */
  template?: boolean;
  postgres?: PostgresConfig;
  /**
   * This environment's own migrations, where they are not the project's: a folder, or a map as in `project.migrations`. Default: `project.migrations`
   */
  migrations?:
    | string
    | {
        /**
         * The folder, relative to this file.
         */
        directory: string;
        /**
         * Whose files they are. Another tool's ledger is taken over where there is none of ours. Default: poststack
         */
        format?:
          "poststack" | "dbmate" | "golang-migrate" | "flyway" | "node-pg-migrate" | "sqitch" | "diesel" | "prisma";
        /**
         * Whose ledger is taken over, where it is not that of the format: after `db import --write`.
         */
        ledger?:
          "poststack" | "dbmate" | "golang-migrate" | "flyway" | "node-pg-migrate" | "sqitch" | "diesel" | "prisma";
        /**
         * The other tool's ledger, where it is not called as that tool calls it: table or schema.table.
         */
        table?: string;
      };
  /**
   * Jobs that run to their end after the migrations and before the deployment, one list item after the other.
   */
  init?: InitConfig[];
  deployment?: DeploymentConfig;
  /**
   * Variables of the processes and jobs, also usable as ${NAME} in this file. Stronger than the shell and environments/<name>.env.
   */
  variables?: {
    [k: string]: string | number | boolean;
  };
  /**
   * Accounts of the application's people, kept in poststack.users.
   */
  users?: UserConfig[];
  /**
   * Host names that the reverse proxy serves.
   */
  routes?: RouteConfig[];
  /**
   * Destructive actions need a saved plan or the environment's typed name. Default: false
   */
  protected?: boolean;
  watch?: WatchConfig;
  policy?: PolicyConfig;
}
/**
 * The environment's Postgres: the server and what is in it.
 */
export interface PostgresConfig {
  /**
   * embedded: a server of its own on this machine, without containers. external: one that runs already, at `url`. container: an image. Default: external with `url`; container with compose or pod files; else embedded
   */
  provider?: "embedded" | "external" | "container";
  /**
   * Major version; of an embedded server one of 13, 14, 15, 16, 17, 18. Default: the one of the data; for new data 17
   */
  version?: number | string;
  /**
   * Image of the server, with provider container. Default: postgres:<version>
   */
  image?: string;
  /**
   * Admin connection with provider external: postgres://user:password@host:port/database, better as a map with one of env, file or command.
   */
  url?: string | SecretReference;
  /**
   * The environment's database. Default: <project>_<environment>, hyphens as underscores
   */
  database?: string;
  /**
   * Where the server is reached. Default: where one on `bind` answers on this machine, or the host of `url`
   */
  host?: string;
  /**
   * Port of the server. Two environments on one machine need two ports. Default: 5432, or the port of `url`
   */
  port?: number;
  /**
   * Address that the server listens on: an IP address, `*` or `localhost`. Default: 127.0.0.1, which only this machine reaches
   */
  bind?: string;
  /**
   * The role that owns the database: migrations, jobs and processes log in as this one. Default: <project>_<environment>, hyphens as underscores
   */
  user?: string;
  /**
   * Password of `user`. Default: auto_generated
   */
  password?: string | SecretReference;
  /**
   * TLS with provider external, as libpq means it. Default: what `url` says, else prefer
   */
  sslmode?: "disable" | "prefer" | "require" | "verify-ca" | "verify-full";
  /**
   * Settings of the server by name, such as shared_buffers: 256MB.
   */
  parameters?: {
    [k: string]: string | number | boolean;
  };
  /**
   * Extensions of the database.
   *
   * Items: The extension's name, or a map with name, version and schema.
   */
  extensions?: (string | ExtensionConfig)[];
  /**
   * Further roles by name.
   */
  roles?: {
    [k: string]: RoleConfig;
  };
  /**
   * What roles may do. Only what is granted here is ever revoked.
   */
  grants?: GrantConfig[];
  backup?: BackupConfig;
}
/**
 * Where a secret comes from.
 */
export interface SecretReference {
  /**
   * Name of the variable of the shell or the env file that holds it.
   */
  env?: string;
  /**
   * File that holds it and nothing else. Nobody but its owner may read it.
   */
  file?: string;
  /**
   * Program that prints it.
   */
  command?: (string | number | boolean)[];
  /**
   * File encrypted with age; `key` names the entry.
   */
  age?: string;
  /**
   * Which entry of the age file.
   */
  key?: string;
}
export interface ExtensionConfig {
  /**
   * Name of the extension.
   */
  name: string;
  /**
   * Default: the server's default when it is created, never changed afterwards
   */
  version?: string | number;
  /**
   * Schema of its objects.
   */
  schema?: string;
}
/**
 * A role. Its attributes are those of CREATE ROLE.
 */
export interface RoleConfig {
  /**
   * May log in. Default: false
   */
  login?: boolean;
  /**
   * Has the privileges of its groups without SET ROLE. Default: true
   */
  inherit?: boolean;
  /**
   * May do everything. Default: false
   */
  superuser?: boolean;
  /**
   * May create databases. Default: false
   */
  createdb?: boolean;
  /**
   * May create roles. Default: false
   */
  createrole?: boolean;
  /**
   * May replicate. Default: false
   */
  replication?: boolean;
  /**
   * Row security does not apply. Default: false
   */
  bypassrls?: boolean;
  /**
   * Connections at the same time; -1 for no limit. Default: -1
   */
  connection_limit?: number;
  /**
   * The password is refused from this moment on, such as 2030-01-31 or 2030-01-31T12:00:00Z. Default: infinity
   */
  valid_until?: string;
  /**
   * auto_generated, or a map with one of env, file, command or age. Default: the password is not touched
   */
  password?: string | SecretReference;
  /**
   * Roles that it is a member of.
   */
  in_roles?: string[];
  /**
   * absent drops the role, unless it owns objects. Default: present
   */
  ensure?: "present" | "absent";
}
/**
 * Privileges of one role on one kind of objects.
 */
export interface GrantConfig {
  /**
   * A role, or public for everybody.
   */
  to: string;
  on: GrantTargetConfig;
  /**
   * What it may do; `all` for everything that fits the objects.
   */
  privileges: (
    | "all"
    | "select"
    | "insert"
    | "update"
    | "delete"
    | "truncate"
    | "references"
    | "trigger"
    | "maintain"
    | "usage"
    | "create"
    | "connect"
    | "temporary"
    | "execute"
  )[];
  /**
   * Also on the objects that migrations will create later. Default: false
   */
  default?: boolean;
  /**
   * May pass it on. Default: false
   */
  with_grant_option?: boolean;
}
/**
 * The objects: { database: true }, { schema: public } or { schema: public, tables: all }.
 */
export interface GrantTargetConfig {
  /**
   * The environment's database itself.
   */
  database?: true;
  /**
   * The schema itself, or with tables, sequences or functions the objects in it.
   */
  schema?: string;
  /**
   * all, or a list of tables and views.
   */
  tables?: "all" | string[];
  /**
   * all, or a list of sequences.
   */
  sequences?: "all" | string[];
  /**
   * all, or a list of functions.
   */
  functions?: "all" | string[];
}
/**
 * Backups of the database.
 */
export interface BackupConfig {
  /**
   * When, in the five fields of cron: 0 3 * * *
   */
  schedule?: string;
  keep?: BackupKeepConfig;
  /**
   * Where they are kept, relative to this file. Default: .poststack/<environment>/backups
   */
  directory?: string;
  /**
   * Before which plans a backup is taken: never, those that delete or drop data, or always when something in the database changes. Default: never
   */
  gate?: "never" | "destructive" | "always";
}
/**
 * How many backups of each age `backup prune` leaves.
 */
export interface BackupKeepConfig {
  /**
   * How many of them stay. Default: 0
   */
  hourly?: number;
  /**
   * How many of them stay. Default: 0
   */
  daily?: number;
  /**
   * How many of them stay. Default: 0
   */
  weekly?: number;
  /**
   * How many of them stay. Default: 0
   */
  monthly?: number;
}
/**
 * One step: a compose file, a pod file, a command, or several commands by name, which run in parallel where their depends_on allow.
 */
export interface InitConfig {
  /**
   * Compose file whose services run to their end, as jobs; those that others wait for to be healthy run beside them.
   */
  compose?: string;
  /**
   * Pod file whose containers run to their end.
   */
  pod?: string;
  /**
   * Command on this host: a list of program and arguments, or a map of several by name.
   */
  run?:
    | (string | number | boolean)[]
    | {
        [k: string]: JobConfig;
      };
  /**
   * Name of the job; with a Compose file the first part of the names of its jobs, `name-service`. Default: made from the command, or of the file's name. A job keeps its history under its name.
   */
  name?: string;
  /**
   * on_change: when the command or an input is another than at the last success. once: until it succeeded. always: in every apply. Default: on_change
   */
  when?: "on_change" | "once" | "always";
  /**
   * Limit for one run. Default: 10m
   */
  timeout?: string;
  /**
   * Files, folders and patterns whose content makes the job run again.
   */
  inputs?: string[];
  /**
   * Folder that the command runs in. Default: the project's
   */
  cwd?: string;
  /**
   * Further variables of this job; with a Compose file, for the ${NAME} in it.
   */
  environment?: {
    [k: string]: string | number | boolean;
  };
}
/**
 * One command of a step.
 */
export interface JobConfig {
  /**
   * Program and arguments.
   */
  command: (string | number | boolean)[];
  /**
   * Commands of the same step that end well before this one starts.
   */
  depends_on?: string[];
  /**
   * on_change: when the command or an input is another than at the last success. once: until it succeeded. always: in every apply. Default: on_change
   */
  when?: "on_change" | "once" | "always";
  /**
   * Limit for one run. Default: the step's
   */
  timeout?: string;
  /**
   * Files, folders and patterns whose content makes the job run again.
   */
  inputs?: string[];
  /**
   * Folder that the command runs in. Default: the step's
   */
  cwd?: string;
  /**
   * Further variables of this job.
   */
  environment?: {
    [k: string]: string | number | boolean;
  };
}
/**
 * What runs: a Procfile on this host, or containers from compose or pod files.
 */
export interface DeploymentConfig {
  /**
   * Procfile whose processes run on this host, without containers.
   */
  procfile?: string;
  /**
   * Compose file, or a list of them that are merged in order.
   */
  compose?: string | string[];
  /**
   * Pod file.
   */
  pod?: string;
  /**
   * Compose profiles to start.
   */
  profiles?: string[];
  /**
   * More about processes of the Procfile, by name.
   */
  processes?: {
    [k: string]: ProcessConfig;
  };
}
/**
 * How one process of the Procfile is supervised.
 */
export interface ProcessConfig {
  ready?: ReadyConfig;
  /**
   * Processes that are ready before this one starts.
   */
  depends_on?: string[];
  /**
   * Folder that it runs in. Default: the Procfile's
   */
  cwd?: string;
  /**
   * Signal that asks it to end. Default: SIGTERM
   */
  stop_signal?: "SIGTERM" | "SIGINT" | "SIGQUIT" | "SIGHUP" | "SIGUSR1" | "SIGUSR2" | "SIGKILL";
  /**
   * How long it may take to end before it is killed. Default: 10s
   */
  stop_grace?: string;
  /**
   * How many of it run. Default: 1
   */
  replicas?: number;
  /**
   * Further variables of this process.
   */
  environment?: {
    [k: string]: string | number | boolean;
  };
}
/**
 * When the process counts as started: one of http, tcp or command. Default: when it has stayed alive
 */
export interface ReadyConfig {
  /**
   * Answers with a status below 400: a URL, or a path such as /health on the process's own PORT.
   */
  http?: string;
  /**
   * Accepts connections: host:port, or a port on 127.0.0.1.
   */
  tcp?: string | number;
  /**
   * Exits with 0.
   */
  command?: (string | number | boolean)[];
  /**
   * How long it may take to become ready. Default: 5m
   */
  timeout?: string;
}
/**
 * One account.
 */
export interface UserConfig {
  /**
   * What it logs in with.
   */
  username: string;
  /**
   * Its address.
   */
  email?: string;
  /**
   * auto_generated, or a map with one of env, file, command or age. A password written here in plain text works, with a warning. Default: auto_generated
   */
  password?: string | SecretReference;
}
/**
 * One host name and the service behind it.
 */
export interface RouteConfig {
  /**
   * Host name.
   */
  host: string;
  /**
   * Service or process that answers.
   */
  service: string;
  /**
   * Port of the service.
   */
  port?: number;
  /**
   * acme: a certificate from an ACME authority. self_signed: one made here. none: plain HTTP. Default: none
   */
  tls?: "acme" | "self_signed" | "none";
}
/**
 * How `poststack watch` treats this environment.
 */
export interface WatchConfig {
  /**
   * An edited last migration is rolled back and applied again. For development only. Default: false
   */
  replay_migrations?: boolean;
}
/**
 * What has to be proved before anything here is changed.
 */
export interface PolicyConfig {
  /**
   * plan and apply run pending migrations on a copy of the schema first: forward, back and forward again. Default: false
   */
  rehearse?: boolean;
  /**
   * Whether the live schema is compared with what the recorded migrations make, in a shadow database. ignore: only by `db drift`. warn: plan shows what differs. refuse: and no migration runs while something differs. Default: ignore
   */
  drift?:
    | ("ignore" | "warn" | "refuse")
    | {
        /**
         * ignore, warn or refuse. Default: ignore
         */
        level?: "ignore" | "warn" | "refuse";
        /**
         * Objects that no migration makes and that are no drift, in `db drift` either: `public.cache_*`, `table audit.*`; `*` stands for any characters.
         */
        ignore?: string[];
      };
  /**
   * A migration whose version lies before one that is applied: refuse it, or allow it and run it. Default: refuse
   */
  out_of_order?: "refuse" | "allow";
  lint?: LintConfig;
}
/**
 * How grave it is when a migration breaks a rule of `db lint`, which plan and apply look at, too.
 */
export interface LintConfig {
  /**
   * Of every rule that `rules` does not name. Default: what the rule says
   */
  default?: "error" | "warning" | "note" | "off";
  /**
   * By the rule's name. error: the migration is refused. warning: it is shown with the plan. note: `db lint` tells it. off: not looked for.
   */
  rules?: {
    [k: string]: "error" | "warning" | "note" | "off";
  };
}
