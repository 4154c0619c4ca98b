/** Where in a file something was written. Lines and columns count from 1, columns in UTF-16 code units as editors do. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `file:line:column`, the form that editors and terminals turn into a link. */
export const renderPlace = (place: Place): string => `${place.file}:${place.line}:${place.column}`;

/** Order of places as a reader meets them: by file, then line, then column. */
export function comparePlaces(a: Place, b: Place): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

/** A place that names a file as a whole. */
export const fileStart = (file: string): Place => ({ file, line: 1, column: 1 });
