import { all, every, ignored, refused, within, yes, yesBut, type SupportTable } from "./levels.ts";
import { serviceSupport } from "./service.ts";

const keptVolume = yesBut("a volume that is there is not made anew: another value is refused");
const swarmStore = refused("only a Swarm has a store for it");
const loaded = yesBut("worked in when the file is read");
const external = within(yes, { name: yesBut("an older form of `name`") });
const swarmExternal = within(swarmStore, { name: swarmStore });
const models = refused("it needs Docker Model Runner");

/** Every key of the Compose Specification, and what becomes of it. Keys that begin with `x-` are the user's. */
export const supportTable: SupportTable = {
  version: ignored("it means nothing any more"),
  name: yes,
  include: within(yesBut("worked in when the file is read; files of this machine only"), {
    path: loaded,
    env_file: loaded,
    project_directory: loaded,
  }),
  services: within(yes, serviceSupport),
  networks: within(yes, {
    name: yes,
    driver: yes,
    driver_opts: yes,
    ipam: within(yes, {
      driver: yes,
      config: all("subnet", "ip_range", "gateway", "aux_addresses"),
      options: yes,
    }),
    external,
    internal: yes,
    enable_ipv4: yes,
    enable_ipv6: yes,
    attachable: yes,
    labels: yes,
  }),
  volumes: within(yes, {
    name: yes,
    driver: keptVolume,
    driver_opts: keptVolume,
    external,
    labels: yesBut("given to a new volume: no engine changes those of one that is there, and a plan says so"),
  }),
  configs: within(yes, {
    name: yesBut("it names nothing in an engine"),
    content: yes,
    environment: yes,
    file: yes,
    external: swarmExternal,
    labels: ignored("an engine has no configs that could carry them"),
    template_driver: swarmStore,
  }),
  secrets: within(yes, {
    name: yesBut("it names nothing in an engine"),
    environment: yes,
    file: yes,
    external: swarmExternal,
    labels: ignored("an engine has no secrets that could carry them"),
    driver: swarmStore,
    driver_opts: swarmStore,
    template_driver: swarmStore,
  }),
  models: every(models, ["name", "model", "context_size", "runtime_flags"]),
};
