import { constants } from "node:os";
import { list, number, object, someText, text, texts, type Json } from "./answer.ts";
import type { Dialect } from "./dialect.ts";
import { podmanHealth } from "./podman-health.ts";
import { buildLabels, stepsOfFile } from "./podman-steps.ts";
import { isKeptByStorage } from "./podman-storage.ts";

/**
 * Podman behind its Docker-compatible API, 4.3 and later. Where its words differ from Docker's they are put into Docker's
 * here; what it does not tell at all is listed in docs/podman.md.
 */
export const podmanDialect: Dialect = {
  engine: "podman",
  createsWithAllNetworks: true,
  // Podman builds with Buildah, which takes the same requests and answers in the words of the classic builder.
  hasBuildKit: false,
  listsStopsLate: false,
  buildLabels,
  stepsOfFile,
  removesNetworksByName: true,
  health: podmanHealth(Date.now),
  keepsName: (client, name, signal) => isKeptByStorage(client, name, Date.now(), signal),
  // The compatible API has no update before 5.1, and then without restart policies: a container is replaced instead.
  changesInPlace: new Set(),
  untoldOf: ({ spec }) => (spec.security?.readOnly === true ? untoldOfReadOnly : untold),
  adaptBody,
  // By force it stops a container, with all of its grace, and kills only what is left (libpod, removeContainer); a grace for
  // this once is taken by its own API alone.
  forcedRemoval: (volumes) => ({ prefix: "/libpod", query: { force: true, timeout: 0, volumes } }),
  adaptSummary: (answer) => ({
    ...answer,
    Image: shortName(text(answer["Image"])),
    // It lists what would be published.
    Ports: answer["State"] === "running" ? answer["Ports"] : [],
    NetworkSettings: { Networks: networksOf(answer) },
  }),
  adaptDetails,
  adaptImage: (answer) => ({
    ...answer,
    RepoTags: texts(answer["RepoTags"]).map(shortName),
    RepoDigests: texts(answer["RepoDigests"]).map(shortName),
  }),
  adaptNetwork: (answer) => answer,
};

/**
 * test/adapters/containers/podman.test.ts has what Podman says instead. Of capabilities it tells what came of the words: for
 * ALL the names of its own defaults (libpod, generateInspectContainerHostConfig). Every mount is a bind to it, so what only
 * the long syntax says is lost.
 */
const untold: ReadonlySet<string> = new Set(
  `domainname logging runtime namespaces/ipc namespaces/user namespaces/cgroup resources/devices
  resources/deviceCgroupRules resources/deviceRequests security/addCapabilities security/dropCapabilities
  security/sysctls mountOptions`.split(/\s+/),
);

/** It mounts a tmpfs on /run, /tmp and /var/tmp (podman-run(1), --read-only-tmpfs), and tells them as those of the file. */
const untoldOfReadOnly: ReadonlySet<string> = new Set([...untold, "tmpfs"]);

/** `docker.io/library/debian:12` is `debian:12` to Docker. */
const shortName = (reference: string): string => reference.replace(/^docker\.io\/(?:library\/)?/, "");

/** Seconds between the signal and the kill where nobody said (Docker Engine API, "Stop a container"). */
const usualGrace = 10;

/**
 * A tmpfs without a mode among `Mounts` would get mode 0, which nobody but root can enter: it goes among `Tmpfs`, whose
 * options are the mount's own.
 */
function adaptBody(body: Json): Json {
  const host = object(body["HostConfig"]);
  const mounts = list(host["Mounts"]).map(object);
  const isTmpfs = (mount: Json): boolean => mount["Type"] === "tmpfs";
  const tmpfs = mounts.filter(isTmpfs).map((mount): [string, string] => {
    const { SizeBytes: size, Mode: mode } = object(mount["TmpfsOptions"]);
    const options = [
      ...(mount["ReadOnly"] === true ? ["ro"] : []),
      ...(size === undefined ? [] : [`size=${number(size)}`]),
      ...(mode === undefined ? [] : [`mode=${number(mode).toString(8)}`]),
    ];
    return [text(mount["Target"]), options.join(",")];
  });
  return {
    ...body,
    // Behind this API a container without a grace has none: a stop kills it at once, a Postgres too.
    StopTimeout: body["StopTimeout"] ?? usualGrace,
    HostConfig: {
      ...host,
      Mounts: mounts.filter((mount) => !isTmpfs(mount)),
      Tmpfs: { ...object(host["Tmpfs"]), ...Object.fromEntries(tmpfs) },
    },
  };
}

/** What Podman puts into every environment. */
const ownVariables: ReadonlySet<string> = new Set(["TERM=xterm", "container=podman"]);

function adaptDetails(answer: Json): Json {
  const config = object(answer["Config"]);
  const host = object(answer["HostConfig"]);
  const hostname = text(config["Hostname"]);
  const environment = texts(config["Env"]);
  const hasProcessors = number(host["NanoCpus"]) !== 0;
  const { written, typed } = tmpfsOf(host);
  return {
    ...answer,
    Config: {
      ...config,
      Image: shortName(text(config["Image"])),
      Env: environment.filter((line) => !ownVariables.has(line) && line !== `HOSTNAME=${hostname}`),
      StopSignal: signalName(text(config["StopSignal"])),
    },
    HostConfig: {
      ...host,
      Binds: texts(host["Binds"]).map(withoutOwnOptions),
      Tmpfs: written,
      Mounts: typed,
      // 0 is what it says of every container.
      MemorySwappiness: undefined,
      // `oci` is no name of a runtime.
      Runtime: undefined,
      // The same limit twice.
      CpuQuota: hasProcessors ? 0 : host["CpuQuota"],
      CpuPeriod: hasProcessors ? 0 : host["CpuPeriod"],
      SecurityOpt: texts(host["SecurityOpt"]).map((option) =>
        option === "no-new-privileges" ? `${option}:true` : option,
      ),
      Ulimits: list(host["Ulimits"]).map((entry) => ({
        ...object(entry),
        Name: text(object(entry)["Name"])
          .replace(/^RLIMIT_/, "")
          .toLowerCase(),
      })),
    },
    NetworkSettings: { ...object(answer["NetworkSettings"]), Networks: networksOf(answer) },
  };
}

/** Where Docker has a network's id, Podman has its name once more. */
const networksOf = (answer: Json): Json =>
  Object.fromEntries(
    Object.entries(object(object(answer["NetworkSettings"])["Networks"])).map(([name, settings]) => {
      const id = someText(object(settings)["NetworkID"]);
      return [name, { ...object(settings), NetworkID: id === name ? undefined : id }];
    }),
  );

const namesOfSignals = new Map(Object.entries(constants.signals).map(([name, value]) => [String(value), name]));

/** Podman keeps numbers; its own default is the signal that Docker sends by itself. */
const signalName = (written: string): string | undefined =>
  written === "" || written === "15" ? undefined : (namesOfSignals.get(written) ?? written);

/** What it adds to every mount. */
const ownMountOptions: ReadonlySet<string> = new Set([
  "rw",
  "rprivate",
  "nosuid",
  "nodev",
  "rbind",
  "noexec",
  "tmpcopyup",
  "mode=0",
]);

function withoutOwnOptions(bind: string): string {
  const [source = "", target = "", options = ""] = bind.split(":");
  const kept = options.split(",").filter((option) => !ownMountOptions.has(option));
  return `${source}:${target}:${kept.join(",")}`;
}

/** What was asked for by size and mode, and went another way because of {@link adaptBody}, is told by size and mode again. */
function tmpfsOf(host: Json): { readonly written: Json; readonly typed: readonly Json[] } {
  const written: Record<string, string> = {};
  const typed: Json[] = [];
  for (const [path, value] of Object.entries(object(host["Tmpfs"]))) {
    const options = text(value)
      .split(",")
      .filter((option) => option !== "" && !ownMountOptions.has(option));
    if (options.some((option) => !/^(?:ro|size=\d+|mode=[0-7]+)$/.test(option))) written[path] = options.join(",");
    else {
      const numberOf = (name: string, base: number): number | undefined => {
        const found = options.find((option) => option.startsWith(`${name}=`));
        return found === undefined ? undefined : Number.parseInt(found.slice(name.length + 1), base);
      };
      const TmpfsOptions = { SizeBytes: numberOf("size", 10), Mode: numberOf("mode", 8) };
      typed.push({ Type: "tmpfs", Target: path, ReadOnly: options.includes("ro"), TmpfsOptions });
    }
  }
  return { written, typed };
}
