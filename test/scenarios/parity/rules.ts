import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Case, ObjectOf, ServiceOf, VolumeOf } from "./cases.ts";

// Which files of the corpus are not run, and why. By what a file asks for: none is left out because it fails.

/** What a container of any engine can be given of the host without harm to it. */
const harmless: ReadonlySet<string> = new Set(["/var/run/docker.sock", "/etc/localtime", "/dev/null", "/dev/urandom"]);

/** By number (linux/capability.h). */
const capabilities =
  `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST
  NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE
  SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM
  BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`.split(/\s+/);

/** What is true of this process holds for all that it starts (proc(5)). */
const ownFacts = (file: string): string => {
  const path = `/proc/self/${file}`;
  return existsSync(path) ? readFileSync(path, "utf8") : "";
};

/** What no program here can have, no container has. */
const bounding = BigInt(`0x${/CapBnd:\s*([0-9a-f]+)/.exec(ownFacts("status"))?.[1] ?? "0"}`);

function isGiven(name: string): boolean {
  const bit = capabilities.indexOf(name.toUpperCase().replace(/^CAP_/, ""));
  return bit >= 0 && (bounding & (1n << BigInt(bit))) !== 0n;
}

/** The hard limit of open files; no container gets more without a capability. */
const mostFiles = Number(/Max open files\s+\d+\s+(\d+)/.exec(ownFacts("limits"))?.[1] ?? Number.POSITIVE_INFINITY);

function asksForMoreFiles({ ulimits = {} }: ServiceOf): boolean {
  const { nofile = 0 } = ulimits;
  return (typeof nofile === "number" ? nofile : (nofile.hard ?? 0)) > mostFiles && !isGiven("SYS_RESOURCE");
}

type Rule = readonly [reason: string, applies: (one: Case) => boolean];

const anyService =
  (holds: (service: ServiceOf) => boolean): Rule[1] =>
  ({ services }) =>
    Object.values(services).some(holds);
const anyKey = (...keys: readonly string[]): Rule[1] =>
  anyService((service) => keys.some((key) => service[key] !== undefined && service[key] !== false));

const sharesWithOthers = (service: ServiceOf): boolean =>
  [service.network_mode, service.pid, service.ipc].some((mode) => mode?.startsWith("container:") === true);

function asksForAddress({ services, networks }: Case): boolean {
  const isOpen = (network: string): boolean => (networks[network]?.ipam?.config ?? []).length === 0;
  const attached = Object.values(services).flatMap(({ networks: on = {} }) => Object.entries(on));
  return attached.some(([network, settings]) => settings?.ipv4_address !== undefined && isOpen(network));
}

function hasNameTwice({ services }: Case): boolean {
  const names = Object.values(services).flatMap(({ container_name: name }) => name ?? []);
  return new Set(names).size < names.length;
}

const hasImpossibleVolume = ({ volumes }: Case): boolean =>
  Object.values(volumes).some(({ external, name = "" }) => external === true && !/^[a-zA-Z0-9][\w.-]*$/.test(name));

/** docs/variables.md */
const namesOurVariable = ({ folder, projectDirectory, composeFiles }: Case): boolean =>
  composeFiles.some((file) =>
    /\$\{?(?:DB_(?:HOST|NAME|PASSWORD|PORT|USER)|POSTSTACK_\w+)\b/.test(
      readFileSync(join(folder, projectDirectory, file), "utf8"),
    ),
  );

const isForeign = ({ type, source = "" }: VolumeOf): boolean =>
  type === "bind" && !source.startsWith("<project>") && !(harmless.has(source) && existsSync(source));

function needsDriver({ networks, volumes }: Case): boolean {
  const isPlain = ({ driver = "", driver_opts: options = {} }: ObjectOf, usual: string): boolean =>
    (driver === "" || driver === usual) && (usual === "bridge" || Object.keys(options).length === 0);
  return (
    !Object.values(networks).every((network) => isPlain(network, "bridge")) ||
    !Object.values(volumes).every((volume) => isPlain(volume, "local"))
  );
}

/** The first that applies is the reason why a file is not run. */
const rules: readonly Rule[] = [
  ["it has no service without a profile", ({ services }) => Object.keys(services).length === 0],
  ["it needs devices or a runtime of the machine", anyKey("devices", "gpus", "runtime", "credential_spec")],
  ["it asks for `privileged`, which this machine may not give", anyKey("privileged")],
  ["its hooks are not run by this release of the reference", anyKey("post_start", "pre_stop")],
  ["it has a path of another machine", anyService(({ volumes = [] }) => volumes.some(isForeign))],
  ["it has a network or a volume of a driver that needs more than the engine", needsDriver],
  [
    "its log driver needs a server",
    anyService(({ logging }) => !["", "json-file", "local", "none"].includes(logging?.driver ?? "")),
  ],
  ["it needs capabilities that this machine does not give", anyService(({ cap_add = [] }) => !cap_add.every(isGiven))],
  [
    "a healthcheck's start interval needs Docker 25",
    anyService(({ healthcheck }) => healthcheck?.start_interval !== undefined),
  ],
  ["it shares something with a container of another project", anyService(sharesWithOthers)],
  ["it asks for an address in a network that it does not describe", asksForAddress],
  ["two of its services have one container name", hasNameTwice],
  ["it asks for more open files than this machine gives", anyService(asksForMoreFiles)],
  ["it has an external volume of a name that no engine takes", hasImpossibleVolume],
  ["it names a variable that Poststack sets itself", namesOurVariable],
];

/** Undefined: it is run. */
export const reasonToLeaveOut = (one: Case): string | undefined => rules.find(([, applies]) => applies(one))?.[0];

/** docs/podman.md, "What it refuses". */
const lackedByPodman: readonly Rule[] = [
  ["it has links", anyService(({ links }) => links !== undefined)],
  [
    "it publishes a port on one of a range",
    anyService(({ ports = [] }) => ports.some(({ published }) => published?.includes("-") === true)),
  ],
];

export const runsOnPodman = (one: Case): boolean => !lackedByPodman.some(([, applies]) => applies(one));
