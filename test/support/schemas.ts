import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { projectRoot } from "./build.ts";

const names = ["error", "plan", "event", "status", "answers"] as const;
const base = "https://poststack.dev/schema/";

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
addFormats.default(ajv);
for (const name of names) {
  ajv.addSchema(JSON.parse(readFileSync(join(projectRoot, `schema/${name}.schema.json`), "utf8")) as object);
}

/** What a document has that its schema does not say; empty when it is as documented. `status`, `answers/env list` */
export function misfits(schema: string, document: unknown): readonly string[] {
  const [file = "", definition] = schema.split("/");
  const fragment = definition === undefined ? "" : `#/definitions/${encodeURIComponent(definition)}`;
  const validate = ajv.getSchema(`${base}${file}.schema.json${fragment}`);
  if (validate === undefined) throw new Error(`no schema ${schema}`);
  void validate(document);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
