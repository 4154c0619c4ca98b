import type { Conditioned, ContainerAction, ImageChange } from "./model.ts";

// What the plan says of a container whose image is built or pulled first: docs/decisions/0013-replaced-if-the-image-changes.md

type Otherwise = NonNullable<Conditioned["otherwise"]>;

const conditionsOf = (action: ContainerAction): readonly ImageChange[] =>
  action.verb === "replace" || action.verb === "restart" ? (action.onlyIf ?? []) : [];

const otherwiseOf = (action: ContainerAction): Otherwise | undefined =>
  action.verb === "replace" || action.verb === "restart" ? action.otherwise : undefined;

/** `if image:web turns out to be another one` */
const conditionText = (changes: readonly ImageChange[]): string =>
  `if ${[...new Set(changes.map(({ image }) => image))].join(" or ")} turns out to be another one`;

/**
 * On what it depends that this action, or the one in its stead, is of a sort. Undefined: it never is; an empty list: it
 * is in any case.
 */
export function whenIs(
  action: ContainerAction | undefined,
  isOfSort: (action: ContainerAction) => boolean,
): readonly ImageChange[] | undefined {
  if (action === undefined) return undefined;
  const other = whenIs(otherwiseOf(action), isOfSort);
  if (!isOfSort(action)) return other;
  const own = conditionsOf(action);
  return own.length === 0 || other?.length === 0 ? [] : together(own, other ?? []);
}

/**
 * What is to be done where something was to be done already, and one thing more is: the stronger of the two wherever both
 * are due. Undefined: the one that there was says it all.
 *
 * @param added without a condition it is due in any case
 */
export function also(own: ContainerAction | undefined, added: Conditioned): Conditioned | undefined {
  if (own === undefined) return added;
  const less = lessThan(added, own);
  if (less !== undefined) return added.onlyIf === undefined ? added : insteadOf(less, added);
  if (!isOpen(own)) return undefined;
  if (added.verb === "replace" && own.verb === "restart")
    return added.onlyIf === undefined ? added : insteadOf(own, added);
  if (added.verb === "restart" && own.verb === "replace") {
    // Where what it follows is due, so is this one, which is more.
    if (added.onlyIf !== undefined && together(own.onlyIf, added.onlyIf).length === own.onlyIf.length) return undefined;
    const otherwise = also(own.otherwise, added);
    return otherwise === undefined ? undefined : insteadOf(otherwise, own);
  }
  if (added.onlyIf === undefined) return added;
  const onlyIf = together(own.onlyIf, added.onlyIf);
  return onlyIf.length === own.onlyIf.length ? undefined : { ...own, onlyIf };
}

/** What is due in any case, and is less than what comes to it: it is done where that is not. */
function lessThan(added: Conditioned, own: ContainerAction): Otherwise | undefined {
  if (own.verb === "update") return own;
  const isLess = own.verb === "start" || (own.verb === "restart" && !isOpen(own));
  return added.verb === "replace" && isLess ? own : undefined;
}

const isOpen = (action: ContainerAction): action is Conditioned & { readonly onlyIf: readonly ImageChange[] } =>
  conditionsOf(action).length > 0;

const insteadOf = (otherwise: Otherwise | undefined, action: Conditioned): Conditioned =>
  otherwise === undefined ? action : { ...action, otherwise };

function together(one: readonly ImageChange[], other: readonly ImageChange[]): readonly ImageChange[] {
  const known = new Set(one.map(keyOf));
  return [...one, ...other.filter((change) => !known.has(keyOf(change)))];
}

const keyOf = ({ image, madeFrom }: ImageChange): string => `${image} ${madeFrom}`;

/** The same action with a reason that says on what it depends, and what is done otherwise. */
export function explained(action: ContainerAction): ContainerAction {
  if (!isOpen(action)) return action;
  const otherwise = action.otherwise === undefined ? undefined : explained(action.otherwise);
  const reason = [action.reason, conditionText(action.onlyIf)].filter((part) => part !== "").join(", ");
  return {
    ...action,
    reason: otherwise === undefined ? reason : `${reason}; else ${otherwise.verb}: ${otherwise.reason}`,
    hazards: [...new Set([...action.hazards, ...(otherwise?.hazards ?? [])])],
  };
}
