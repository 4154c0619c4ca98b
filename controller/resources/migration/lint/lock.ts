import { blockedBy, howLong, waits, type LockMode, type Work } from "../../../core/table-lock.ts";
import { show, type Name } from "./names.ts";

export interface Lock {
  readonly mode: LockMode;
  readonly on: Name;
  readonly work: Work;
}

/** `ACCESS EXCLUSIVE on orders while every row is read: reads and writes wait` */
export const describeLock = ({ mode, on, work }: Lock): string =>
  `${mode} on ${show(on)} ${howLong[work]}: ${waits[blockedBy(mode)]}`;
