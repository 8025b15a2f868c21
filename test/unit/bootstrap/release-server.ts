import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

type Answer = string | Buffer | ((response: ServerResponse) => void);

/** A server of release files on loopback, by path. Gives its address. */
export async function releaseServer(files: Record<string, Answer>): Promise<string> {
  const server = createServer(({ url = "" }, response) => {
    const answer = files[url];
    if (typeof answer === "function") answer(response);
    else if (answer === undefined) response.writeHead(404).end();
    else response.end(answer);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
