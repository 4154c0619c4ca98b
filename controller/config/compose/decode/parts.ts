import type { ComposeService } from "../service-model.ts";
import { textOf } from "../scalar.ts";
import type {
  ComposeDependency,
  ComposeHealthcheck,
  ComposeHook,
  ComposeServiceNetwork,
  ComposeWatch,
} from "../part-models.ts";
import { present, type Fields } from "./fields.ts";

export function readDependency(fields: Fields): ComposeDependency | undefined {
  const condition = fields.word("condition", ["service_started", "service_healthy", "service_completed_successfully"]);
  if (condition === undefined) return undefined;
  return { condition, required: fields.flag("required") ?? true, ...present({ restart: fields.flag("restart") }) };
}

export function readHealthcheck(fields: Fields): ComposeHealthcheck {
  const test = fields.texts("test");
  const first = test?.[0];
  if (first !== undefined && !["CMD", "CMD-SHELL", "NONE"].includes(first)) {
    const what = `\`${fields.name("test")}\` begins with ${JSON.stringify(first)}`;
    fields.refuse("CONFIG_TYPE", "test", what, 'begin the list with "CMD", "CMD-SHELL" or "NONE", or write one text');
  }
  return present({
    test: test?.length === 0 ? undefined : test,
    interval: fields.duration("interval"),
    timeout: fields.duration("timeout"),
    start_period: fields.duration("start_period"),
    start_interval: fields.duration("start_interval"),
    retries: fields.integer("retries"),
    disable: fields.flag("disable"),
  });
}

export function readHook(fields: Fields): ComposeHook {
  return {
    command: fields.texts("command") ?? [],
    ...present({
      user: fields.text("user"),
      privileged: fields.flag("privileged"),
      working_dir: fields.text("working_dir"),
      environment: fields.nullableMap("environment"),
    }),
  };
}

export function readWatch(fields: Fields): ComposeWatch | undefined {
  const [path, action] = [
    fields.text("path"),
    fields.word("action", ["rebuild", "sync", "restart", "sync+restart", "sync+exec"]),
  ];
  if (path === undefined || action === undefined) return undefined;
  const target = fields.text("target");
  if (target === undefined && action.startsWith("sync")) {
    fields.refuse(
      "CONFIG_TYPE",
      undefined,
      `\`${fields.name()}\` does not say where it syncs to`,
      "write `target: /PATH`",
    );
  }
  return {
    path,
    action,
    ...present({
      target,
      ignore: fields.texts("ignore"),
      include: fields.texts("include"),
      exec: fields.one("exec", readHook),
      initial_sync: fields.flag("initial_sync"),
    }),
  };
}

export function readServiceNetwork(fields: Fields): ComposeServiceNetwork {
  return present({
    aliases: fields.texts("aliases"),
    interface_name: fields.text("interface_name"),
    ipv4_address: fields.text("ipv4_address"),
    ipv6_address: fields.text("ipv6_address"),
    link_local_ips: fields.texts("link_local_ips"),
    mac_address: fields.text("mac_address"),
    driver_opts: fields.textMap("driver_opts"),
    priority: fields.integer("priority"),
    gw_priority: fields.integer("gw_priority"),
  });
}

export function readProvider(fields: Fields): NonNullable<ComposeService["provider"]> {
  const options = fields.map("options", (tree) => {
    if (tree.type === "list") return tree.items.flatMap((item) => (item.type === "scalar" ? [textOf(item)] : []));
    return tree.type === "scalar" ? textOf(tree) : undefined;
  });
  return { type: fields.text("type") ?? "", ...present({ options }) };
}
