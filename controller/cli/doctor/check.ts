/** One thing that was looked at. */
export interface Check {
  /** `node`, `dev: port 5433`. */
  readonly name: string;
  /** warning: works, and may surprise one day. failed: something will not work. */
  readonly result: "ok" | "warning" | "failed";
  readonly text: string;
  /** The way out. */
  readonly next?: string;
}

export const ok = (name: string, text: string): Check => ({ name, result: "ok", text });
export const warning = (name: string, text: string, next: string): Check => ({ name, result: "warning", text, next });
export const failed = (name: string, text: string, next: string): Check => ({ name, result: "failed", text, next });
