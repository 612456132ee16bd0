import type { IncomingMessage, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen, type ListeningOptions } from './listen.ts';

/** Faults of the next calls: a status, a connection that breaks, or silence. */
export type VectorFault = { readonly status: number } | 'reset' | 'hang';

/** A call as it came, and its answer. */
export interface VectorCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  readonly status: number;
  readonly answer: unknown;
}

export interface VectorSandbox {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  readonly apiKey: string;
  /** Oldest first. */
  readonly calls: VectorCall[];
  /** Each meets one call, in order. */
  readonly faults: VectorFault[];
  /** While true, all calls are refused with 503. */
  isAway: boolean;
  /** Ids that a search answers before the true ones, of any space: as a store that mixes tenants up would. */
  readonly lies: string[];
  /** Ids of all points that it keeps, and the space of each. */
  points(): ReadonlyMap<string, string>;
  /** Forgets all. */
  wipe(): void;
  close(): Promise<void>;
}

/** A refusal, or what a call is answered. */
export interface VectorAnswer {
  readonly status: number;
  readonly answer: object;
}

interface Vendor {
  readonly name: string;
  readonly keyHeader: string;
  readonly refuse: (status: number, message: string) => VectorAnswer;
  /** Throws ZodError for a body of another shape. */
  readonly answer: (call: { readonly route: string; readonly body: unknown }) => VectorAnswer;
}

const API_KEY = 'vector-sandbox-key';

/** Starts a server that answers as a vendor of vectors does. */
export async function serveVectors(vendor: Vendor, options: ListeningOptions) {
  const calls: VectorCall[] = [];
  const faults: VectorFault[] = [];
  const state = { isAway: false };

  async function answerTo(request: IncomingMessage): Promise<VectorAnswer> {
    const path = new URL(request.url ?? '/', 'http://sandbox').pathname;
    const sent = await text(request);
    const body: unknown = sent === '' ? undefined : JSON.parse(sent);
    const method = request.method ?? 'GET';
    const said = answer(`${method} ${path}`, request, body);
    calls.push({ method, path, headers: request.headers, body, ...said });
    return said;
  }
  function answer(route: string, request: IncomingMessage, body: unknown): VectorAnswer {
    if (state.isAway) return vendor.refuse(503, 'told to be away');
    if (request.headers[vendor.keyHeader] !== API_KEY) return vendor.refuse(401, 'Unauthorized');
    try {
      return vendor.answer({ route, body });
    } catch (error) {
      return vendor.refuse(400, String(error));
    }
  }

  const listener: RequestListener = (request, response) => {
    const fault = faults.shift();
    if (fault === 'hang') return;
    if (fault === 'reset') return void request.socket.destroy();
    const said =
      fault === undefined ? answerTo(request) : Promise.resolve(vendor.refuse(fault.status, 'told to'));
    void said.then(({ status, answer: body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  };
  const { url, close } = await listen(vendor.name, listener, options);
  return { url, apiKey: API_KEY, calls, faults, state, close };
}

/** Points by their ids, compared whole. */
export interface KeptPoint {
  readonly space: string;
  readonly values: Float32Array;
}

/** The nearest of a space, by their cosine. */
export function nearestPoints(
  points: ReadonlyMap<string, KeptPoint>,
  { space, to, limit }: { readonly space: string; readonly to: readonly number[]; readonly limit: number },
): { readonly id: string; readonly score: number }[] {
  const query = Float32Array.from(to);
  const scored = [...points]
    .filter(([, point]) => point.space === space)
    .map(([id, { values }]) => ({ id, score: cosine(query, values) }));
  return scored.sort((a, b) => b.score - a.score).slice(0, limit);
}

function cosine(left: Float32Array, right: Float32Array): number {
  let [dot, ofLeft, ofRight] = [0, 0, 0];
  for (let n = 0; n < left.length; n += 1) {
    const [a = 0, b = 0] = [left[n], right[n]];
    dot += a * b;
    ofLeft += a * a;
    ofRight += b * b;
  }
  return dot / Math.sqrt(ofLeft * ofRight);
}
