import fc from "fast-check";
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { projectFiles } from "../../../controller/adapters/files.ts";
import { canonical } from "../../../controller/config/compose/canonical.ts";
import { plainOf } from "../../../controller/config/compose/check-schema.ts";
import { loadCompose } from "../../../controller/config/compose/load.ts";
import { merge } from "../../../controller/config/compose/merge.ts";
import { composeDocument } from "../../../controller/config/compose/print.ts";
import { newReport } from "../../../controller/config/compose/report.ts";
import { fileShape } from "../../../controller/config/compose/shape.ts";
import { resolveCompose } from "../../../controller/config/compose/scalar.ts";
import type { Tree } from "../../../controller/config/tree.ts";
import { parseYamlDocuments } from "../../../controller/config/yaml.ts";
import { hasCorpus } from "../../support/corpus.ts";
import { composeCases, home, nameOf, type ComposeCase } from "./corpus-cases.ts";

const shell = (one: ComposeCase): ReadonlyMap<string, string> => new Map(Object.entries(one.env));

describe.skipIf(!hasCorpus)("what is printed means the same when it is read", () => {
  const cases = composeCases.filter(({ expect: wanted }) => wanted === "ok");

  test.each(cases.map((one) => [one.id, one] as const))("%s", (_id, one) => {
    const name = nameOf(one);
    const first = loadCompose({
      files: projectFiles(one.root),
      directory: one.directory,
      composeFiles: one.compose_files,
      shell: shell(one),
      profiles: ["*"],
      home,
      refusesUnsupported: false,
      ...(name === undefined ? {} : { name }),
    });
    const folder = mkdtempSync(join(tmpdir(), "poststack-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const text = stringify(composeDocument(first.project), {
      version: "1.1",
      lineWidth: 0,
      aliasDuplicateObjects: false,
    });
    writeFileSync(join(folder, "compose.yaml"), text);
    const second = loadCompose({
      files: projectFiles(folder),
      directory: folder,
      composeFiles: ["compose.yaml"],
      shell: shell(one),
      profiles: ["*"],
      home,
      refusesUnsupported: false,
    });
    expect(composeDocument(second.project)).toEqual(composeDocument(first.project));
  });
});

describe("merging", () => {
  const name = fc.constantFrom("a", "b", "c");
  const text = fc.constantFrom("x", "y", "z");
  const pairs = fc.oneof(
    fc.dictionary(name, text),
    fc.uniqueArray(fc.tuple(name, text).map(([key, value]) => `${key}=${value}`)),
  );
  const lists = fc.array(text, { maxLength: 3 });
  const service = fc.record(
    {
      image: text,
      command: fc.oneof(text, lists),
      environment: pairs,
      labels: pairs,
      cap_add: lists,
      dns: fc.oneof(text, lists),
      depends_on: fc.uniqueArray(name),
      networks: fc.oneof(
        fc.uniqueArray(name),
        fc.dictionary(name, fc.record({ aliases: lists }, { requiredKeys: [] })),
      ),
      ports: fc.array(fc.constantFrom("80", "80:80", "81:80", "80:80/udp", "80-81:80-81")),
      volumes: fc.array(fc.constantFrom("a:/a", "b:/a", "/c:/c:ro", "/c:/d")),
      ulimits: fc.dictionary(name, fc.oneof(fc.nat(9), fc.record({ soft: fc.nat(9), hard: fc.nat(9) }))),
      healthcheck: fc.record({ test: fc.oneof(text, lists), retries: fc.nat(9) }, { requiredKeys: [] }),
      build: fc.oneof(text, fc.record({ target: text, args: pairs }, { requiredKeys: [] })),
      extra_hosts: fc.dictionary(name, fc.oneof(text, lists)),
    },
    { requiredKeys: [] },
  );
  const document = fc.record({ services: fc.dictionary(name, service) });

  const read = (value: object): Tree => {
    const dialect = { tags: new Set(["!reset"]), resolve: resolveCompose };
    const [tree] = parseYamlDocuments(Buffer.from(stringify(value, { aliasDuplicateObjects: false })), "f", dialect);
    if (tree === undefined) throw new TypeError("no document");
    return canonical(tree, fileShape, newReport());
  };
  const join2 = (a: Tree, b: Tree): Tree => merge(a, b, fileShape, newReport()) ?? a;

  test("three files mean the same, whichever two are joined first", () => {
    fc.assert(
      fc.property(document, document, document, (a, b, c) => {
        const [x, y, z] = [read(a), read(b), read(c)];
        expect(plainOf(join2(join2(x, y), z))).toEqual(plainOf(join2(x, join2(y, z))));
      }),
      { numRuns: 300 },
    );
  });

  test("a file joined with itself says what it says", () => {
    fc.assert(
      fc.property(document, (a) => {
        const x = read(a);
        const kept = plainOf(join2(x, x));
        expect(kept).toEqual(plainOf(join2(join2(x, x), x)));
      }),
      { numRuns: 100 },
    );
  });

  test("short forms expand once: the long form of a long form is itself", () => {
    fc.assert(
      fc.property(document, (a) => {
        const x = read(a);
        expect(plainOf(canonical(x, fileShape, newReport()))).toEqual(plainOf(x));
      }),
      { numRuns: 100 },
    );
  });
});
