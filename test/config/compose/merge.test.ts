import { describe, expect, test } from "vitest";
import { told } from "../table.ts";
import { load, service, serviceOf, warned } from "./kit.ts";

const both = (first: string, second: string) =>
  service(
    { "a.yaml": serviceOf(first), "b.yaml": `services:\n  a:\n${second.replaceAll(/^(?=.)/gm, "    ")}\n` },
    { composeFiles: ["a.yaml", "b.yaml"] },
  );

describe("of two files the later counts", () => {
  test.each<[string, string, string, object]>([
    ["a single value is replaced", "user: a", "user: b", { user: "b" }],
    ["nothing says nothing", "user: a", "user:", { user: "a" }],
    ["lists are put one after the other", "cap_add: [A]", "cap_add: [B, A]", { cap_add: ["A", "B"] }],
    ["a list and a text", "dns: 1.1.1.1", "dns: [2.2.2.2]", { dns: ["1.1.1.1", "2.2.2.2"] }],
    ["command is replaced", "command: [a, b]", "command: [c]", { command: ["c"] }],
    ["entrypoint is replaced", "entrypoint: a b", "entrypoint: [c]", { entrypoint: ["c"] }],
    [
      "a healthcheck's test is replaced, the rest merges",
      "healthcheck: { test: [CMD, a], retries: 2 }",
      "healthcheck: { test: [CMD, b] }",
      { healthcheck: { test: ["CMD", "b"], retries: 2 } },
    ],
    [
      "environment merges by name, whatever its form",
      "environment: [A=1, B=2]",
      "environment: { B: 3, C: 4 }",
      { environment: { A: "1", B: "3", C: "4" } },
    ],
    ["a variable without a value counts, too", "environment: [A=1]", "environment: [A]", { environment: { A: null } }],
    ["labels merge", "labels: [a=1]", "labels: { b: 2 }", { labels: { a: "1", b: "2" } }],
    ["depends_on merges", "depends_on: []", "depends_on: {}", { depends_on: {} }],
    [
      "ports are one when all of them agrees",
      'ports: ["80:80"]',
      'ports: ["80:80", "81:80"]',
      {
        ports: [
          { mode: "ingress", protocol: "tcp", published: "80", target: 80 },
          { mode: "ingress", protocol: "tcp", published: "81", target: 80 },
        ],
      },
    ],
    [
      "volumes are one by target",
      "volumes: [/a:/x, /b:/y]",
      "volumes: [/c:/x:ro]",
      {
        volumes: [
          { type: "bind", source: "/c", target: "/x", read_only: true, bind: { create_host_path: true } },
          { type: "bind", source: "/b", target: "/y", bind: { create_host_path: true } },
        ],
      },
    ],
    [
      "devices are one by target",
      "devices: [/dev/a:/dev/x]",
      "devices: [/dev/b:/dev/x]",
      { devices: [{ source: "/dev/b", target: "/dev/x", permissions: "rwm" }] },
    ],
    [
      "a ulimit is replaced",
      "ulimits: { nofile: 1, nproc: 2 }",
      "ulimits: { nofile: { soft: 3, hard: 4 } }",
      { ulimits: { nofile: { soft: 3, hard: 4 }, nproc: 2 } },
    ],
    [
      "the options of one log driver merge",
      "logging: { driver: a, options: { x: 1 } }",
      "logging: { options: { y: 2 } }",
      { logging: { driver: "a", options: { x: "1", y: "2" } } },
    ],
    [
      "those of another one are replaced",
      "logging: { driver: a, options: { x: 1 } }",
      "logging: { driver: b, options: { y: 2 } }",
      { logging: { driver: "b", options: { y: "2" } } },
    ],
    [
      "extra_hosts keep every address",
      "extra_hosts: [a:1.1.1.1]",
      "extra_hosts: { a: 2.2.2.2 }",
      { extra_hosts: ["a=1.1.1.1", "a=2.2.2.2"] },
    ],
    ["!reset takes away", "cap_add: [A]\nuser: a", "cap_add: !reset []\nuser: !reset", {}],
    [
      "!reset takes one name away",
      "environment: { A: 1, B: 2 }",
      "environment: { A: !reset null }",
      { environment: { B: "2" } },
    ],
    [
      "!override replaces",
      "cap_add: [A]\nenvironment: [A=1]",
      "cap_add: !override [B]\nenvironment: !override { B: 2 }",
      { cap_add: ["B"], environment: { B: "2" } },
    ],
  ])("%s", (_name, first, second, expected) => {
    expect(both(first, second)).toEqual({ image: "x", ...expected });
  });
});

test("address pools of a network merge by subnet", () => {
  const network = (config: string): string => `networks: { n: { ipam: { config: [${config}] } } }\n`;
  const files = {
    "a.yaml": serviceOf("networks: [n]") + network("{ subnet: 10.0.0.0/8, gateway: 10.0.0.1 }"),
    "b.yaml": network("{ subnet: 10.0.0.0/8, ip_range: 10.1.0.0/16 }, { subnet: 11.0.0.0/8 }"),
  };
  const { project } = load(files, { composeFiles: ["a.yaml", "b.yaml"] });
  expect(project.networks.get("n")?.ipam?.config).toEqual([
    { subnet: "10.0.0.0/8", gateway: "10.0.0.1", ip_range: "10.1.0.0/16" },
    { subnet: "11.0.0.0/8" },
  ]);
});

test("several documents of one file merge like files", () => {
  expect(service(`${serviceOf("user: a")}---\n${serviceOf("cap_add: [A]")}`)).toEqual({
    image: "x",
    user: "a",
    cap_add: ["A"],
  });
});

test("what was a list cannot become a map", () => {
  const files = { "a.yaml": serviceOf("security_opt: [a]"), "b.yaml": serviceOf("security_opt: { a: 1 }") };
  expect(told(() => load(files, { composeFiles: ["a.yaml", "b.yaml"] }))).toContain("CONFIG_TYPE b.yaml:4:19");
});

test("the same target twice in one file is worth a word", () => {
  expect(warned(load(serviceOf("volumes: [/a:/x, /b:/x]")))).toEqual([
    "compose.yaml:4:22 this entry replaces an earlier one of its list, which stands for the same thing",
  ]);
});

test("a value's place is in the file that it came from", () => {
  const files = { "a.yaml": serviceOf("user: a\ntty: true"), "b.yaml": "services:\n  a:\n    user: b\n" };
  const { placeOf } = load(files, { composeFiles: ["a.yaml", "b.yaml"] });
  expect(placeOf(["services", "a", "user"])).toEqual({ file: "b.yaml", line: 3, column: 11 });
  expect(placeOf(["services", "a", "tty"])).toEqual({ file: "a.yaml", line: 5, column: 10 });
  expect(placeOf(["services", "a", "nothing", 3])).toEqual({ file: "b.yaml", line: 2, column: 3 });
});
