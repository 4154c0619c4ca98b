import { describe, expect, test } from "vitest";
import { addressesOf, engineHostOf, spokenBy } from "../../controller/cli/containers/addresses.ts";
import { renderAddresses } from "../../controller/cli/render/addresses.ts";
import type { PublishedPort } from "../../controller/core/ports/container-spec.ts";
import { plain } from "../../controller/core/render.ts";

const port = (
  containerPort: number,
  hostPort: PublishedPort["hostPort"] | undefined,
  more: Partial<PublishedPort> = {},
): PublishedPort => ({ containerPort, protocol: "tcp", ...(hostPort === undefined ? {} : { hostPort }), ...more });

describe("where what a container publishes is reached", () => {
  test.each<[string, readonly PublishedPort[], string | undefined, string]>([
    ["a port of the web", [port(80, 8080, { hostIp: "127.0.0.1" })], undefined, "http://127.0.0.1:8080/"],
    [
      "the port that the scheme means by itself",
      [port(80, 80), port(443, 443)],
      undefined,
      "http://127.0.0.1/ https://127.0.0.1/",
    ],
    ["any other port", [port(6379, 6379)], undefined, "127.0.0.1:6379"],
    ["not TCP", [port(80, 8080, { protocol: "udp" })], undefined, "127.0.0.1:8080/udp"],
    ["its check speaks HTTP there", [port(9000, 9001)], undefined, "http://127.0.0.1:9001/"],
    [
      "every address, by both families",
      [port(6379, 1, { hostIp: "0.0.0.0" }), port(6379, 1, { hostIp: "::" })],
      undefined,
      "127.0.0.1:1",
    ],
    ["IPv6 alone", [port(80, 8080, { hostIp: "::" })], undefined, "http://[::1]:8080/"],
    ["one address of several", [port(80, 8080, { hostIp: "192.0.2.7" })], undefined, "http://192.0.2.7:8080/"],
    ["the engine has yet to choose", [port(80, undefined), port(81, { first: 1, last: 9 })], undefined, ""],
    [
      "in the order of ports inside",
      [port(81, 1), port(80, 2), port(81, 0)],
      undefined,
      "http://127.0.0.1:2/ 127.0.0.1:0 127.0.0.1:1",
    ],
    ["an engine elsewhere", [port(80, 8080)], "build.example", "http://build.example:8080/"],
    ["published only over there", [port(80, 8080, { hostIp: "127.0.0.1" })], "build.example", ""],
  ])("%s", (_what, ports, engineHost, expected) => {
    const spoken = spokenBy({ test: ["CMD-SHELL", "wget -q http://localhost:9000/health"] });
    expect(addressesOf(ports, spoken, engineHost).join(" ")).toBe(expected);
  });

  test.each([
    [undefined, undefined],
    ["unix:///var/run/docker.sock", undefined],
    ["tcp://127.0.0.1:2375", undefined],
    ["tcp://[::1]:2375", undefined],
    ["tcp://localhost:2375", undefined],
    ["tcp://build.example:2376", "build.example"],
    ["ssh://me@build.example", "build.example"],
  ])("an engine at %s is at %s", (address, host) => {
    expect(engineHostOf(address)).toBe(host);
  });
});

test("a range of ports does not push the rest off the screen", () => {
  const many = Array.from({ length: 9 }, (_, index) => ({ name: "ftp", address: `127.0.0.1:${index}` }));
  const lines = renderAddresses([...many, { name: "web", address: "http://127.0.0.1/" }], plain);
  expect(lines.map((line) => line.trim().replaceAll(/ +/g, " "))).toEqual([
    ...["ftp 127.0.0.1:0", "ftp 127.0.0.1:1", "ftp 127.0.0.1:2", "ftp 127.0.0.1:3"],
    "… 5 more",
    "web http://127.0.0.1/",
  ]);
});
