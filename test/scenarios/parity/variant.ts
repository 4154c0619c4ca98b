import type { Case, PortOf, ServiceOf } from "./cases.ts";

// A file of the corpus cannot be run as it is: its images are not here, and its programs not in them. A second file, which
// is merged over the first ones on both sides, replaces only what cannot be; everything else is what the file says.

/** @param ports free ports of the host, as many as the files publish at most */
export function variantOf({ services }: Case, image: string, ports: readonly number[]): string {
  const free = ports.values();
  const waitedFor = new Set(
    Object.values(services).flatMap(({ depends_on: needs = {} }) =>
      Object.entries(needs).flatMap(([name, { condition }]) =>
        condition === "service_completed_successfully" ? [name] : [],
      ),
    ),
  );
  const lines = Object.entries(services).flatMap(([name, service]) => [
    `  ${JSON.stringify(name)}:`,
    ...replaced(service, image, waitedFor.has(name), free).map((line) => `    ${line}`),
  ]);
  return ["services:", ...lines, ""].join("\n");
}

function replaced(service: ServiceOf, image: string, ends: boolean, free: Iterator<number>): readonly string[] {
  const { entrypoint, healthcheck: check, ports = [] } = service;
  const lines = [`image: ${image}`, "build: !reset null", "platform: !reset null", "pull_policy: !reset null"];
  // The image's own entrypoint stays up whatever it is given; the file's one becomes what it is given.
  if (ends) lines.push(`entrypoint: ["/bin/done"]`);
  else if (entrypoint !== undefined && entrypoint !== null)
    lines.push(`entrypoint: ${JSON.stringify(["/bin/stay", ...entrypoint])}`);
  const [form = "NONE", ...rest] = check?.test ?? [];
  if (check?.disable !== true && form !== "NONE") {
    const test = form === "CMD" ? ["CMD", "/bin/done", ...rest] : ["CMD-SHELL", `exit 0; ${rest.join(" ")}`];
    lines.push(`healthcheck: { test: ${JSON.stringify(test)}, interval: 1s }`);
  }
  if (ports.some(({ published }) => published !== undefined))
    lines.push(`ports: !override ${JSON.stringify(ports.map((port) => moved(port, free)))}`);
  return lines;
}

/** A port, or a range of as many. */
function moved(port: PortOf, free: Iterator<number>): PortOf {
  if (port.published === undefined || port.published === "") return port;
  const [first = 0, last = first] = port.published.split("-").map(Number);
  const taken = Array.from({ length: last - first + 1 }, () => Number(free.next().value));
  return { ...port, published: taken.length === 1 ? String(taken[0]) : `${taken[0]}-${taken.at(-1)}` };
}

/** How many ports a case may publish, for {@link variantOf}. */
export const portsOf = ({ services }: Case): number =>
  Object.values(services)
    .flatMap(({ ports = [] }) => ports)
    .map(({ published = "0" }) => published.split("-").map(Number))
    .reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0);
