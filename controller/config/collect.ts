import { errorsOf, type PoststackError } from "../core/errors.ts";

/** Does something and keeps what it throws, so that one mistake does not hide the next. */
export function collect(errors: PoststackError[], attempt: () => unknown): void {
  try {
    attempt();
  } catch (thrown) {
    errors.push(...errorsOf(thrown));
  }
}
