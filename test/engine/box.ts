import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { inject } from "vitest";
import { containerEngine } from "../../controller/adapters/containers.ts";
import type { ContainerEngine } from "../../controller/core/ports/containers.ts";
import type { Answer } from "./broker.ts";

/** The label of everything that tests make on a real engine; its value is the file's own. */
const testLabel = "io.poststack.test";

/** One test file's part of a real engine. */
export interface EngineBox {
  readonly engine: ContainerEngine;
  readonly socket: string;
  /** `unix://…`, for DOCKER_HOST. */
  readonly host: string;
  /** What everything made here carries, so that it is found and removed. */
  readonly labels: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  /** A name that no other test has. */
  name(part: string): string;
  /** Removes everything with the label: after each test, also one that failed. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Asks for a real engine, which is started now unless it runs already. Undefined: there can be none here, and the tests of
 * the file are skipped; the end of the run says so. With CI=true that is a failure.
 */
export async function engineBox(kind: "docker" | "podman"): Promise<EngineBox | undefined> {
  const answer = await ask(kind);
  if ("reason" in answer) {
    if (process.env["CI"] === "true") throw new Error(`no ${kind}, and CI may not go without: ${answer.reason}`);
    return undefined;
  }
  return openBox(answer.socket);
}

const ask = (kind: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath: inject("engines"), path: `/${kind}` }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(JSON.parse(text) as Answer));
    });
    asked.once("error", reject).end();
  });

/** The same for an engine whose socket is known. */
export function openBox(socket: string): EngineBox {
  const id = randomBytes(4).toString("hex");
  const host = `unix://${socket}`;
  const engine = containerEngine({ environment: new Map([["DOCKER_HOST", host]]), uid: 0, home: "/nowhere" });
  const { signal } = new AbortController();
  const isOurs = ({ labels }: { readonly labels: ReadonlyMap<string, string> }): boolean =>
    labels.get(testLabel) === id;
  return {
    engine,
    socket,
    host,
    signal,
    labels: new Map([[testLabel, id]]),
    name: (part) => `pst-${id}-${part}`,
    async empty() {
      for (const container of (await engine.containers(signal)).filter(isOurs))
        await engine.removeContainer(container.id, { force: true, anonymousVolumes: true }, signal);
      for (const network of (await engine.networks(signal)).filter(isOurs))
        await engine.removeNetwork(network.id, signal);
      for (const volume of (await engine.volumes(signal)).filter(isOurs))
        await engine.removeVolume(volume.name, signal);
      for (const image of (await engine.images(signal)).filter(isOurs))
        for (const reference of [...image.references, image.id]) await engine.removeImage(reference, signal);
    },
    close: () => engine.close(),
  };
}
