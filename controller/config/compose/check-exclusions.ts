import type { Findings } from "./consistency.ts";
import type { ComposeService } from "./service-model.ts";

/** What one service may not ask for at once. */
export function checkExclusions(name: string, service: ComposeService, { report, placeOf }: Findings): void {
  const path = ["services", name];
  const conflict = (keys: readonly (string | number)[], what: string, next: string): void =>
    report.mistake("COMPOSE_CONFLICT", `service \`${name}\`: ${what}`, placeOf([...path, ...keys]), next);
  const { build, deploy, network_mode: mode } = service;

  if (build?.dockerfile !== undefined && build.dockerfile_inline !== undefined) {
    conflict(
      ["build", "dockerfile_inline"],
      "`dockerfile` and `dockerfile_inline` are two Dockerfiles",
      "keep one of them",
    );
  }
  if (build?.platforms !== undefined && service.platform !== undefined && !build.platforms.includes(service.platform)) {
    conflict(["platform"], `\`build.platforms\` lacks the platform ${service.platform} that is to run`, "add it there");
  }
  if (mode !== undefined && service.networks !== undefined) {
    conflict(["network_mode"], "`network_mode` and `networks` exclude each other", "keep one of them");
  }
  if (mode === "host" && (service.ports?.length ?? 0) > 0) {
    report.warn(
      `service \`${name}\`: \`ports\` mean nothing in the host's network, where every port is open already`,
      placeOf([...path, "ports"]),
      "remove them",
    );
  }
  if (mode?.startsWith("service:") === true || mode?.startsWith("container:") === true) {
    if ((service.ports?.length ?? 0) > 0) {
      conflict(["ports"], "a container in another one's network cannot publish ports", "publish them there");
    }
  }
  const replicas = deploy?.replicas;
  if (service.scale !== undefined && replicas !== undefined && service.scale !== replicas) {
    conflict(["scale"], `\`scale\` is ${service.scale} and \`deploy.replicas\` is ${replicas}`, "keep one of them");
  }
  const count = service.scale ?? replicas ?? 1;
  if (count < 0)
    conflict([service.scale === undefined ? "deploy" : "scale"], "fewer than no containers", "write 0 or more");
  if (count > 1 && service.container_name !== undefined) {
    conflict(
      ["container_name"],
      `${count} containers cannot share the name ${service.container_name}`,
      "remove `container_name`",
    );
  }
  const limits = deploy?.resources?.limits;
  const reservations = deploy?.resources?.reservations;
  const pairs = [
    ["cpus", service.cpus, "deploy.resources.limits.cpus", limits?.cpus],
    ["mem_limit", service.mem_limit, "deploy.resources.limits.memory", limits?.memory],
    ["pids_limit", service.pids_limit, "deploy.resources.limits.pids", limits?.pids],
    ["mem_reservation", service.mem_reservation, "deploy.resources.reservations.memory", reservations?.memory],
  ] as const;
  for (const [key, own, other, value] of pairs) {
    if (own === undefined || value === undefined || own === value) continue;
    conflict([key], `\`${key}\` and \`${other}\` say different things`, "keep one of them");
  }
}
