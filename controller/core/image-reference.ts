import type { ImageFacts } from "./ports/container-images.ts";

/**
 * A reference in its long form: `nginx` and `docker.io/library/nginx:latest` name the same (github.com/distribution/reference,
 * ParseNormalizedNamed and TagNameOnly). Docker lists the short form, Podman the long one.
 */
export function fullReference(reference: string): string {
  if (isImageId(reference)) return reference;
  const [name = "", digest] = reference.split("@", 2);
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const hasDomain = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const path = hasDomain ? name.slice(slash + 1) : name;
  const domain = !hasDomain || first === "index.docker.io" ? "docker.io" : first;
  const whole = domain === "docker.io" && !path.includes("/") ? `library/${path}` : path;
  if (digest !== undefined) return `${domain}/${whole.replace(/:[^:/]*$/, "")}@${digest}`;
  return `${domain}/${whole}${/:[^/]*$/.test(whole) ? "" : ":latest"}`;
}

const component = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const host = "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:]+\\])(?::\\d+)?";
const grammar = new RegExp(
  `^(?:${host}/)?${component}(?:/${component})*(?::\\w[\\w.-]{0,127})?(?:@[A-Za-z][\\w+.-]*:[0-9A-Fa-f]{32,})?$`,
);

/** Whether an engine takes it for an image's name (github.com/distribution/reference, regexp.go) or id. */
export const isReference = (text: string): boolean =>
  isImageId(text) || (text.length <= 255 + 200 && grammar.test(text));

/** Finds the image that a reference, a digest or an id means among these. */
export function imageFinder<I extends Pick<ImageFacts, "id" | "references" | "digests">>(
  images: readonly I[],
): (reference: string) => I | undefined {
  const byName = new Map<string, I>();
  for (const image of images) {
    for (const name of [...image.references, ...image.digests]) byName.set(fullReference(name), image);
  }
  const byId = new Map(images.map((image) => [bareId(image.id), image]));
  return (reference) => {
    if (!isImageId(reference)) return byName.get(fullReference(reference));
    const bare = bareId(reference);
    return byId.get(bare) ?? images.find(({ id }) => bareId(id).startsWith(bare));
  };
}

/** Docker writes `sha256:…`, Podman sometimes only the digits. */
export const bareId = (id: string): string => id.replace(/^sha256:/, "");

/** `sha256:1f6e04b3`: as much of it as a person compares. */
export const shortImageId = (id: string): string => `sha256:${bareId(id).slice(0, 12)}`;

const isImageId = (reference: string): boolean => /^(?:sha256:[0-9a-f]{12,64}|[0-9a-f]{64})$/.test(reference);
