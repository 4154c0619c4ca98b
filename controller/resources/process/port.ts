import type { DesiredProcess } from "./model.ts";

interface WantedPort {
  readonly host: string;
  readonly port: number;
  /** The files say that the process listens there. Otherwise it has a variable PORT, which it may use or not. */
  readonly certain: boolean;
}

/** The port that a process is going to listen on, as far as its configuration tells. */
export function wantedPort({ ready, environment }: DesiredProcess): WantedPort | undefined {
  if (ready?.type === "tcp") return { host: ready.host, port: ready.port, certain: true };
  if (ready?.type === "http") {
    const { hostname, port, protocol } = new URL(ready.url);
    return { host: hostname, port: Number(port === "" ? (protocol === "https:" ? 443 : 80) : port), certain: true };
  }
  const port = environment.get("PORT");
  return typeof port === "string" && /^[1-9]\d{0,4}$/.test(port)
    ? { host: "0.0.0.0", port: Number(port), certain: false }
    : undefined;
}
