import { expect, test } from "vitest";
import { readDetails } from "../../../controller/adapters/containers/container-details.ts";
import { meaningOf, refusal } from "../../../controller/adapters/containers/failure.ts";

// Answers as the engines gave them: Docker 20.10 and 28, Podman 4.3 and 5.
test.each<[code: string, status: number, message: string]>([
  [
    "NAME_TAKEN",
    409,
    'Conflict. The container name "/web" is already in use by container "1e4e". You have to remove (or rename) that container to be able to reuse that name.',
  ],
  [
    "NAME_TAKEN",
    500,
    'container create: creating container storage: the container name "web" is already in use by 8236. You have to remove that container to be able to reuse that name: that name is already in use',
  ],
  ["NAME_TAKEN", 409, "network with name front already exists"],
  ["NAME_TAKEN", 409, "network name front already used: network already exists"],
  [
    "NAME_TAKEN",
    500,
    "renaming container b4b7: name q3 already in use, cannot rename container b4b7: container already exists",
  ],
  [
    "NAME_TAKEN",
    500,
    "renaming container 6814: updating container config table with new configuration for container 6814: UNIQUE constraint failed: ContainerConfig.Name",
  ],
  ["ENGINE_BUSY", 500, 'retrieving label for image "c0": reading image "c0": locating image: image not known'],
  ["ENGINE_LACKS", 500, 'container create: unknown mount option "uid=1234": invalid mount option'],
  ["IMAGE_MISSING", 404, "No such image: nope:1"],
  ["IMAGE_MISSING", 404, "no such image: docker.io/library/nope:1: image not known"],
  [
    "PORT_TAKEN",
    500,
    "driver failed programming external connectivity on endpoint web: Bind for 127.0.0.1:8080 failed: port is already allocated",
  ],
  ["PORT_TAKEN", 500, "Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use"],
  ["PORT_TAKEN", 500, "rootlessport listen tcp 127.0.0.1:8080: bind: address already in use"],
  ["PORT_TAKEN", 500, "failed to bind host port 0.0.0.0:8080/tcp: address already in use"],
  [
    "ENGINE_REFUSED",
    500,
    "netavark: error while applying dns entries: aardvark-dns failed to start: Error from child process\nError starting server failed to bind udp listener on 10.89.2.1:53: IO error: Address already in use (os error 98)",
  ],
  ["ADDRESS_TAKEN", 403, "Address already in use"],
  ["ADDRESS_TAKEN", 500, "failed to set up container networking: Address already in use"],
  [
    "ADDRESS_TAKEN",
    500,
    "IPAM error: requested ip address 10.89.0.5 is already allocated to container ID 1e967bae12d2cf693e9e0ed3fa3593c694db671f",
  ],
  [
    "COMMAND_MISSING",
    400,
    'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH: unknown',
  ],
  [
    "COMMAND_MISSING",
    400,
    'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/nope": stat /nope: no such file or directory: unknown',
  ],
  [
    "ENGINE_REFUSED",
    500,
    "runc: runc create failed: unable to start container process: error during container init: error setting rlimits for ready process: error setting rlimit type 7: operation not permitted: OCI permission denied",
  ],
  ["ENGINE_REFUSED", 400, 'invalid mount config for type "bind": bind source path does not exist: /nowhere'],
  ["ENGINE_REFUSED", 409, "Container 8236 is not running"],
  [
    "ENGINE_REFUSED",
    400,
    "client version 1.51 is too old. Minimum supported API version is 1.52, please upgrade your client to a newer version",
  ],
  ["ENGINE_REFUSED", 500, "can only create exec sessions on running containers: container state improper"],
  ["ENGINE_REFUSED", 403, "Pool overlaps with other one on this address space"],
  ["ENGINE_OBJECT_IN_USE", 403, "error while removing network: network front id 38e2 has active endpoints"],
  ["ENGINE_OBJECT_IN_USE", 409, "remove v1: volume is in use - [1e4e]"],
  ["ENGINE_OBJECT_IN_USE", 409, "volume v1 is being used by the following container(s): 8236: volume is being used"],
  [
    "ENGINE_OBJECT_IN_USE",
    409,
    "You cannot remove a running container 1e4e. Stop the container before attempting removal or force remove",
  ],
  [
    "ENGINE_OBJECT_IN_USE",
    409,
    'cannot remove container "/web": container is running: stop the container before removing or force remove',
  ],
  [
    "ENGINE_OBJECT_IN_USE",
    500,
    "cannot remove container 782a as it is running - running or paused containers cannot be removed without force: container state improper",
  ],
  [
    "ENGINE_OBJECT_IN_USE",
    409,
    'conflict: unable to remove repository reference "i:1" (must force) - container 1e4e is using its referenced image 3ea9',
  ],
  ["ENGINE_OBJECT_GONE", 404, "No such container: web"],
  ["ENGINE_OBJECT_GONE", 500, "unable to find network with name or ID qnone: network not found"],
  ["ENGINE_BUSY", 409, "removal of container 1e4e is already in progress"],
  ["ENGINE_BUSY", 500, "context deadline exceeded"],
  ["ENGINE_BUSY", 503, ""],
  ["DISK_FULL", 500, "mkdir /var/lib/docker/overlay2/x: no space left on device"],
  ["REGISTRY_LOGIN", 500, "unauthorized: authentication required"],
  ["ENGINE_LACKS", 501, "not implemented"],
])("%s: %i %s", (code, status, message) => {
  const body = JSON.stringify({ message, cause: "no more than this", response: status });
  expect(meaningOf(refusal(status, body), "doing it").code).toBe(code);
});

test("an answer that is not the engine's is told as it is, and not at any length", () => {
  const proxy = meaningOf(refusal(502, "<html>Bad Gateway</html>"), "listing containers");
  expect(proxy.message).toBe("listing containers: <html>Bad Gateway</html>");
  expect(meaningOf(refusal(500, "x".repeat(1_000_000)), "it").message.length).toBeLessThan(2_100);
});

test("a start that the engine lost hold of is told with the way out, and found in what it says of the container", () => {
  const message = `task ${"1e89cd0d".repeat(8)}: already exists`;
  const told = meaningOf(refusal(500, JSON.stringify({ message })), "starting web");
  expect(told.facts).toMatchObject({ code: "ENGINE_BUSY", next: expect.stringContaining("docker rm") });
  const stuck = (error: string) => readDetails({ State: { Status: "created", Error: error } }).isStuck;
  expect(stuck(message)).toBe(true);
  expect(stuck("transport is closing: unavailable")).toBeUndefined();
});
