import { describe, expect, test } from "vitest";
import type { ContainerSpec } from "../../../controller/core/ports/container-spec.ts";
import { reveal, Secret } from "../../../controller/core/secret.ts";
import { bare, fieldValues } from "./fields.ts";
import type { TestedEngine } from "./tested.ts";

/**
 * RELIABILITY 4: what was asked for is what is observed, field by field. An engine adds what nobody asked for, such as the
 * variables of the image; that is not compared.
 *
 * @param isRefusedByKernel what the engine warned of is not its fault
 * @param unlike fields that this engine does not tell, or not as they were asked for, with what it tells instead
 */
export function roundTrip(
  box: TestedEngine,
  image: string,
  unlike: ReadonlyMap<string, string> = new Map(),
  isRefusedByKernel: (warnings: readonly string[]) => boolean = () => false,
): void {
  const { engine, signal } = box;

  /** Undefined: this machine's kernel cannot do it, as the engine said. */
  const observed = async (spec: ContainerSpec): Promise<ContainerSpec | undefined> => {
    const { id, warnings } = await engine.createContainer(box.name("field"), spec, signal);
    if (isRefusedByKernel(warnings)) return undefined;
    const details = await engine.inspectContainer(id, signal);
    return details?.spec ?? expect.fail("gone");
  };

  describe("what is asked for is what is observed", () => {
    test.each(fieldValues.filter(([field]) => !unlike.has(field)))("%s", async (_, part) => {
      const wanted = { ...bare(image, box.labels), ...part };
      const seen = await observed(wanted);
      if (seen !== undefined) expect(plain(seen)).toMatchObject(plain(part));
    });

    test.each([...unlike])("%s: %s", async (field) => {
      const part = new Map(fieldValues).get(field) ?? expect.fail(`no field ${field}`);
      const seen = await observed({ ...bare(image, box.labels), ...part }).catch((error: unknown) => ({ error }));
      // Once it is told, the difference has to go from the list and from the documentation.
      expect(plain(seen)).not.toMatchObject(plain(part));
    });

    test("labels", async () => {
      const labels = new Map([...box.labels, ["a.b", "c=d"], ["empty", ""]]);
      expect((await observed(bare(image, labels)))?.labels).toEqual(expect.objectContaining(labels));
    });

    test("volumes and networks", async () => {
      const [network, other, volume] = [box.name("n1"), box.name("n2"), box.name("v")];
      for (const name of [network, other]) await engine.createNetwork(name, { labels: box.labels }, signal);
      await engine.createVolume(volume, { labels: box.labels }, signal);
      const part = {
        network: {
          mode: "networks",
          attachments: new Map([
            [other, { aliases: ["web"] }],
            [network, { aliases: ["web", "front"] }],
          ]),
        },
        mounts: [{ type: "volume", name: volume, target: "/data", readOnly: true }],
      } as const;
      const seen = await observed({ ...bare(image, box.labels), ...part });
      expect(plain(seen)).toMatchObject(plain(part));
    });
  });
}

/** Maps as objects and secrets as their text, so that a part can be compared with a whole. */
function plain(value: unknown): object {
  const convert = (entry: unknown): unknown => {
    if (entry instanceof Secret) return reveal(entry);
    if (entry instanceof Map) return Object.fromEntries([...entry].map(([key, inner]) => [key, convert(inner)]));
    if (Array.isArray(entry)) return entry.map(convert);
    if (typeof entry === "object" && entry !== null)
      return Object.fromEntries(Object.entries(entry).map(([key, inner]) => [key, convert(inner)]));
    return entry;
  };
  return convert(value) as object;
}
