import { Secret } from "../../../core/secret.ts";
import type { ComposeConfig, ComposeModel, ComposeNetwork, ComposeSecret, ComposeVolume } from "../model.ts";
import { present, type Fields } from "./fields.ts";

// The sections beside `services`. Names are there already.

export function readNetwork(fields: Fields): ComposeNetwork {
  return {
    name: fields.text("name") ?? "",
    ...present({
      external: fields.flag("external") === true ? true : undefined,
      driver: fields.text("driver"),
      driver_opts: fields.textMap("driver_opts"),
      ipam: fields.one("ipam", (ipam) =>
        present({
          driver: ipam.text("driver"),
          config: ipam.list("config", (config) =>
            present({
              subnet: config.text("subnet"),
              ip_range: config.text("ip_range"),
              gateway: config.text("gateway"),
              aux_addresses: config.textMap("aux_addresses"),
            }),
          ),
          options: ipam.textMap("options"),
        }),
      ),
      internal: fields.flag("internal"),
      attachable: fields.flag("attachable"),
      enable_ipv4: fields.flag("enable_ipv4"),
      enable_ipv6: fields.flag("enable_ipv6"),
      labels: fields.textMap("labels"),
    }),
  };
}

export function readVolumeResource(fields: Fields): ComposeVolume {
  return {
    name: fields.text("name") ?? "",
    ...present({
      external: fields.flag("external") === true ? true : undefined,
      driver: fields.text("driver"),
      driver_opts: fields.textMap("driver_opts"),
      labels: fields.textMap("labels"),
    }),
  };
}

export function readConfig(fields: Fields, value: string | undefined): ComposeConfig {
  return {
    name: fields.text("name") ?? "",
    ...present({
      file: fields.text("file"),
      content: fields.text("content"),
      environment: fields.text("environment"),
      value,
      labels: fields.textMap("labels"),
    }),
  };
}

export function readSecret(fields: Fields, value: string | undefined): ComposeSecret {
  return {
    name: fields.text("name") ?? "",
    ...present({
      file: fields.text("file"),
      environment: fields.text("environment"),
      value: value === undefined ? undefined : new Secret(value),
      labels: fields.textMap("labels"),
    }),
  };
}

export function readModel(fields: Fields): ComposeModel {
  return {
    model: fields.text("model") ?? "",
    ...present({
      name: fields.text("name"),
      context_size: fields.integer("context_size"),
      runtime_flags: fields.texts("runtime_flags"),
    }),
  };
}
