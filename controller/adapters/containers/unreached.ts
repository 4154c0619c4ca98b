import { PoststackError, type ErrorCode } from "../../core/errors.ts";

/** Milliseconds to connect (RELIABILITY 31). */
export const connectLimitMs = 5_000;

export class ConnectTimeout extends Error {
  override readonly name = "ConnectTimeout";
}

interface Row {
  /** Of the error's code and message, with a space between. */
  readonly words: RegExp;
  readonly code: ErrorCode;
  /** @param said the error's own words */
  readonly what: (address: string, said: string) => string;
  readonly next: (address: string) => string;
}

const answersNothing = (address: string, said: string): string => `nothing answers at ${address}: ${said}`;
const byHand = (address: string): string => `see whether "docker -H ${address} version" works by itself, unasked`;
const noAccess =
  "this user may not use the engine's socket: join its group (usermod -aG docker), or use a rootless engine";

/** What is said at an engine's door, before it heard of any request. The first row that fits counts. */
const rows: readonly Row[] = [
  // Node manual, "TLS/SSL: X509 certificate error codes".
  {
    words: /\bCERT_|_CERT\b|SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY)|ERR_TLS_CERT_ALTNAME_INVALID/,
    code: "ENGINE_LOGIN",
    what: (address, said) => `${address} does not prove who it is: ${said}`,
    next: () =>
      "see whether ca.pem in DOCKER_CERT_PATH (or of the docker context) is that engine's, and its certificate is still valid and names this host",
  },
  // RFC 8446, 6.2: the alerts that are about the client's certificate, and those that say "not you".
  {
    words: /alert (?:certificate|bad certificate|unknown ca|unsupported certificate|access denied|handshake failure)/i,
    code: "ENGINE_LOGIN",
    what: (address, said) => `${address} refuses the certificate of this client, or that there is none: ${said}`,
    next: () =>
      "see whether cert.pem and key.pem in DOCKER_CERT_PATH (or of the docker context) are of that engine's CA and still valid",
  },
  {
    words: /wrong.version.number|packet length too long/i,
    code: "ENGINE_LOGIN",
    what: (address) => `${address} answers, but not with TLS`,
    next: () => "see whether it is the right port; without TLS, unset DOCKER_TLS_VERIFY and DOCKER_TLS",
  },
  {
    words: /spawn ssh ENOENT/,
    code: "COMMAND_MISSING",
    what: (address) => `there is no ssh on this machine to reach ${address}`,
    next: () => "install an ssh client",
  },
  {
    words: /permission denied while trying|EACCES/,
    code: "ENGINE_UNREACHABLE",
    what: answersNothing,
    next: () => noAccess,
  },
  {
    words: /ssh: [\s\S]*(?:Permission denied|Host key verification failed|Too many authentication failures)/,
    code: "ENGINE_LOGIN",
    what: (address, said) => `${address} is not reached: ${said}`,
    next: byHand,
  },
  {
    words: /(?:docker|podman): (?:command )?not found/,
    code: "ENGINE_MISSING",
    what: (address, said) => `${address} has no program that goes on to its engine: ${said}`,
    next: () => "install the command line program of the engine on that machine, where ssh finds it",
  },
  { words: /ssh: /, code: "ENGINE_UNREACHABLE", what: answersNothing, next: byHand },
];

const rowOf = (error: unknown): Row | undefined =>
  rows.find(({ words }) => words.test(`${codeOf(error)} ${said(error)}`));

/** Whether it is said at the door, although the request was on its way: TLS 1.3 and ssh let a client go ahead. */
export const isAtTheDoor = (error: unknown): boolean => rowOf(error) !== undefined;

/** Nothing of a request was heard: whatever it asked for was not done. */
export function unreached(error: unknown, address: string): PoststackError {
  const row = rowOf(error);
  if (row !== undefined)
    return new PoststackError(
      row.code,
      { what: row.what(address, said(error)), next: row.next(address) },
      { cause: error },
    );
  const what =
    error instanceof ConnectTimeout
      ? `${address} did not take the connection within ${connectLimitMs / 1_000} s`
      : answersNothing(address, said(error));
  const next = address.startsWith("unix:")
    ? "see whether the engine runs: systemctl status docker"
    : "see whether that machine is up, and its engine listens there";
  return new PoststackError("ENGINE_UNREACHABLE", { what, next }, { cause: error });
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? "";

/** OpenSSL's whole message has addresses in its memory, and places in its sources; one part of it is what it says. */
function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("reason" in error && typeof error.reason === "string") return error.reason;
  return /SSL routines:[^:]*:([^:]+)/.exec(error.message)?.[1] ?? error.message;
}
