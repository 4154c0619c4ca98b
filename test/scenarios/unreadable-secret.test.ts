import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serverUser } from "../../controller/adapters/embedded/server-user.ts";
import type { ErrorFacts } from "../../controller/core/errors.ts";
import { projectRoot } from "../support/build.ts";
import { forThisTest, newProject, type Project } from "../support/scenario.ts";

// Issue "Bad input and faults": a secret's file that this user may not read. Root may read everything, so where the tests
// run as root the command runs as somebody else, from a copy that this one can reach.
const files = {
  ".poststack.yml": `project: { name: shop }
environments:
  dev:
    postgres: { port: PORT0, version: 17, password: { file: secrets/owner } }
`,
};
const place = { file: ".poststack.yml", line: 4, column: 43 };
const other = serverUser("/nowhere");

/** Of this user, who is not the one who runs the command when the tests run as root; else nobody's. */
const closed: readonly [string, (project: Project) => void][] = [
  [
    "a file of mode 0600 that belongs to another",
    (project) => chmodSync(project.path("secrets/owner"), other ? 0o600 : 0),
  ],
  ["a file in a folder that may not be entered", (project) => chmodSync(project.path("secrets"), other ? 0o700 : 0)],
];

test.each(closed)("%s: SECRET_UNREADABLE with its place, exit 1, and nothing is made", async (_name, close) => {
  const project = await forThisTest(newProject(files));
  project.write("secrets/owner", "s3cret", 0o644);
  mkdirSync(project.path("home"));
  cpSync(join(projectRoot, "dist"), project.path("dist"), { recursive: true });
  if (other !== undefined) for (const path of [".", "home"]) chownSync(project.path(path), other.uid, other.gid);
  const apply = () => {
    const ended = spawnSync(process.execPath, [project.path("dist/poststack.cjs"), "apply", "--yes", "--json"], {
      ...{ ...other, cwd: project.root, encoding: "utf8" },
      env: { PATH: process.env.PATH ?? "", HOME: project.path("home") },
    });
    const [answer] = ended.stdout.trim().split("\n");
    return { code: ended.status, ...(JSON.parse(answer ?? "{}") as { readonly errors: readonly ErrorFacts[] }) };
  };
  close(project);
  try {
    expect(apply()).toMatchObject({
      code: 1,
      errors: [
        {
          ...{ code: "SECRET_UNREADABLE", where: place },
          what: `${project.path("secrets/owner")} cannot be read (EACCES)`,
          next: "see that it gives the secret and nothing else to the user who runs Poststack",
        },
      ],
    });
    expect(existsSync(project.path(".poststack"))).toBe(false);
  } finally {
    for (const path of ["secrets", "secrets/owner"]) chmodSync(project.path(path), 0o755);
  }
  // It was this alone that stopped it: readable, it is read, and its mode is what is wrong next.
  expect(apply()).toMatchObject({ code: 1, errors: [{ code: "SECRET_EXPOSED", where: place }] });
});
