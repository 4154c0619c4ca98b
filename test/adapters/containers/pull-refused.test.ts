import { expect, onTestFinished, test } from "vitest";
import { json, scripted } from "./scripted.ts";

// What an engine says when a registry refuses: Docker with its own store of images (20.10) and with containerd's (28).
test.each<[code: string, status: number, message: string]>([
  [
    "REGISTRY_LOGIN",
    500,
    'failed to resolve reference "registry.test/web:1": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials',
  ],
  [
    "REGISTRY_LOGIN",
    500,
    'unknown: failed to resolve reference "registry.test/web:1": unexpected status from HEAD request to https://registry.test/v2/web/manifests/1: 401 Unauthorized',
  ],
  ["REGISTRY_LOGIN", 500, "Head https://registry.test/v2/web/manifests/1: no basic auth credentials"],
  [
    "IMAGE_MISSING",
    404,
    "pull access denied for web, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
  ],
  [
    "IMAGE_MISSING",
    404,
    'failed to resolve reference "registry.test/web:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
  ],
  ["IMAGE_MISSING", 404, 'failed to resolve reference "registry.test/web:1": registry.test/web:1: not found'],
  ["IMAGE_MISSING", 404, "manifest for registry.test/web:1 not found: manifest unknown: manifest unknown"],
  [
    "PULL_FAILED",
    500,
    'unknown: failed to resolve reference "registry.test/web:1": unexpected status from HEAD request to https://registry.test/v2/web/manifests/1: 503 Service Unavailable',
  ],
])("a pull ends with %s: %i %s", async (code, status, message) => {
  const one = await scripted((_, response) => json(response, { message }, status));
  onTestFinished(() => one.close());
  const pulled = one.engine.pullImage("registry.test/web:1", {}, new AbortController().signal);
  await expect(pulled).rejects.toMatchObject({ code });
});
