import type { Content, Fact } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { Conditioned, ContainerAction, DesiredContainer, Ending } from "./model.ts";

/** Which container of the engine it is about does not count: its id is another one each time it is made. */
export function content(action: ContainerAction): Content {
  switch (action.verb) {
    case "create":
      return containerContent(action.desired);
    case "replace": {
      const { facts, ...keyed } = containerContent(action.desired);
      const inherits = action.inherits.map(({ target }) => target).sort();
      return { facts: { made: facts, order: action.order, inherits, ...conditions(action) }, ...keyed };
    }
    case "restart": {
      const { facts, ...keyed } = containerContent(action.desired);
      const repairs = action.repairs.map(({ type }) => type);
      return { facts: { made: facts, repairs, ...conditions(action) }, ...keyed };
    }
    case "start":
    case "update": {
      const { facts, ...keyed } = containerContent(action.desired);
      return { facts: { made: facts, repairs: action.repairs.map(({ type }) => type) }, ...keyed };
    }
    case "stop":
      return endingContent(action, action.aside === undefined ? {} : { isPutAside: true });
    case "delete":
      return endingContent(action);
    case "refuse":
      return { facts: action.error.code };
    default:
      return unreachable(action);
  }
}

const endingContent = ({ current, preStop, hooks }: Ending, more: Readonly<Record<string, Fact>> = {}): Content => ({
  facts: { name: current.name, preStop: preStop.length, ...more },
  keyed: new Map(hooksOf(hooks)),
});

const hooksOf = (hooks: string | undefined): readonly (readonly [string, string])[] =>
  hooks === undefined ? [] : [["hooks", hooks]];

/** Nothing where there are none. The wish is the same in both cases. */
const conditions = ({ onlyIf, otherwise }: Conditioned): Readonly<Record<string, Fact>> => ({
  ...(onlyIf === undefined ? {} : { onlyIf: onlyIf.map(({ image, madeFrom }) => `${image} ${madeFrom}`).sort() }),
  ...(otherwise === undefined ? {} : { otherwise: [otherwise.verb, content(otherwise).facts] }),
});

function containerContent({
  name,
  spec,
  config,
  needs,
  postStart,
  files,
  hooks,
  hostPaths = [],
}: DesiredContainer): Content {
  return {
    facts: {
      name,
      image: spec.image,
      limits: config.limits,
      files: files.map(({ path }) => path).sort(),
      needs: needs.map(({ id, condition, required }) => `${id} ${condition} ${String(required)}`).sort(),
      postStart: postStart.length,
      // What was agreed to was agreed to with where a link led.
      ...(hostPaths.length === 0 ? {} : { hostPaths }),
    },
    keyed: new Map([["configuration", config.fixed], ...hooksOf(hooks)]),
  };
}
