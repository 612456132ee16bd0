import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { atEndOfFile } from '@plinth/testkit/closing';

export const TOKEN = 'vercel_blob_rw_Store1_Secret1';
const STORE = 'Store1';

/**
 * A store of Vercel Blob on loopback, as far as the package @vercel/blob calls one: vercel-home.test.ts calls it by that package. `/api` is the
 * API; `/files` stands for the store's private host, which hands nothing out without the token.
 */
export async function openVercelStandIn() {
  const files = new Map<string, { readonly body: Buffer; readonly type: string }>();
  /** Status codes that the next calls are answered; 0: the connection breaks. */
  const faults: number[] = [];
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    void answer(request, response, { files, faults }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  atEndOfFile(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { files, faults, calls, addresses: { api: `${url}/api`, filesOf: () => `${url}/files` } };
}

type Files = Map<string, { readonly body: Buffer; readonly type: string }>;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { files, faults }: { readonly files: Files; readonly faults: number[] },
): Promise<void> {
  const say = (status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const refuse = (status: number, code: string) => say(status, { error: { code, message: code } });
  // A call that breaks off stores nothing.
  const body = await buffer(request);
  const fault = faults.shift();
  if (fault === 0) return void response.destroy();
  if (fault !== undefined) return void refuse(fault, 'service_unavailable');
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://store');
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return void refuse(403, 'forbidden');
  if (pathname.startsWith('/files/')) return sendFile(request, response, files.get(pathname.slice(7)));
  if (request.headers['x-vercel-blob-store-id'] !== STORE || Number(request.headers['x-api-version']) < 11)
    return void refuse(400, 'bad_request');
  const told = (path: string) => ({
    url: `https://${STORE}.private.blob.vercel-storage.com/${path}`,
    pathname: path,
    size: files.get(path)?.body.length ?? 0,
    contentType: files.get(path)?.type,
    uploadedAt: new Date(0).toISOString(),
  });
  if (request.method === 'POST' && pathname === '/api/delete') {
    for (const path of (JSON.parse(String(body)) as { readonly urls: string[] }).urls) files.delete(path);
    return void say(200, {});
  }
  if (request.method === 'PUT') {
    const path = searchParams.get('pathname') ?? '';
    const { 'x-vercel-blob-access': access, 'x-add-random-suffix': suffix } = request.headers;
    const isTaken = files.has(path) && request.headers['x-allow-overwrite'] !== '1';
    if (access !== 'private' || suffix === '1' || isTaken) return void refuse(400, 'bad_request');
    files.set(path, { body, type: String(request.headers['x-content-type']) });
    return void say(200, told(path));
  }
  const named = searchParams.get('url');
  if (named !== null) return void (files.has(named) ? say(200, told(named)) : refuse(404, 'not_found'));
  return void say(200, listOf([...files.keys()], searchParams, told));
}

/** A page. Cursors are opaque, and the order of a page is none that a caller may lean on. */
function listOf(paths: readonly string[], query: URLSearchParams, told: (path: string) => object) {
  const prefix = query.get('prefix') ?? '';
  const from = Number(query.get('cursor') ?? '0');
  const limit = Math.min(Number(query.get('limit') ?? '1000'), 3);
  const below = paths.filter((path) => path.startsWith(prefix));
  const folderOf = (path: string) => {
    const slash = path.indexOf('/', prefix.length);
    return query.get('mode') === 'folded' && slash !== -1 ? path.slice(0, slash + 1) : undefined;
  };
  const page = below.slice(from, from + limit);
  const hasMore = from + limit < below.length;
  return {
    blobs: page.filter((path) => folderOf(path) === undefined).map(told),
    folders: [...new Set(page.flatMap((path) => folderOf(path) ?? []))],
    hasMore,
    ...(hasMore ? { cursor: String(from + limit) } : {}),
  };
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: { readonly body: Buffer; readonly type: string } | undefined,
): void {
  if (file === undefined) return void response.writeHead(404).end();
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const part = from === undefined ? file.body : file.body.subarray(Number(from), Number(to) + 1);
  response.writeHead(from === undefined ? 200 : 206, { 'content-type': file.type }).end(part);
}
