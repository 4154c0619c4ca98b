/** What go-yaml takes for a time where it is not in quotes (resolve.go, allowedTimestampFormats), as Go's parser reads it. */
const form =
  /^(?<year>\d{4})-(?<month>\d\d?)-(?<day>\d\d?)(?:(?<between>[Tt]| +)(?<hour>\d\d?):(?<minute>\d\d?):(?<second>\d\d?)(?:[.,](?<fraction>\d+))?(?<zone>Z|[-+]\d\d:\d\d)?)?$/;

/**
 * The text that an unquoted date or time becomes where Docker Compose wants a text: Go's `2020-01-01 00:00:00 +0000 UTC`
 * (time.Time.String). Undefined: it is no time, also where no calendar has it.
 */
export function timestampText(text: string): string | undefined {
  const found = form.exec(text)?.groups;
  if (found === undefined) return undefined;
  const {
    year = "",
    month = "",
    day = "",
    between,
    hour = "0",
    minute = "0",
    second = "0",
    fraction = "",
    zone,
  } = found;
  // With a T there is a zone, with a space there is none; a date alone has neither.
  if (between !== undefined && between.toLowerCase() === "t" ? zone === undefined : zone !== undefined)
    return undefined;
  const [zoneHour = 0, zoneMinute = 0] = zone?.slice(1).split(":").map(Number) ?? [];
  const isInDay = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  if (!isInDay || zoneHour > 23 || zoneMinute > 59 || !isDay(Number(year), Number(month), Number(day)))
    return undefined;
  const nanoseconds = fraction.slice(0, 9).replace(/0+$/, "");
  const two = (part: string): string => part.padStart(2, "0");
  const date = [year, two(month), two(day)].join("-");
  const time = [two(hour), two(minute), two(second)].join(":");
  return `${date} ${time}${nanoseconds === "" ? "" : `.${nanoseconds}`} ${zoneText(zone)}`;
}

/** A zone that has no name is named by its offset. */
function zoneText(zone = "Z"): string {
  const offset = zone === "Z" ? "+0000" : zone.replace(":", "");
  return /^[-+]0000$/.test(offset) ? "+0000 UTC" : `${offset} ${offset}`;
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  // Not by Date.UTC, for which the year 20 is 1920.
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
