import { describe, expect, test } from "vitest";
import { splitWords } from "../../../controller/config/compose/short/words.ts";
import { bytesOf, durationMsOf, renderDuration } from "../../../controller/config/compose/quantities.ts";
import { resolveCompose, textOf } from "../../../controller/config/compose/scalar.ts";
import { service, serviceOf } from "./kit.ts";

const port = (target: number, rest: object = {}): object => ({ mode: "ingress", protocol: "tcp", target, ...rest });

describe("the long form of", () => {
  test.each<[string, object]>([
    ["ports: [80]", { ports: [port(80)] }],
    ['ports: ["8080:80"]', { ports: [port(80, { published: "8080" })] }],
    ['ports: ["8080-8081:80-81"]', { ports: [port(80, { published: "8080" }), port(81, { published: "8081" })] }],
    ['ports: ["8000-8010:80"]', { ports: [port(80, { published: "8000-8010" })] }],
    [
      'ports: ["127.0.0.1:53:53/UDP"]',
      { ports: [port(53, { published: "53", host_ip: "127.0.0.1", protocol: "udp" })] },
    ],
    ['ports: ["127.0.0.1::53"]', { ports: [port(53, { host_ip: "127.0.0.1" })] }],
    ['ports: ["[::1]:80:80"]', { ports: [port(80, { published: "80", host_ip: "::1" })] }],
    ['ports: ["::1:80:80"]', { ports: [port(80, { published: "80", host_ip: "::1" })] }],
    ["ports: [{ target: 80, published: 8080 }]", { ports: [port(80, { published: "8080" })] }],
    ["volumes: ['v:/data']", { volumes: [{ type: "volume", source: "v", target: "/data" }] }],
    [
      "volumes: ['C:\\a:/b', 'c:/a:/d']",
      {
        volumes: [
          { type: "bind", source: "C:\\a", target: "/b", bind: { create_host_path: true } },
          { type: "bind", source: "c:/a", target: "/d", bind: { create_host_path: true } },
        ],
      },
    ],
    ["volumes: [/data]", { volumes: [{ type: "volume", target: "/data" }] }],
    [
      "volumes: [./a:/b/]",
      { volumes: [{ type: "bind", source: "<project>/a", target: "/b", bind: { create_host_path: true } }] },
    ],
    [
      "volumes: ['~/a:/b:ro,rslave,Z']",
      {
        volumes: [
          {
            type: "bind",
            source: "/home/me/a",
            target: "/b",
            read_only: true,
            bind: { create_host_path: true, propagation: "rslave", selinux: "Z" },
          },
        ],
      },
    ],
    [
      "volumes: [{ type: bind, source: a/../c, target: /b }]",
      { volumes: [{ type: "bind", source: "<project>/c", target: "/b" }] },
    ],
    ["tmpfs: /run", { tmpfs: ["/run"] }],
    ["dns: 1.1.1.1", { dns: ["1.1.1.1"] }],
    ['dns: ""', {}],
    ["environment: [A=1, B=, C=a=b]", { environment: { A: "1", B: "", C: "a=b" } }],
    [
      "environment: { A: 1.10, B: true, C: 0x10, D: 1e3, E: yes }",
      { environment: { A: "1.1", B: "true", C: "16", D: "1000", E: "yes" } },
    ],
    ["environment: [A]", { environment: { A: null } }],
    ["labels: [a, b=c]", { labels: { a: "", b: "c" } }],
    ["labels: { a: , b: 2 }", { labels: { a: "", b: "2" } }],
    ["extra_hosts: [a:1.2.3.4, a=5.6.7.8, 'b:::1']", { extra_hosts: ["a=1.2.3.4", "a=5.6.7.8", "b=::1"] }],
    ["extra_hosts: { a: [1.2.3.4, 5.6.7.8], b: '[::1]' }", { extra_hosts: ["a=1.2.3.4", "a=5.6.7.8", "b=[::1]"] }],
    ["command: echo 'a b' c\\ d", { command: ["echo", "a b", "c d"] }],
    ["command: ''", { command: [] }],
    ["command:", {}],
    ["entrypoint: [a, b c]", { entrypoint: ["a", "b c"] }],
    ["healthcheck: { test: a b, interval: 90s }", { healthcheck: { test: ["CMD-SHELL", "a b"], interval: "1m30s" } }],
    ["healthcheck: { test: [NONE] }", { healthcheck: { test: ["NONE"] } }],
    ["ulimits: { nofile: 10, nproc: { soft: 1, hard: 2 } }", { ulimits: { nofile: 10, nproc: { soft: 1, hard: 2 } } }],
    [
      "devices: [/dev/a, /dev/b:/dev/c:r]",
      {
        devices: [
          { source: "/dev/a", target: "/dev/a", permissions: "rwm" },
          { source: "/dev/b", target: "/dev/c", permissions: "r" },
        ],
      },
    ],
    ["gpus: all", { gpus: [{ count: -1 }] }],
    ["gpus: [{ driver: nvidia }]", { gpus: [{ driver: "nvidia", count: -1 }] }],
    ["gpus: [{ device_ids: ['0'] }]", { gpus: [{ device_ids: ["0"] }] }],
    ["mem_limit: 1.5g", { mem_limit: "1610612736" }],
    ["memswap_limit: -1", { memswap_limit: "-1" }],
    ["stop_grace_period: 1h30m", { stop_grace_period: "1h30m0s" }],
    ["cpus: '0.5'", { cpus: 0.5 }],
    ["privileged: 'yes'", { privileged: true }],
    ["expose: [80, '90-91/udp']", { expose: ["80", "90-91/udp"] }],
    ["group_add: [1000, audio]", { group_add: ["1000", "audio"] }],
    ["build: .", { build: { context: "<project>", dockerfile: "Dockerfile" } }],
    ["build: { dockerfile_inline: FROM x }", { build: { context: "<project>", dockerfile_inline: "FROM x" } }],
    [
      "build: { context: sub, args: [A=1, B], tags: [t] }",
      { build: { context: "<project>/sub", dockerfile: "Dockerfile", args: { A: "1" }, tags: ["t"] } },
    ],
    ["pull_policy: if_not_present", { pull_policy: "missing" }],
    ["cpu_rt_period: 1ms", { cpu_rt_period: 1000 }],
    ["logging: { options: { max-size: 10, a: } }", { logging: { options: { "max-size": "10", a: "" } } }],
    ["networks: { n: { aliases: [b], priority: '5' } }", { networks: { n: { aliases: ["b"], priority: 5 } } }],
    ["post_start: [{ command: a b, user: root }]", { post_start: [{ command: ["a", "b"], user: "root" }] }],
    [
      "deploy: { resources: { limits: { memory: 64m, cpus: '2' } } }",
      { deploy: { resources: { limits: { memory: "67108864", cpus: 2 } } } },
    ],
    ["scale: 2\ndeploy: { mode: replicated }", { scale: 2, deploy: { mode: "replicated", replicas: 2 } }],
  ])("%s", (lines, expected) => {
    const text = `${serviceOf(lines)}networks: { n: }\nvolumes: { v: }\n`;
    expect(service(text, { home: "/home/me" })).toEqual({ image: "x", ...expected });
  });

  test("a secret, a config and their modes", () => {
    const text = `${serviceOf("secrets: [s, { source: s, target: t, mode: 0440 }]\nconfigs: [c, { source: c, target: /d, mode: '0444' }]")}secrets: { s: { file: f } }\nconfigs: { c: { content: "1" } }\n`;
    expect(service(text)).toEqual({
      image: "x",
      secrets: [
        { source: "s", target: "/run/secrets/s" },
        { source: "s", target: "t", mode: 0o440 },
      ],
      configs: [
        { source: "c", target: "/c" },
        { source: "c", target: "/d", mode: 0o444 },
      ],
    });
  });

  test("a dependency that is written is not made weaker by a link", () => {
    const text = `${serviceOf("links: [b]\ndepends_on: { b: { condition: service_healthy } }")}  b: { image: x }\n`;
    expect(service(text)).toMatchObject({ depends_on: { b: { condition: "service_healthy", required: true } } });
  });

  test("what a service shares with another one is a dependency", () => {
    const text =
      serviceOf("links: [b:db]\nvolumes_from: [c:ro, container:d]\nipc: service:e\ndepends_on: [f]") +
      ["b", "c", "e", "f"].map((name) => `  ${name}: { image: x }\n`).join("");
    expect(service(text)).toMatchObject({
      depends_on: {
        b: { condition: "service_started", required: true, restart: true },
        c: { condition: "service_started", required: true },
        e: { condition: "service_started", required: true, restart: true },
        f: { condition: "service_started", required: true },
      },
    });
  });
});

test.each<[string, readonly string[] | undefined, string?]>([
  ["a  b\tc", ["a", "b", "c"]],
  [`a "b 'c" 'd "e'`, ["a", "b 'c", 'd "e']],
  [`a""b ''`, ["ab", ""]],
  [`a "b`, undefined],
  ["a \\", undefined],
  ["a; b", ["a"], "; b"],
  ["a 2> b", ["a"], "> b"],
  ["a $HOME `b` (c)", ["a", "$HOME", "`b`", "(c)"]],
  [`'a\\b' "a\\"b"`, ["a\\b", 'a"b']],
])("the words of %s", (line, words, rest) => {
  expect(splitWords(line)).toEqual(
    words === undefined ? undefined : { words, ...(rest === undefined ? {} : { rest }) },
  );
});

test.each<[string, number | undefined]>([
  ["64", 64],
  ["64b", 64],
  ["1k", 1024],
  ["1KiB", 1024],
  ["1.5 g", 1_610_612_736],
  ["1x", undefined],
  ["-1", undefined],
  ["", undefined],
])("%s is so many bytes", (text, bytes) => expect(bytesOf(text)).toBe(bytes));

test.each<[string, number | undefined, string?]>([
  ["90s", 90_000, "1m30s"],
  ["1h", 3_600_000, "1h0m0s"],
  ["1.5s", 1500, "1.5s"],
  ["2d", 172_800_000, "48h0m0s"],
  ["250ms", 250, "250ms"],
  ["100us", 0.1, "100µs"],
  ["0", 0, "0s"],
  ["-5s", -5000, "-5s"],
  ["5", undefined],
  ["s", undefined],
  ["--5s", undefined],
])("%s is so many milliseconds", (text, ms, rendered) => {
  expect(durationMsOf(text)).toBe(ms);
  if (ms !== undefined) expect(renderDuration(ms)).toBe(rendered);
});

test.each<[string, unknown, string]>([
  ["0440", 288, "288"],
  ["0o17", 15, "15"],
  ["0b11", 3, "3"],
  ["1_000", 1000, "1000"],
  ["12345678901234567890", Number("12345678901234567890"), "12345678901234567890"],
  ["-7", -7, "-7"],
  ["1.10", 1.1, "1.1"],
  ["1000000.5", 1000000.5, "1.0000005e+06"],
  ["089", 89, "89"],
  ["yes", "yes", "yes"],
  ["TRUE", true, "true"],
  ["~", null, ""],
  ["2001-01-01", "2001-01-01", "2001-01-01"],
])("unquoted %s is what Go makes of it", (text, value, asText) => {
  const resolved = resolveCompose(text);
  expect(resolved).toBe(value);
  const place = { file: "f", line: 1, column: 1 };
  expect(textOf({ type: "scalar", value: resolved, text, plain: true, place })).toBe(asText);
});
