import { fromFacts, PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import { quoteIdentifier, quoteLiteral } from "../../../core/sql.ts";
import { block } from "../../../core/transaction.ts";
import { replaced } from "../actions.ts";
import type { DesiredInstance } from "../model.ts";

const statementFile = "/etc/poststack/password.sql";
const timeoutMs = 30_000;

/** Neither argument nor environment of a program: an engine tells both to everybody who may ask it. */
const script =
  'psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$1" --dbname="$2" --file="$0"; code=$?; rm -f "$0"; exit $code';

const otherCluster = "another cluster answers:";

/** Nothing is written into a cluster that is not the environment's (RELIABILITY 21). */
const sameCluster = ({ knownIdentifier }: DesiredInstance): readonly string[] =>
  knownIdentifier === undefined
    ? []
    : [
        block(`declare found text := (select system_identifier::text from pg_control_system());
        begin
          if found <> ${quoteLiteral(knownIdentifier)} then raise exception '${otherCluster} %', found; end if;
        end`) + ";",
      ];

/**
 * Gives the superuser the password that is kept, through the socket inside the container, which asks for none (initdb:
 * --auth-local). So a lost or restored state directory is come back from. The server gets a verifier (RELIABILITY 35).
 *
 * @throws PoststackError `POSTGRES_LOGIN`: the socket asks for a password, too; `DATABASE_REPLACED`
 */
export async function setPassword(
  desired: DesiredInstance,
  id: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const { endpoint, place } = desired;
  const { user, password } = endpoint.admin;
  const verifier = quoteLiteral(ports.passwords.verifier(password));
  const content = [
    "set log_statement = 'none'; set log_min_duration_statement = -1;",
    ...sameCluster(desired),
    `alter role ${quoteIdentifier(user)} with login password ${verifier} valid until 'infinity';\n`,
  ].join("\n");
  await ports.containers.putFiles(id, [{ path: statementFile, content, mode: 0o600, uid: 0, gid: 0 }], signal);
  const command = ["sh", "-c", script, statementFile, user, endpoint.maintenanceDatabase] as const;
  const { exitCode, output } = await ports.containers.exec(id, { command, timeoutMs, user: "0" }, signal);
  if (exitCode === 0) return;
  const [, answering] = new RegExp(`${otherCluster} (\\d+)`).exec(output) ?? [];
  if (answering !== undefined) throw fromFacts(replaced(desired, { server: "up", systemIdentifier: answering }));
  throw new PoststackError("POSTGRES_LOGIN", {
    what: `the server refuses the password of "${user}" that Poststack keeps, and it could not be set inside the container`,
    where: place,
    details: output.trimEnd().split("\n"),
    next: `set it by hand (docker exec -it … psql), to what \`poststack db url --admin --show-password\` prints`,
  });
}
