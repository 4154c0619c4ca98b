import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { renderAddress } from "../../../controller/adapters/containers/address.ts";
import { discover } from "../../../controller/adapters/containers/discover.ts";
import { loginFor, registryHeader, registryOf } from "../../../controller/adapters/containers/registry.ts";
import { PoststackError } from "../../../controller/core/errors.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "poststack-home-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const write = (path: string, content: object | string, mode = 0o600): void => {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  chmodSync(file, mode);
};
const surroundings = (variables: Readonly<Record<string, string>> = {}) => ({
  environment: new Map(Object.entries({ XDG_RUNTIME_DIR: join(home, "run"), ...variables })),
  uid: 1000,
  home,
});
const found = (variables?: Readonly<Record<string, string>>): string => {
  const { address, from } = discover(surroundings(variables));
  return `${renderAddress(address)} from ${from}`;
};
const context = (name: string, host: string): void => {
  const hash = createHash("sha256").update(name).digest("hex");
  write(`.docker/contexts/meta/${hash}/meta.json`, { Name: name, Endpoints: { docker: { Host: host } } });
};

describe("the engine that is meant", () => {
  test.each<[string, Readonly<Record<string, string>>, string]>([
    ["a socket", { DOCKER_HOST: "unix:///x/docker.sock" }, "unix:///x/docker.sock from DOCKER_HOST"],
    ["an address", { DOCKER_HOST: "tcp://10.0.0.1" }, "tcp://10.0.0.1:2375 from DOCKER_HOST"],
    ["an address with TLS", { DOCKER_HOST: "tcp://h", DOCKER_TLS: "1" }, "tcp://h:2376 from DOCKER_HOST"],
    ["the port of plain HTTP", { DOCKER_HOST: "tcp://h:80" }, "tcp://h:80 from DOCKER_HOST"],
    ["IPv6", { DOCKER_HOST: "tcp://[::1]:99" }, "tcp://[::1]:99 from DOCKER_HOST"],
    ["without a scheme", { DOCKER_HOST: "h:99" }, "tcp://h:99 from DOCKER_HOST"],
    ["ssh", { DOCKER_HOST: "ssh://me@h:22022" }, "ssh://me@h:22022 from DOCKER_HOST"],
    ["ssh to another socket", { DOCKER_HOST: "ssh://h/run/d.sock" }, "ssh://h/run/d.sock from DOCKER_HOST"],
    ["Podman's variable", { CONTAINER_HOST: "unix:///p.sock" }, "unix:///p.sock from CONTAINER_HOST"],
    [
      "ours, before all others",
      { POSTSTACK_CONTAINER_RUNTIME: "unix:///o.sock", DOCKER_HOST: "unix:///x.sock" },
      "unix:///o.sock from POSTSTACK_CONTAINER_RUNTIME",
    ],
    [
      "Podman, although there is a Docker",
      { POSTSTACK_CONTAINER_RUNTIME: "podman", DOCKER_HOST: "unix:///x.sock", CONTAINER_HOST: "unix:///p.sock" },
      "unix:///p.sock from CONTAINER_HOST",
    ],
  ])("%s", (_, variables, expected) => {
    expect(found(variables)).toBe(expected);
  });

  test("the docker client's context, unless a variable names an engine", () => {
    context("far", "ssh://far");
    write(".docker/config.json", { currentContext: "far" });
    expect(found()).toBe('ssh://far from docker context "far"');
    expect(found({ DOCKER_HOST: "unix:///x.sock" })).toBe("unix:///x.sock from DOCKER_HOST");
    context("near", "unix:///near.sock");
    expect(found({ DOCKER_CONTEXT: "near" })).toBe('unix:///near.sock from docker context "near"');
  });

  test("else the usual places, one's own first", () => {
    write("run/podman/podman.sock", "");
    const podman = `unix://${home}/run/podman/podman.sock from the usual place`;
    expect(found({ POSTSTACK_CONTAINER_RUNTIME: "podman" })).toBe(podman);
    write("run/docker.sock", "");
    expect(found({ POSTSTACK_CONTAINER_RUNTIME: "docker" })).toMatch(/docker\.sock from the usual place$/);
  });

  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ["a context that is not there", { DOCKER_CONTEXT: "gone" }, /docker context "gone" is chosen and does not exist/],
    ["an address that is none", { DOCKER_HOST: "carrier-pigeon://x" }, /DOCKER_HOST is no address/],
    ["a relative socket", { DOCKER_HOST: "unix://x" }, /DOCKER_HOST is no address/],
    ["a socket that a shell would read otherwise", { DOCKER_HOST: "ssh://h/a;reboot" }, /DOCKER_HOST is no address/],
    [
      "TLS without an authority",
      { DOCKER_HOST: "tcp://h", DOCKER_TLS_VERIFY: "1" },
      /there is no ca\.pem in \S+\.docker/,
    ],
    ["an engine that nobody knows", { POSTSTACK_CONTAINER_RUNTIME: "lxc" }, /POSTSTACK_CONTAINER_RUNTIME is "lxc"/],
  ])("%s is refused, not replaced by a guess", (_, variables, message) => {
    expect(() => found(variables)).toThrow(message);
  });

  test("none: what was tried is named", () => {
    try {
      found({ POSTSTACK_CONTAINER_RUNTIME: "podman", XDG_RUNTIME_DIR: "/nowhere" });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(PoststackError);
      expect((error as PoststackError).facts).toMatchObject({
        code: "ENGINE_MISSING",
        details: expect.arrayContaining(["not there: /nowhere/podman/podman.sock"]) as unknown,
      });
    }
  });
});

test("TLS files are looked for where the docker client keeps them: DOCKER_CERT_PATH, else beside its configuration", () => {
  for (const folder of ["certificates", "configuration"]) write(`${folder}/ca.pem`, folder);
  const caOf = (variables: Readonly<Record<string, string>>): string | undefined => {
    const { address } = discover(surroundings({ DOCKER_HOST: "tcp://h", DOCKER_TLS_VERIFY: "1", ...variables }));
    return address.type === "tcp" ? address.tls?.ca?.toString() : undefined;
  };
  const DOCKER_CONFIG = join(home, "configuration");
  expect(caOf({ DOCKER_CONFIG })).toBe("configuration");
  expect(caOf({ DOCKER_CONFIG, DOCKER_CERT_PATH: join(home, "certificates") })).toBe("certificates");
});

describe("the login of a registry", () => {
  const { signal } = new AbortController();
  const login = (registry: string) =>
    loginFor(registry, surroundings({ PATH: `${join(home, "bin")}:/usr/bin:/bin` }), signal);

  test.each([
    ["debian", "https://index.docker.io/v1/"],
    ["me/app:1", "https://index.docker.io/v1/"],
    ["docker.io/me/app", "https://index.docker.io/v1/"],
    ["ghcr.io/me/app", "ghcr.io"],
    ["localhost/app", "localhost"],
    ["registry:5000/app@sha256:0", "registry:5000"],
  ])("%s is of %s", (reference, registry) => {
    expect(registryOf(reference)).toBe(registry);
  });

  test("plain, by token, and by helpers, the registry's own before the general one", async () => {
    const basic = Buffer.from("me:pa:ss").toString("base64");
    write(".docker/config.json", {
      auths: { "plain.test": { auth: basic }, "token.test": { identitytoken: "t" } },
      credHelpers: { "helped.test": "one" },
    });
    const helper =
      '#!/bin/sh\n[ "$1" = get ] && read -r s; echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"for $s\\"}"\n';
    write("bin/docker-credential-one", helper, 0o700);
    expect(await login("plain.test")).toEqual({ serveraddress: "plain.test", username: "me", password: "pa:ss" });
    expect(await login("token.test")).toEqual({ serveraddress: "token.test", identitytoken: "t" });
    expect(await login("helped.test")).toEqual({ serveraddress: "helped.test", identitytoken: "for helped.test" });
    expect(await login("other.test")).toBeUndefined();
  });

  test.each(["", "?", "??", "???>>>"])(
    "is written as engines read it, with padding and the letters of URLs (%s)",
    (text) => {
      const written = registryHeader({ text });
      expect(written).toMatch(/^(?:[\w-]{4})*(?:[\w-]{2}==|[\w-]{3}=)?$/);
      expect(JSON.parse(Buffer.from(written, "base64url").toString())).toEqual({ text });
    },
  );

  test("a helper that fails, is not there or has a path for a name gives no login", async () => {
    write("bin/docker-credential-bad", "#!/bin/sh\necho no; exit 1\n", 0o700);
    for (const credsStore of ["bad", "not-there", "../../bin/sh", "-x", "a b"]) {
      write(".docker/config.json", { credsStore });
      expect(await login("any.test")).toBeUndefined();
    }
  });
});
