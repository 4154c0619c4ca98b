import type { ComposeDeploy, ComposeReservations, ComposeResources, ComposeUpdate } from "../deploy-model.ts";
import { present, type Fields } from "./fields.ts";
import { readDeviceRequest } from "./limits.ts";

export function readDeploy(fields: Fields): ComposeDeploy {
  return present({
    mode: fields.text("mode"),
    replicas: fields.integer("replicas"),
    endpoint_mode: fields.text("endpoint_mode"),
    labels: fields.textMap("labels"),
    resources: fields.one("resources", (resources) =>
      present({
        limits: resources.one("limits", readLimits),
        reservations: resources.one("reservations", readReservations),
      }),
    ),
    restart_policy: fields.one("restart_policy", (policy) =>
      present({
        condition: policy.text("condition"),
        delay: policy.duration("delay"),
        max_attempts: policy.integer("max_attempts"),
        window: policy.duration("window"),
      }),
    ),
    update_config: fields.one("update_config", readUpdate),
    rollback_config: fields.one("rollback_config", readUpdate),
    placement: fields.one("placement", (placement) =>
      present({
        constraints: placement.texts("constraints"),
        preferences: placement.list("preferences", (preference) => present({ spread: preference.text("spread") })),
        max_replicas_per_node: placement.integer("max_replicas_per_node"),
      }),
    ),
  });
}

const readLimits = (fields: Fields): ComposeResources =>
  present({ cpus: fields.number("cpus"), memory: fields.bytes("memory"), pids: fields.integer("pids") });

const readReservations = (fields: Fields): ComposeReservations =>
  present({
    cpus: fields.number("cpus"),
    memory: fields.bytes("memory"),
    devices: fields.list("devices", readDeviceRequest),
    generic_resources: fields.list("generic_resources", (resource) =>
      present({
        discrete_resource_spec: resource.one("discrete_resource_spec", (spec) =>
          present({ kind: spec.text("kind"), value: spec.integer("value") }),
        ),
      }),
    ),
  });

const readUpdate = (fields: Fields): ComposeUpdate =>
  present({
    parallelism: fields.integer("parallelism"),
    delay: fields.duration("delay"),
    failure_action: fields.text("failure_action"),
    monitor: fields.duration("monitor"),
    max_failure_ratio: fields.number("max_failure_ratio"),
    order: fields.word("order", ["start-first", "stop-first"]),
  });
