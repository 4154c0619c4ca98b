import { PoststackError, type ErrorCode } from "../../core/errors.ts";
import { object, someText } from "./answer.ts";

/** An answer that is no success: what the engine said, before anybody decided what it means. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The engine's words: Docker's `message`; Podman has a `cause` as well, which its `message` ends with. */
export function refusal(status: number, body: string): Refusal {
  let said: string | undefined;
  try {
    const answer = object(JSON.parse(body));
    said = someText(answer["message"]) ?? someText(answer["cause"]);
  } catch {
    // A proxy between may answer in text or HTML.
  }
  return new Refusal(status, (said ?? body).trim().slice(0, 2_000) || `status ${status}`);
}

/** Podman looks at each image again before it lists them, and says so of one that is gone by then (libimage). */
const brokenList = /retrieving label for image|checking if image .* is dangling|reading image .*: locating image/;

/**
 * What an engine's words mean. Docker tells little by the status (a taken port is 500, a network in use 403), and Podman
 * says 500 to much of what Docker says 409 to (RELIABILITY 12): so both are read. The first row that fits counts.
 */
const meanings: readonly (readonly [code: ErrorCode, words: RegExp, statuses?: RegExp])[] = [
  // What Go's server says to plain HTTP.
  ["ENGINE_LOGIN", /HTTP request to an HTTPS server/],
  ["DISK_FULL", /no space left on device|disk quota exceeded/i],
  // A name server on port 53 of the machine, or another Podman's, is in the way: no port that the files ask for.
  ["ENGINE_REFUSED", /aardvark-dns failed to start/],
  ["PORT_TAKEN", /port is already allocated|(?:bind|listen).*address already in use|ports are not available/i],
  // Docker says no more of an address of a network than the end of what it says of a port (libnetwork, ipamapi:
  // ErrIPAlreadyAllocated); Podman names the container, or the range (netavark, CNI's host-local).
  ["ADDRESS_TAKEN", /address already in use|address \S+ is already allocated|duplicate allocation is not allowed/i],
  [
    "NAME_TAKEN",
    // Podman 5 lets its database find out, when it renames.
    /name .* already in use|network (?:with )?name \S+ (?:already exists|is already)|network already exists|UNIQUE constraint failed: ContainerConfig\.Name/i,
  ],
  ["ENGINE_BUSY", brokenList],
  ["IMAGE_MISSING", /no such image|image not known|unable to find (?:a suitable )?image|image .* not found/i],
  [
    "REGISTRY_LOGIN",
    /unauthorized|authentication required|access to the resource is denied|no basic auth credentials/i,
  ],
  [
    "COMMAND_MISSING",
    /executable file .*not found|exec: .*(?:no such file or directory|permission denied|is a directory)|starting container process caused.*(?:no such file or directory|permission denied)/i,
  ],
  // "is being used by the following container" is Podman's.
  [
    "ENGINE_OBJECT_IN_USE",
    /has active endpoints|(?:is|are) (?:being used|in use)|is using its referenced image|must be forced|cannot remove a running container|cannot remove container .*(?: as it is running|: container is running)|has dependent (?:containers|child images)|with containers attached/i,
  ],
  ["ENGINE_REFUSED", /OCI runtime|runc(?:: runc)? create failed|crun:|container state improper/],
  ["ENGINE_BUSY", /removal of container .* is already in progress|is being removed|marked for removal/i],
  ["ENGINE_OBJECT_GONE", /./s, /^404$/],
  [
    "ENGINE_OBJECT_GONE",
    /no such (?:container|network|volume)|(?:network|volume) (?:\S+ )?not found|does not exist in database/i,
    /^5..$/,
  ],
  ["ENGINE_LACKS", /./s, /^501$/],
  // Podman reads a port of the host as one number, and knows fewer options of a tmpfs: no `uid`.
  ["ENGINE_LACKS", /strconv\.Atoi: parsing "\d+-\d+"|unknown mount option/],
  ["ENGINE_LACKS", /requires API version|not supported (?:by|on|in|for)|is not supported/i],
  ["ENGINE_BUSY", /./s, /^(?:429|5..)$/],
  ["ENGINE_REFUSED", /./s],
];

/**
 * A Docker that ended while it started a container: its containerd keeps the task that was made, and every later start
 * fails by the same id (20.10: `task 1e89…: already exists`).
 */
export const lostStart = /\btask [0-9a-f]+: already exists\b/;

/** @param doing what was being done, as it follows "while": `creating container "web"` */
export function meaningOf(refused: Refusal, doing: string): PoststackError {
  const fits = meanings.find(
    ([, words, statuses]) =>
      words.test(refused.message) && (statuses === undefined || statuses.test(`${refused.status}`)),
  );
  const code = fits?.[0] ?? "ENGINE_REFUSED";
  const next = lostStart.test(refused.message) ? afterLostStart : nextSteps[code];
  return new PoststackError(
    code,
    { what: shortIds(`${doing}: ${refused.message}`), ...(next === undefined ? {} : { next }) },
    { cause: refused },
  );
}

/** Ids of containers and networks as people know them, of which engines show twelve digits. A digest stays whole. */
export const shortIds = (text: string): string => text.replaceAll(/(?<![\w:])([0-9a-f]{12})[0-9a-f]{52}(?!\w)/g, "$1");

const nextSteps: Partial<Record<ErrorCode, string>> = {
  ENGINE_LOGIN: "set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem",
  DISK_FULL: "free some space where the engine keeps its images and containers (docker system df)",
  PORT_TAKEN: "stop what listens on the port, or give another one",
  ADDRESS_TAKEN:
    "give it another address; where the engine gave this one to a container that asks for none, keep it out of the network's `ip_range`",
  NAME_TAKEN: "remove or rename the other one, or give this one another name",
  IMAGE_MISSING: "see whether the image's name and tag are right; pull or build it",
  REGISTRY_LOGIN: "log in to the registry (docker login), and see whether the image's name is right",
  COMMAND_MISSING: "see whether the image has the program that `command` or `entrypoint` names",
  ENGINE_OBJECT_IN_USE: "stop and remove first what uses it",
  ENGINE_OBJECT_GONE: "run the same again: it looks afresh",
  ENGINE_BUSY: "run the same again; if it stays, see the log of the engine",
  ENGINE_LACKS: "use a newer engine, or leave out what it lacks",
};

const afterLostStart =
  "run the same again: one that never ran is made anew; one that did is yours to remove, with what it holds outside of volumes (docker rm), and the next apply makes it";

export const isListBroken = (error: unknown): boolean =>
  error instanceof PoststackError && error.cause instanceof Refusal && brokenList.test(error.cause.message);

/** Whether it is one of these: what a step that may be repeated takes for success. */
export const isCode = (error: unknown, ...codes: readonly ErrorCode[]): boolean =>
  error instanceof PoststackError && codes.includes(error.code);

/** For a step that may be repeated: the error that says "already so" is success, everything else is thrown on. */
export const unless =
  (code: ErrorCode | undefined, words?: RegExp) =>
  (error: unknown): undefined => {
    if (code !== undefined && isCode(error, code)) return undefined;
    if (
      words !== undefined &&
      error instanceof PoststackError &&
      error.cause instanceof Refusal &&
      words.test(error.cause.message)
    )
      return undefined;
    throw error;
  };
