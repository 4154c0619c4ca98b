import { createServer, type AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { EngineBox } from "../../engine/box.ts";

/** An engine that the contract is held against: a real one, or the fake of tests without one. */
export type TestedEngine = Pick<EngineBox, "engine" | "labels" | "signal" | "name" | "empty"> & {
  /** A port of 127.0.0.1 that nobody has now. */
  freePort(): Promise<number>;
  /** Resolves when events that come from now on are told to who asked before. */
  eventsAreFollowed(): Promise<void>;
};

export const realEngine = (box: EngineBox): TestedEngine => ({
  ...box,
  freePort: () =>
    new Promise((resolve, reject) => {
      const server = createServer();
      server.once("error", reject).listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => resolve(port));
      });
    }),
  // Nothing tells that an engine follows; what it tells of the past second would do as well.
  eventsAreFollowed: () => pause(500),
});
