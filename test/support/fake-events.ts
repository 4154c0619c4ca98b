import type { EngineEvent } from "../../controller/core/ports/container-facts.ts";

/** Tells everybody who follows what happens from now on. */
export class FakeEvents {
  private readonly followers = new Set<(event: EngineEvent) => void>();

  tell(event: EngineEvent): void {
    for (const follower of this.followers) follower(event);
  }

  async *follow(signal: AbortSignal, opened?: () => void): AsyncGenerator<EngineEvent> {
    const queue: EngineEvent[] = [];
    let wake = (): void => undefined;
    const follower = (event: EngineEvent): void => {
      queue.push(event);
      wake();
    };
    this.followers.add(follower);
    opened?.();
    signal.addEventListener("abort", () => wake(), { once: true });
    try {
      for (;;) {
        signal.throwIfAborted();
        const event = queue.shift();
        if (event === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else yield event;
      }
    } finally {
      this.followers.delete(follower);
    }
  }
}
