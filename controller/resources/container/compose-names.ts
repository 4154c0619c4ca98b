/** What a file calls a field of the port, where it is not the same word in another spelling (Compose: services). */
const names: Readonly<Record<string, string>> = {
  workingDirectory: "working_dir",
  stdinOpen: "stdin_open",
  stopGraceMs: "stop_grace_period",
  groups: "group_add",
  mounts: "volumes",
  mountOptions: "options of volumes",
  dnsOptions: "dns_opt",
  storageOptions: "storage_opt",
  "resources/shmBytes": "shm_size",
  "resources/memorySwappiness": "mem_swappiness",
  "resources/disableOomKill": "oom_kill_disable",
  "resources/oomScoreAdjust": "oom_score_adj",
  "resources/cpuRealtimePeriodMicros": "cpu_rt_period",
  "resources/cpuRealtimeRuntimeMicros": "cpu_rt_runtime",
  "resources/blkio": "blkio_config",
  "resources/deviceRequests": "gpus",
  "security/addCapabilities": "cap_add",
  "security/dropCapabilities": "cap_drop",
  "security/options": "security_opt",
  "namespaces/user": "userns_mode",
  "namespaces/cgroupParent": "cgroup_parent",
};

/** The word of the files for a field or a part of one: `working_dir`, `healthcheck.interval`, `LOG_LEVEL`, `label team`. */
export function composeName(field: string): string {
  const dot = isChosen(field) ? -1 : field.indexOf(".");
  return dot < 0 ? wholeName(field) : `${wholeName(field.slice(0, dot))}${field.slice(dot)}`;
}

/** Whether people chose its name, with dots or without: it has no parts. */
export const isChosen = (field: string): boolean => /^(?:environment|network|label)\//.test(field);

function wholeName(field: string): string {
  const known = Object.hasOwn(names, field) ? names[field] : undefined;
  if (known !== undefined) return known;
  const slash = field.indexOf("/");
  const [group, name] = slash < 0 ? ["", field] : [field.slice(0, slash), field.slice(slash + 1)];
  if (group === "environment" || group === "network") return name;
  if (group === "label") return `label ${name}`;
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
