/** SQL: what stands for a value that nobody is to read, and tells whether two are the same. */
export const secretSetting = (digest: string): string => `'«secret ' || ${digest} || '»'`;

/** Of `name = value`. */
export const isSecretSetting = (setting: string): boolean => / = «secret [0-9a-f]{64}»$/.test(setting);

/** For people: the digest of a short word is as good as the word, to somebody who tries all of them. */
export const withoutDigests = (text: string): string => text.replaceAll(/«secret [0-9a-f]{64}»/g, "«secret»");
