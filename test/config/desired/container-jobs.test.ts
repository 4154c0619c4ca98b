import { describe, expect, test } from "vitest";
import type { ContainerJob } from "../../../controller/resources/job/model.ts";
import type { Desired } from "../../../controller/resources/index.ts";
import { ensureState, errorsOf, projectOf, told, wishOf, type WishOptions } from "./wish.ts";

// `init: [{ compose: … }]`: the services of a file as jobs.

const base = "postgres: { port: 5499 }\n";
const file = "deploy/init.yml";

const wish = (
  init: string,
  options: WishOptions = {},
  files: Readonly<Record<string, string>> = {},
): Promise<Desired> =>
  wishOf(projectOf(`${base}init: [{ compose: ${file} }]`, { [file]: `services:\n${init}`, ...files }), options);

const jobsOf = ({ resources }: Desired): readonly ContainerJob[] =>
  resources.job.filter((job): job is ContainerJob => job.container !== undefined);

const idsIn = (ids: readonly string[], kind: string): readonly string[] =>
  ids.filter((id) => id.startsWith(`${kind}:`));

test("every service is a job of the step, whose container has no alias and is not started again", async () => {
  const [job] = jobsOf(await wish("  seed: { image: app, command: [seed], restart: on-failure }\n"));
  expect(job).toMatchObject({ id: "job:init-seed", when: "on_change", timeoutMs: 600_000, after: [], helpers: [] });
  expect(job?.container).toMatchObject({ service: "seed", name: "my-app-dev-init-seed-run", image: "image:app" });
  expect(job?.container.spec.restart).toBeUndefined();
  const { network } = job?.container.spec ?? {};
  const aliases = network?.mode === "networks" ? [...network.attachments.values()].map((one) => one.aliases) : [];
  expect(aliases.flat()).not.toContain("seed");
});

test("an alias that the file writes stays", async () => {
  const [job] = jobsOf(await wish("  seed: { image: app, networks: { default: { aliases: [seed] } } }\n"));
  const { network } = job?.container.spec ?? {};
  expect(network?.mode === "networks" && [...network.attachments.values()][0]?.aliases).toContain("seed");
});

test("it needs a server on a container, and what its file names is there before it", async () => {
  const { resources, scope } = await wish("  seed: { image: app, volumes: [data:/data] }\nvolumes: { data: {} }\n");
  expect(resources.instance[0]?.provider).toBe("container");
  expect(resources.network.map(({ id }) => id)).toEqual(["network:default"]);
  expect(resources.volume.map(({ id }) => id)).toEqual(["volume:data", "volume:poststack-postgres"]);
  expect(resources.image.map(({ id }) => id)).toEqual(["image:app", "image:postgres:17"]);
  expect(resources.job[0]?.dependsOn).toEqual(
    expect.arrayContaining(["image:app", "network:default", "volume:data", "database:my_app_dev"]),
  );
  expect([...scope]).toEqual(expect.arrayContaining(["network", "volume", "image", "container"]));
});

test("steps run one after the other, on the host or in containers, and the deployment after all of them", async () => {
  const { resources } = await wishOf(
    projectOf(
      `${base}init:\n  - run: [a]\n  - { compose: ${file}, name: two }\n  - run: [b]\ndeployment: { compose: deploy/app.yml }`,
      {
        [file]:
          "services:\n  seed: { image: app, depends_on: { cache: { condition: service_healthy } } }\n  cache: { image: redis }\n",
        "deploy/app.yml": "services:\n  web: { image: app }\n",
      },
    ),
  );
  expect(resources.job.map(({ id, dependsOn }) => [id, idsIn(dependsOn, "job")])).toEqual([
    ["job:a", []],
    ["job:two-seed", ["job:a", "job:two-cache"]],
    ["job:b", ["job:two-seed", "job:two-cache@end"]],
  ]);
  expect(idsIn(resources.container[0]?.dependsOn ?? [], "job")).toEqual([
    ...["job:a", "job:two-seed", "job:two-cache@end", "job:b"],
  ]);
  expect(resources.container.map(({ id }) => id)).toEqual(["container:web"]);
});

describe("depends_on", () => {
  test.each<[string, string, string, Partial<Record<"dependsOn" | "after" | "helpers", readonly string[]>>]>([
    ["alone waits for the end of a job", "  a: { image: app }\n", "[a]", { dependsOn: ["job:init-a"] }],
    [
      "service_completed_successfully says the same",
      "  a: { image: app, restart: always }\n",
      "{ a: { condition: service_completed_successfully } }",
      { dependsOn: ["job:init-a"] },
    ],
    [
      "required: false waits for its end, well or not",
      "  a: { image: app }\n",
      "{ a: { condition: service_started, required: false } }",
      { after: ["job:init-a"] },
    ],
    [
      "service_healthy makes a helper of it",
      "  a: { image: app }\n",
      "{ a: { condition: service_healthy } }",
      { dependsOn: ["job:init-a"], helpers: ["job:init-a healthy"] },
    ],
    [
      "what is restarted whenever it ends is a helper, too",
      "  a: { image: app, restart: unless-stopped }\n",
      "[a]",
      { dependsOn: ["job:init-a"], helpers: ["job:init-a started"] },
    ],
  ])("%s", async (_name, others, dependsOn, expected) => {
    const jobs = jobsOf(await wish(`${others}  seed: { image: app, depends_on: ${dependsOn} }\n`));
    const seed = jobs.find(({ name }) => name === "init-seed");
    expect({
      dependsOn: idsIn(seed?.dependsOn ?? [], "job"),
      after: seed?.after,
      helpers: seed?.helpers.map(({ helper, condition }) => `${helper.id} ${condition}`),
    }).toEqual({ dependsOn: [], after: [], helpers: [], ...expected });
  });
});

describe("a job's key", () => {
  const seed = (more: string): string => `  seed: { image: "app:\${TAG:-1}"${more} }\n`;
  const changed = async (before: string, after: string, options: readonly WishOptions[] = [{}, {}]) => {
    const project = projectOf(`${base}init: [{ compose: ${file}, inputs: [seed.csv] }]`, {
      [file]: `services:\n${before}`,
      "seed.csv": "1",
      "a.conf": "1",
    });
    await ensureState(project);
    const [one] = jobsOf(await wishOf(project, options[0]));
    project.write(file, `services:\n${after}`);
    const [two] = jobsOf(await wishOf(project, options[1]));
    const names = new Set([...(one?.keyParts.keys() ?? []), ...(two?.keyParts.keys() ?? [])]);
    const parts = [...names].filter((name) => one?.keyParts.get(name) !== two?.keyParts.get(name)).sort();
    expect(one?.key === two?.key).toBe(parts.length === 0);
    return parts;
  };

  test.each<[string, string, string, readonly string[]]>([
    ["the command", ", command: [a]", ", command: [b]", ["command"]],
    ["a variable", ", environment: { A: '1' }", ", environment: { A: '2', B: '1' }", ["variables/A", "variables/B"]],
    ["user and folder", "", ", user: '1', working_dir: /x", ["user", "working_dir"]],
    ["a mount", "", ", volumes: ['./x:/x']", ["volumes"]],
    ["a config", "", ", configs: [c] }\nconfigs: { c: { content: x }", ["files/c"]],
    [
      "not how it is named, watched, limited and reached",
      "",
      ", labels: { commit: abc }, mem_limit: 1g, ports: ['8080:80'], healthcheck: { disable: true }, stop_grace_period: 1s",
      [],
    ],
    ["not an injected variable", ', environment: { H: "${DB_HOST}" }', ', environment: { H: "x-${DB_PORT}" }', []],
    ["not a secret", ', environment: { P: "${DB_PASSWORD}" }', ', environment: { P: "x${DB_PASSWORD}" }', []],
  ])("%s", async (_name, before, after, expected) => {
    expect(await changed(seed(before), seed(after))).toEqual(expected);
  });

  test("not the image's name, which may mean the same", async () => {
    expect(await changed(seed(""), seed(""), [{ shell: { TAG: "1" } }, { shell: { TAG: "2" } }])).toEqual([]);
  });

  test("a value of the shell stands in it as a hash", async () => {
    const init = '  seed: { image: app, environment: { A: "${WORD}", B: open } }\n';
    const [job] = jobsOf(await wish(init, { shell: { WORD: "canary-4711" } }));
    expect(job?.keyParts.get("variables/B")).toBe("open");
    expect(job?.keyParts.get("variables/A")).toMatch(/^[0-9a-f]{12}$/);
  });
});

test("the words of the item count for each of its services", async () => {
  const project = projectOf(
    `${base}init: [{ compose: ${file}, when: always, timeout: 1m, environment: { WORD: hello } }]`,
    { [file]: 'services:\n  a: { image: app, environment: { A: "${WORD}" } }\n  b: { image: app }\n' },
  );
  const jobs = jobsOf(await wishOf(project));
  expect(jobs.map(({ when, timeoutMs, startedAfter }) => [when, timeoutMs, startedAfter instanceof Date])).toEqual([
    ["always", 60_000, true],
    ["always", 60_000, true],
  ]);
  expect(jobs[0]?.container.spec.environment.get("A")).toBe("hello");
});

test("what is left out of something that runs once is told", async () => {
  const told: string[] = [];
  const init = `  seed: { image: app, restart: on-failure, scale: 2, post_start: [{ command: [x] }], pre_stop: [{ command: [x] }] }
  idle: { image: app, restart: always }
`;
  await wish(init, { warn: (what, where) => void told.push(`${where.line}: ${what}`) });
  expect(told).toEqual([
    "2: of a service in `init` one container runs",
    "2: `post_start` is ignored in `init`",
    "2: `pre_stop` is ignored in `init`",
    "2: `restart` is ignored in `init`: a job that failed runs again with the next apply",
    "3: never started: nothing in `init` waits for it",
  ]);
});

test("skipped, its jobs are not spoken of, and what its containers use stays", async () => {
  const { resources, scope } = await wish(
    "  seed: { image: app, volumes: [data:/data], networks: [own] }\nvolumes: { data: {} }\nnetworks: { own: {} }\n",
    {
      skipInit: true,
    },
  );
  expect([resources.job, scope.has("job")]).toEqual([[], false]);
  expect(resources.network.map(({ id }) => id)).toContain("network:own");
  expect(resources.volume.map(({ id }) => id)).toContain("volume:data");
});

test("stopped and removed with the environment, without a variable of its file being known", async () => {
  const init =
    '  seed: { image: "app:${TAG}", volumes: [data:/data], networks: [own] }\nvolumes: { data: {} }\nnetworks: { own: {} }\n';
  expect(await told(wish(init))).toEqual([`VARIABLE_UNDEFINED ${file}:2:18`]);
  const gone = await wish(init, { to: "absent", deleteData: true });
  expect(gone.resources.network.map(({ id, to }) => `${id} ${to}`)).toEqual(["network:own absent"]);
  expect(gone.resources.volume.find(({ id }) => id === "volume:data")).toMatchObject({
    to: "absent",
    deleteData: true,
  });
});

describe("what two files of one environment call the same", () => {
  const both = (init: string, app: string): Promise<Desired> =>
    wishOf(
      projectOf(`${base}init: [{ compose: ${file} }]\ndeployment: { compose: deploy/app.yml }`, {
        [file]: init,
        "deploy/app.yml": app,
      }),
    );
  const with_ = (section: string, value: string): string =>
    `services:\n  a: { image: app, ${section}: [one${section === "volumes" ? ":/x" : ""}] }\n${section}: { one: ${value} }\n`;

  test("is one thing", async () => {
    const { resources } = await both(with_("volumes", "{}"), with_("volumes", "{}"));
    expect(resources.volume.filter(({ id }) => id === "volume:one")).toHaveLength(1);
    expect(resources.image.filter(({ id }) => id === "image:app")).toHaveLength(1);
  });

  test.each(["volumes", "networks"])("has to be the same: %s", async (section) => {
    const [error] = await errorsOf(both(with_(section, "{ driver: other }"), with_(section, "{}")));
    expect(error?.facts).toMatchObject({
      code: "COMPOSE_CONFLICT",
      where: { file },
      details: [expect.stringMatching(/^also at deploy\/app\.yml:3:/)],
    });
  });
});

test.each<[string, string, Readonly<Record<string, string>>, readonly string[]]>([
  [
    "two jobs of one name",
    `init:\n  - { compose: ${file}, name: x }\n  - { run: [b], name: x-seed }`,
    { [file]: "services:\n  seed: { image: app }\n" },
    ["CONFIG_CLASH .poststack.yml:5:20"],
  ],
  [
    "a folder for a container",
    `init: [{ compose: ${file}, cwd: x }]`,
    { [file]: "services:\n  seed: { image: app }\n" },
    ["CONFIG_TYPE .poststack.yml:4:45"],
  ],
  [
    "what lives inside of a container that is gone by then",
    `init: [{ compose: ${file} }]`,
    { [file]: 'services:\n  a: { image: app }\n  b: { image: app, network_mode: "service:a" }\n' },
    [`COMPOSE_REFUSED ${file}:3:3`],
  ],
  [
    "a secret in a command",
    `init: [{ compose: ${file} }]`,
    { [file]: 'services:\n  a: { image: app, command: ["${DB_PASSWORD}"] }\n' },
    [`SECRET_EXPOSED ${file}:2:30`],
  ],
])("refused at its place: %s", async (_name, body, files, expected) => {
  const failing = async (): Promise<unknown> => wishOf(projectOf(body, files));
  expect(await told(failing())).toEqual(expected);
});
