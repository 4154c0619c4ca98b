// Made from schema/poststack.schema.json by `npm run generate`.

/** A key of the configuration, with what the schema says of it when nobody writes it. */
export interface Key {
  /** The sentence after "Default:". */
  readonly fallback?: string;
  /** The default, where it is always the same. */
  readonly value?: string | number | boolean;
  /** Of a map whose keys are given. */
  readonly keys?: { readonly [name: string]: Key };
  /** Of a map whose keys are names of the user's. */
  readonly each?: Key;
  /** Of a list. */
  readonly items?: Key;
}

export const projectKey: Key = {
  keys: {
    name: {},
    default_environment: { fallback: "the only environment; with several, the command must name one." },
    migrations: {
      fallback: "./migrations",
      value: "./migrations",
      keys: { directory: {}, format: { fallback: "poststack", value: "poststack" }, ledger: {}, table: {} },
    },
    containers: { fallback: "./containers", value: "./containers" },
  },
};

export const environmentKey: Key = {
  keys: {
    extends: {},
    template: { fallback: "false", value: false },
    postgres: {
      keys: {
        provider: { fallback: "external with `url`; container with compose or pod files; else embedded" },
        version: { fallback: "the one of the data; for new data 17" },
        image: { fallback: "postgres:<version>" },
        url: { keys: { env: {}, file: {}, command: { items: {} }, age: {}, key: {} } },
        database: { fallback: "<project>_<environment>, hyphens as underscores" },
        host: { fallback: "where one on `bind` answers on this machine, or the host of `url`" },
        port: { fallback: "5432, or the port of `url`", value: 5432 },
        bind: { fallback: "127.0.0.1, which only this machine reaches", value: "127.0.0.1" },
        user: { fallback: "<project>_<environment>, hyphens as underscores" },
        password: {
          fallback: "auto_generated",
          value: "auto_generated",
          keys: { env: {}, file: {}, command: { items: {} }, age: {}, key: {} },
        },
        sslmode: { fallback: "what `url` says, else prefer" },
        parameters: { each: {} },
        extensions: {
          items: {
            keys: {
              name: {},
              version: { fallback: "the server's default when it is created, never changed afterwards" },
              schema: {},
            },
          },
        },
        roles: {
          each: {
            keys: {
              login: { fallback: "false", value: false },
              inherit: { fallback: "true", value: true },
              superuser: { fallback: "false", value: false },
              createdb: { fallback: "false", value: false },
              createrole: { fallback: "false", value: false },
              replication: { fallback: "false", value: false },
              bypassrls: { fallback: "false", value: false },
              connection_limit: { fallback: "-1", value: -1 },
              valid_until: { fallback: "infinity" },
              password: {
                fallback: "the password is not touched",
                keys: { env: {}, file: {}, command: { items: {} }, age: {}, key: {} },
              },
              in_roles: { items: {} },
              ensure: { fallback: "present", value: "present" },
            },
          },
        },
        grants: {
          items: {
            keys: {
              to: {},
              on: {
                keys: {
                  database: {},
                  schema: {},
                  tables: { items: {} },
                  sequences: { items: {} },
                  functions: { items: {} },
                },
              },
              privileges: { items: {} },
              default: { fallback: "false", value: false },
              with_grant_option: { fallback: "false", value: false },
            },
          },
        },
        backup: {
          keys: {
            schedule: {},
            keep: {
              keys: {
                hourly: { fallback: "0" },
                daily: { fallback: "0" },
                weekly: { fallback: "0" },
                monthly: { fallback: "0" },
              },
            },
            directory: { fallback: ".poststack/<environment>/backups" },
            gate: { fallback: "never", value: "never" },
          },
        },
      },
    },
    migrations: {
      fallback: "`project.migrations`",
      keys: { directory: {}, format: { fallback: "poststack", value: "poststack" }, ledger: {}, table: {} },
    },
    init: {
      items: {
        keys: {
          compose: {},
          pod: {},
          run: {
            items: {},
            each: {
              keys: {
                command: { items: {} },
                depends_on: { items: {} },
                when: { fallback: "on_change", value: "on_change" },
                timeout: { fallback: "the step's" },
                inputs: { items: {} },
                cwd: { fallback: "the step's" },
                environment: { each: {} },
              },
            },
          },
          name: { fallback: "made from the command, or of the file's name. A job keeps its history under its name." },
          when: { fallback: "on_change", value: "on_change" },
          timeout: { fallback: "10m", value: "10m" },
          inputs: { items: {} },
          cwd: { fallback: "the project's" },
          environment: { each: {} },
        },
      },
    },
    deployment: {
      keys: {
        procfile: {},
        compose: { items: {} },
        pod: {},
        profiles: { items: {} },
        processes: {
          each: {
            keys: {
              ready: {
                fallback: "when it has stayed alive",
                keys: { http: {}, tcp: {}, command: { items: {} }, timeout: { fallback: "5m", value: "5m" } },
              },
              depends_on: { items: {} },
              cwd: { fallback: "the Procfile's" },
              stop_signal: { fallback: "SIGTERM", value: "SIGTERM" },
              stop_grace: { fallback: "10s", value: "10s" },
              replicas: { fallback: "1", value: 1 },
              environment: { each: {} },
            },
          },
        },
      },
    },
    variables: { each: {} },
    users: {
      items: {
        keys: {
          username: {},
          email: {},
          password: {
            fallback: "auto_generated",
            value: "auto_generated",
            keys: { env: {}, file: {}, command: { items: {} }, age: {}, key: {} },
          },
        },
      },
    },
    routes: { items: { keys: { host: {}, service: {}, port: {}, tls: { fallback: "none", value: "none" } } } },
    protected: { fallback: "false", value: false },
    watch: { keys: { replay_migrations: { fallback: "false", value: false } } },
    policy: {
      keys: {
        rehearse: { fallback: "false", value: false },
        drift: {
          fallback: "ignore",
          value: "ignore",
          keys: { level: { fallback: "ignore", value: "ignore" }, ignore: { items: {} } },
        },
        out_of_order: { fallback: "refuse", value: "refuse" },
        lint: { keys: { default: { fallback: "what the rule says" }, rules: { each: {} } } },
      },
    },
  },
};
