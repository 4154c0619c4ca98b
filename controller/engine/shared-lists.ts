import type { ContainerEngine } from "../core/ports/containers.ts";
import type { State } from "../core/ports/state.ts";

/**
 * The engine during one look: each list is asked for once, each build context is read once, and shared by all kinds that
 * need it. Made anew for every look, so that no observation outlives its pass (RELIABILITY 2).
 */
export function sharedLists(engine: ContainerEngine): ContainerEngine {
  const once = <T>(ask: (signal: AbortSignal) => Promise<T>): ((signal: AbortSignal) => Promise<T>) => {
    let answer: Promise<T> | undefined;
    return (signal) => (answer ??= ask(signal));
  };
  const inspected = new Map<string, ReturnType<ContainerEngine["inspectImage"]>>();
  const contexts = new Map<string, ReturnType<ContainerEngine["buildContext"]>>();
  return {
    ...engine,
    facts: once((signal) => engine.facts(signal)),
    containers: once((signal) => engine.containers(signal)),
    networks: once((signal) => engine.networks(signal)),
    volumes: once((signal) => engine.volumes(signal)),
    images: once((signal) => engine.images(signal)),
    inspectImage(reference, signal) {
      const known = inspected.get(reference) ?? engine.inspectImage(reference, signal);
      inspected.set(reference, known);
      return known;
    },
    buildContext(spec, signal) {
      const key = JSON.stringify([spec.context, spec.dockerfile, spec.dockerfileText, spec.except]);
      const known = contexts.get(key) ?? engine.buildContext(spec, signal);
      contexts.set(key, known);
      return known;
    },
  };
}

/** The state during one look, which writes nothing: all kinds know their own by the same token. */
export function sharedState(state: State): State {
  let facts: { readonly read: ReturnType<State["read"]> } | undefined;
  return { ...state, read: () => (facts ??= { read: state.read() }).read };
}
