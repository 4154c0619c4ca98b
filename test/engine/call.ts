import { request } from "node:http";

/** A call of an engine's API as it is, for what Poststack itself never asks. Gives the answer's text. */
export function callEngine(socketPath: string, method: string, path: string, body?: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request({ socketPath, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(text));
    });
    sent.once("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}
