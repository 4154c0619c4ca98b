/** What takes a statement back. */
export type Undo =
  | {
      readonly sql: string;
      /** What the person has to know of it. */
      readonly note?: string;
    }
  /** Nothing can be written without knowing what was there before. */
  | { readonly why: string }
  /** There is nothing to take back. */
  | "nothing";

export const why = (reason: string): Undo => ({ why: reason });

/** `create … if not exists`, `create or replace`: whether it was there before is not in the file. */
export const maybeThere = (sql: string): Undo => why(`it may have been there before; if it was not: ${sql}`);

export const replaced = (sql: string): Undo =>
  why(`what it replaces is not in the file: put the text of before here; or, if it is new: ${sql}`);
