import type { ComposeBuild } from "../part-models.ts";
import { present, type Fields } from "./fields.ts";
import { readUlimits } from "./limits.ts";
import { readMount } from "./mounts.ts";

export function readBuild(fields: Fields): ComposeBuild {
  const inline = fields.text("dockerfile_inline");
  const dockerfile = fields.text("dockerfile");
  return {
    context: fields.text("context") ?? "",
    ...present({
      dockerfile: dockerfile ?? (inline === undefined ? "Dockerfile" : undefined),
      dockerfile_inline: inline,
      additional_contexts: fields.textMap("additional_contexts"),
      args: fields.textMap("args"),
      cache_from: fields.texts("cache_from"),
      cache_to: fields.texts("cache_to"),
      entitlements: fields.texts("entitlements"),
      extra_hosts: fields.map("extra_hosts", (tree) =>
        tree.type === "list" ? tree.items.flatMap((item) => (item.type === "scalar" ? [item.text] : [])) : undefined,
      ),
      isolation: fields.text("isolation"),
      labels: fields.textMap("labels"),
      network: fields.text("network"),
      no_cache: fields.flag("no_cache"),
      platforms: fields.texts("platforms"),
      privileged: fields.flag("privileged"),
      provenance: fields.text("provenance"),
      pull: fields.flag("pull"),
      sbom: fields.text("sbom"),
      secrets: fields.list("secrets", readMount),
      shm_size: fields.bytes("shm_size"),
      ssh: fields.textMap("ssh"),
      tags: fields.texts("tags"),
      target: fields.text("target"),
      ulimits: readUlimits(fields),
    }),
  };
}
