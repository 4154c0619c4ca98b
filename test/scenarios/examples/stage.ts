import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { ContainerSummary } from "../../../controller/core/ports/container-facts.ts";
import { exampleProject, type Project } from "../../support/scenario.ts";
import type { EngineBox } from "../../engine/box.ts";
import { buildImages } from "../../images/kit.ts";

/** A copy of an example on a real engine, as a project of its own. */
export interface Stage {
  readonly project: Project;
  /** Of the project; what it makes is called `NAME-ENVIRONMENT-…`. */
  readonly name: string;
  /** `dev-web-1 running` of every container of the project, sorted. */
  readonly containers: () => Promise<readonly string[]>;
  /** `dev-web-1` */
  container(name: string): Promise<ContainerSummary>;
  /** `network dev_default` of each of its networks, volumes and images, sorted. */
  readonly objects: () => Promise<readonly string[]>;
  /** As somebody does by hand: SIGKILL to `dev-web-1`. */
  kill(name: string): Promise<void>;
  /** Takes containers away behind Poststack's back: those whose name this is true of. */
  readonly remove: (isMeant: (name: string) => boolean) => Promise<void>;
  /** The same for the images that were built for it; their containers are gone. */
  readonly removeImages: () => Promise<void>;
  dispose(): Promise<void>;
}

/** @param ports that stand in its `.poststack.yml`: those of this copy are others */
export async function exampleStage(box: EngineBox, example: string, ports: readonly number[]): Promise<Stage> {
  const { engine, signal, host, socket } = box;
  await buildImages(box);
  const name = `pst${randomBytes(4).toString("hex")}`;
  const project = await exampleProject(example, ports, { environment: { DOCKER_HOST: host } });
  project.edit(".poststack.yml", /^( {2}name:) \w+$/m, `$1 ${name}`);
  for (const file of ["compose.yml", "init.yml"])
    if (existsSync(project.path(file))) project.edit(file, /image: webapp\/app:/, `image: ${name}-app:`);
  const isOurs = ({ labels }: { readonly labels: ReadonlyMap<string, string> }): boolean =>
    labels.get("io.poststack.project") === name;
  const ours = async (): Promise<readonly ContainerSummary[]> => (await engine.containers(signal)).filter(isOurs);
  const networks = async () => (await engine.networks(signal)).filter(isOurs);
  const volumes = async () => (await engine.volumes(signal)).filter(isOurs);
  const builds = async () => (await engine.images(signal)).filter(isOurs);
  const short = (full = ""): string => full.replace(`${name}-`, "");
  const remove = async (isMeant: (short: string) => boolean): Promise<void> => {
    const meant = (await ours()).filter(({ names }) => isMeant(short(names[0])));
    const how = { force: true, anonymousVolumes: true };
    await Promise.all(meant.map(({ id }) => engine.removeContainer(id, how, signal)));
  };
  const removeImages = async (): Promise<void> => {
    for (const { references, id } of await builds())
      for (const reference of [...references, id])
        if ((await engine.inspectImage(reference, signal)) !== undefined) await engine.removeImage(reference, signal);
  };
  return {
    ...{ project, name, remove, removeImages },
    async containers() {
      return (await ours()).map(({ names, state }) => `${short(names[0])} ${state}`).sort();
    },
    async container(wanted) {
      const found = (await ours()).find(({ names }) => names.includes(`${name}-${wanted}`));
      return found ?? expect.fail(`there is no ${wanted}`);
    },
    kill: (wanted) =>
      new Promise((resolve, reject) => {
        const path = `/containers/${name}-${wanted}/kill`;
        const sent = request({ socketPath: socket, method: "POST", path }, (answer) => {
          answer.resume();
          if (answer.statusCode === 204) resolve();
          else reject(new Error(`${path}: ${answer.statusCode}`));
        });
        sent.once("error", reject).end();
      }),
    async objects() {
      const found = [
        ...(await networks()).map((one) => `network ${short(one.name)}`),
        ...(await volumes()).map((one) => `volume ${short(one.name)}`),
        // One that was built anew leaves its layers behind, without a name.
        ...(await builds()).flatMap(({ references }) => references.map((reference) => `image ${short(reference)}`)),
      ];
      return found.sort();
    },
    async dispose() {
      await remove(() => true);
      for (const { id } of await networks()) await engine.removeNetwork(id, signal);
      for (const volume of await volumes()) await engine.removeVolume(volume.name, signal);
      await removeImages();
      await project.dispose();
    },
  };
}

/** Asks until the answer is as wished, at most for half a minute; the last answer. */
export async function eventually(ask: () => Promise<string>, isGood: (answer: string) => boolean): Promise<string> {
  let answer = "";
  for (let tries = 0; tries < 150; tries++) {
    answer = await ask().catch(String);
    if (isGood(answer)) break;
    await pause(200);
  }
  return answer;
}
