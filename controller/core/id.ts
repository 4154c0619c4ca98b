declare const brand: unique symbol;

/** A `Base` that only its own constructor function makes. */
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** `kind:name`, what plans, `--target` and `dependsOn` call a resource. */
export type ResourceId = Brand<string, "ResourceId">;

export const resourceId = (kind: string, name: string): ResourceId => `${kind}:${name}` as ResourceId;

/** The kind part of an id. */
export const kindOf = (id: ResourceId): string => id.slice(0, id.indexOf(":"));

/** The name part of an id. */
export const nameOf = (id: ResourceId): string => id.slice(id.indexOf(":") + 1);
