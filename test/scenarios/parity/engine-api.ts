import { request } from "node:http";

/** A call of an engine's API as it is, beside the program's own client. @throws Error with what the engine said */
export async function callEngine(socketPath: string, method: string, path: string, body?: object): Promise<Buffer> {
  const [status, answer] = await new Promise<readonly [number, Buffer]>((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request({ socketPath, method, path, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve([response.statusCode ?? 0, Buffer.concat(parts)]));
    });
    sent.once("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
  if (status >= 400) throw new Error(`${method} ${path}: ${status} ${answer.toString("utf8")}`);
  return answer;
}

export const askEngine = async (socket: string, path: string): Promise<unknown> =>
  JSON.parse((await callEngine(socket, "GET", path)).toString("utf8"));
