import { object, text, type Json } from "./answer.ts";
import { decode, messagesAt, textAt } from "./protobuf.ts";

/** What a message of a build tells a person, in lines; and the image, once it is there. */
export interface BuildNews {
  readonly lines: readonly string[];
  readonly imageId?: string;
}

/** Turns a build's messages into lines: those of the classic builder, and BuildKit's traces, each step said once. */
export function buildNews(): { readonly take: (message: Json) => BuildNews; readonly rest: () => readonly string[] } {
  const said = new Set<string>();
  const open = new Map<string, string>();

  /** Fields as in moby/buildkit, api/services/control/control.proto, StatusResponse. */
  function traceLines(trace: Buffer): readonly string[] {
    const status = decode(trace);
    const steps = messagesAt(status, 1).flatMap((vertex) => {
      const [digest, name, error] = [textAt(vertex, 1), textAt(vertex, 3), textAt(vertex, 7)];
      const isCached = vertex.get(4)?.[0] === 1n;
      const isStarted = vertex.has(5);
      const line = error !== "" ? `ERROR ${name}: ${error}` : isCached ? `CACHED ${name}` : isStarted ? name : "";
      // A step is told of again and again while it goes on.
      if (line === "" || said.has(`${digest} ${line}`)) return [];
      said.add(`${digest} ${line}`);
      return [line];
    });
    return [...steps, ...messagesAt(status, 3).flatMap((log) => whole(textAt(log, 1), textAt(log, 4)))];
  }

  /** Output comes in pieces that end anywhere. */
  function whole(step: string, piece: string): readonly string[] {
    const all = ((open.get(step) ?? "") + piece).split("\n");
    open.set(step, all.pop() ?? "");
    return all.map((line) => line.replace(/\r$/, ""));
  }

  function take(message: Json): BuildNews {
    const aux = message["aux"];
    if (message["id"] === "moby.buildkit.trace") {
      try {
        return { lines: traceLines(Buffer.from(text(aux), "base64")) };
      } catch {
        // News that cannot be read are no reason to give up a build.
        return { lines: [] };
      }
    }
    const imageId = text(object(aux)["ID"]);
    const status = text(message["status"]);
    const lines = status === "" ? whole("", text(message["stream"])) : [status];
    return { lines, ...(imageId === "" ? {} : { imageId }) };
  }

  /** What came last without a line end. */
  return { take, rest: () => [...open.values()].filter((line) => line !== "") };
}
