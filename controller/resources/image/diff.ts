import type { ErrorFacts } from "../../core/errors.ts";
import { shortImageId } from "../../core/image-reference.ts";
import { basesOf, isSameKeyPart, keyOf } from "./key.ts";
import { diffLeftovers, isLeftovers } from "./leftovers.ts";
import type {
  BuildInputs,
  BuildSource,
  DesiredImage,
  ImageAction,
  ImageWish,
  ObservedImage,
  ObservedLeftover,
  RegistrySource,
} from "./model.ts";

/** Images that nothing names any more stay, unless it is asked that they go. */
export function diff(wishes: readonly ImageWish[], observed: readonly ObservedImage[]): readonly ImageAction[] {
  const desired = wishes.flatMap((wish) => (isLeftovers(wish) ? [] : [wish]));
  return [
    ...diffNamed(desired, observed),
    ...diffLeftovers(observed.filter((one): one is ObservedLeftover => "leftover" in one)),
  ];
}

function diffNamed(desired: readonly DesiredImage[], observed: readonly ObservedImage[]): readonly ImageAction[] {
  const byReference = new Map(observed.map((image) => [image.reference, image]));
  return desired.flatMap((image): readonly ImageAction[] => {
    const seen = byReference.get(image.reference) ?? { reference: image.reference };
    const { source } = image;
    return source.type === "registry" ? diffPulled(image, source, seen) : diffBuilt(image, source, seen);
  });
}

function diffPulled(desired: DesiredImage, source: RegistrySource, observed: ObservedImage): readonly ImageAction[] {
  const { image } = observed;
  if (image === undefined) {
    if (source.pull === "never") return [refuse(desired, notHere(desired))];
    return [{ ...facts(desired, "not found"), verb: "pull", desired, source }];
  }
  const reason = whyPull(desired, source, observed);
  return reason === undefined ? [] : [{ ...facts(desired, reason), verb: "pull", desired, source, before: image.id }];
}

/** Undefined: what is here will do. */
function whyPull(
  { since }: DesiredImage,
  { pull }: RegistrySource,
  { refreshedAt }: ObservedImage,
): string | undefined {
  if (pull === "missing" || pull === "never") return undefined;
  const atMs = refreshedAt?.getTime() ?? Number.NEGATIVE_INFINITY;
  if (pull === "always") return atMs < since.getTime() ? "asked for on every apply" : undefined;
  return atMs + pull.everyMs <= since.getTime() ? `pulled more than ${duration(pull.everyMs)} ago` : undefined;
}

function diffBuilt(desired: DesiredImage, source: BuildSource, observed: ObservedImage): readonly ImageAction[] {
  const { image, inputs, error } = observed;
  if (error !== undefined) return [refuse(desired, { where: desired.place, ...error })];
  if (inputs === undefined) return [];
  const reason = whyBuild(desired, source, observed, inputs);
  if (reason === undefined) return [];
  return [
    {
      ...facts(desired, reason),
      verb: "build",
      desired,
      source,
      key: { inputs: inputs.digest, config: source.config },
      bases: inputs.bases,
      ...(image === undefined ? {} : { before: image.id }),
    },
  ];
}

function whyBuild(
  { since }: DesiredImage,
  { when, config }: BuildSource,
  { image, refreshedAt, bases = new Map() }: ObservedImage,
  inputs: BuildInputs,
): string | undefined {
  if (image === undefined) return "not found";
  const made = keyOf(image);
  if (made === undefined) return "what has its name was not built from these files";
  const reasons = [
    isSameKeyPart(made.inputs, inputs.digest) ? [] : ["build context or Dockerfile changed"],
    isSameKeyPart(made.config, config) ? [] : ["build settings changed"],
    [...basesOf(image)].flatMap(([reference, id]) => {
      const now = bases.get(reference);
      return now === undefined || now === id ? [] : [`base ${reference} ${shortImageId(id)} → ${shortImageId(now)}`];
    }),
  ].flat();
  if (reasons.length > 0) return reasons.join("; ");
  const isDone = refreshedAt !== undefined && refreshedAt >= since;
  return when === "always" && !isDone ? "asked for on every apply" : undefined;
}

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
] as const;

function duration(ms: number): string {
  const [unit, size] = units.find(([, one]) => ms >= one) ?? (["s", 1_000] as const);
  return `${Math.round(ms / size)} ${unit}`;
}

const facts = ({ id, dependsOn, place }: DesiredImage, reason: string) =>
  ({ kind: "image", id, dependsOn, reason, hazards: [], place }) as const;

const refuse = (desired: DesiredImage, error: ErrorFacts): ImageAction => ({
  ...facts(desired, error.what),
  verb: "refuse",
  error,
});

const notHere = ({ reference, place }: DesiredImage): ErrorFacts => ({
  code: "IMAGE_MISSING",
  what: `image "${reference}" is not here, and \`pull_policy: never\` does not let it be fetched`,
  where: place,
  next: `build or pull it (docker pull ${reference}), or take another \`pull_policy\``,
});
