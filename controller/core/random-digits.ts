/**
 * Eight hexadecimal digits, for a name that nobody else has: `3f9a01bc`.
 *
 * @param chance from 0 to below 1
 */
export const randomDigits = (chance: number): string =>
  Math.floor(chance * 2 ** 32)
    .toString(16)
    .padStart(8, "0");
