import type { TypeName } from "@pgsql/types";
import { isFreeChange } from "../lint/type-change.ts";
import { typeKey } from "./asked.ts";
import type { Catalog, Column, TypeFacts } from "./catalog.ts";

/**
 * Whether a column takes another type without a row being written: its values are stored the same, and none has to be
 * checked (manual: ALTER TABLE, Notes; the server's ATColumnChangeRequiresRewrite).
 */
export function keepsStorage(column: Column, type: TypeName, catalog: Catalog): boolean {
  const target = catalog.types.get(typeKey(type));
  if (target === undefined || target.isConstrained) return false;
  const sizes = sizesOf(type);
  const written = target.base ?? withSizes(target.plainType, sizes);
  const old = column.base ?? column.type;
  if (old === written || isFreeChange(old, written)) return true;
  const plainType = column.base ?? column.plainType;
  return sizes.length === 0 && (target.takes.includes(plainType) || isSameMoment(column, target, catalog));
}

/** Whether an index on the column, and a foreign key, are right for the other type as they are. */
export function keepsOrder(column: Column, type: TypeName, catalog: Catalog): boolean {
  const target = catalog.types.get(typeKey(type));
  if (target === undefined) return false;
  const [from, to] = [column.base ?? column.plainType, target.base ?? target.plainType];
  return from === to || alike.some((types) => types.has(from) && types.has(to));
}

/** Types that share their operators. */
const alike = [new Set(["text", "character varying"]), new Set(["inet", "cidr"])];

/** Where the session's time zone is UTC, a timestamp with and one without are stored alike. */
const isSameMoment = ({ plainType }: Column, target: TypeFacts, { isUtc }: Catalog): boolean =>
  isUtc && moments.has(plainType) && moments.has(target.plainType);
const moments = new Set(["timestamp with time zone", "timestamp without time zone"]);

const sizesOf = ({ typmods = [] }: TypeName): readonly number[] =>
  typmods.flatMap((one) => ("A_Const" in one && one.A_Const.ival !== undefined ? [one.A_Const.ival.ival ?? 0] : []));

/** As format_type writes it: behind the name, or behind the first word of `timestamp with time zone`. */
function withSizes(plainType: string, sizes: readonly number[]): string {
  if (sizes.length === 0) return plainType;
  const [, first = plainType, rest = ""] = /^(time|timestamp)( with(?:out)? time zone)$/.exec(plainType) ?? [];
  return `${first}(${sizes.join(",")})${rest}`;
}
