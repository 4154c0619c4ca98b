import { expect, onTestFinished, test } from "vitest";
import { json, scripted } from "./scripted.ts";

const { signal } = new AbortController();
const docker = { "api-version": "1.45", server: "Docker/26.1.5 (linux)" };
const asked = `GET /v1.45/containers/json?all=1&filters=${encodeURIComponent('{"id":["c"]}')}`;

/** What is asked about one stop, of an engine whose list shows the container like this, one look after the other. */
async function requestsOf(states: readonly string[], says: Readonly<Record<string, string>>) {
  const left = [...states];
  const one = await scripted((request, response) => {
    if (request.method === "POST") return response.writeHead(204).end();
    const [State = "exited"] = left.splice(0, 1);
    if (State === "broken") return json(response, { message: "database is locked" }, 500);
    return json(response, State === "" ? [] : [{ Id: "c", State }]);
  }, says);
  onTestFinished(() => one.close());
  await one.engine.stopContainer("c", { graceMs: 0 }, signal);
  return one.requests;
}

test.each<[string, readonly string[], number]>([
  ["a list that tells of it at once is asked once", ["exited"], 1],
  ["one that does not yet is asked again", ["running", "running", "exited"], 3],
  ["gone is ended, too", ["running", ""], 2],
  ["a list that fails is no failure of the stop", ["running", "broken"], 2],
  ["one that stays as it is was started by somebody else", Array.from({ length: 99 }, () => "running"), 50],
])("a stop: %s", async (_, states, looks) => {
  const stop = "POST /v1.45/containers/c/stop?t=0";
  expect(await requestsOf(states, docker)).toEqual([stop, ...Array.from({ length: looks }, () => asked)]);
});

test("a stop whose list is waited for ends with its signal", async () => {
  const end = new AbortController();
  const reason = new Error("enough");
  const one = await scripted((request, response) => {
    if (request.method === "POST") return response.writeHead(204).end();
    return end.abort(reason);
  }, docker);
  onTestFinished(() => one.close());
  await expect(one.engine.stopContainer("c", { graceMs: 0 }, end.signal)).rejects.toBe(reason);
});

test.each([
  ["Docker 20.10", { "api-version": "1.41", server: "Docker/20.10.24 (linux)" }],
  ["Podman", { "api-version": "1.44", server: "Libpod/5.8.6 (linux)" }],
])("%s writes its list before it answers: nothing is asked", async (_, says) => {
  expect(await requestsOf(["running"], says)).toEqual(["POST /v1.41/containers/c/stop?t=0"]);
});
