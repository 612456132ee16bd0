import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEndOfFile } from '@plinth/testkit/closing';

/** An event as it arrived; what it may hold beyond this is in `text`. */
export interface TrackedEvent {
  readonly event_id: string;
  readonly message: string;
  readonly level: string;
  readonly release: string;
  readonly environment: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly exception?: { readonly values: readonly TrackedException[] };
}

export interface TrackedException {
  readonly type: string;
  readonly value: string;
  readonly stacktrace?: {
    readonly frames: readonly { readonly filename: string; readonly in_app: boolean }[];
  };
}

/** How it answers from now on; `hang`: not at all. */
export type TrackerAnswer = 'hang' | { readonly status: number; readonly headers?: Record<string, string> };

/** A stand-in for a tracker of errors that speaks Sentry's protocol and refuses what that does not allow. */
export interface ErrorTrackerStandIn {
  readonly dsn: string;
  readonly events: readonly TrackedEvent[];
  /** All that was ever sent here, as it was sent. */
  text(): string;
  /** How many requests there were, answered well or not. */
  requests(): number;
  answer(how: TrackerAnswer): void;
}

const KEY = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';
const PATH = '/api/42/envelope/';

export async function errorTrackerStandIn(): Promise<ErrorTrackerStandIn> {
  const events: TrackedEvent[] = [];
  const bodies: string[] = [];
  let how: TrackerAnswer = { status: 200 };
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      bodies.push(`${request.url}\n${JSON.stringify(request.headers)}\n${body}`);
      if (how === 'hang') return;
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
      if (request.method !== 'POST' || pathname !== PATH) return end(reply, 404);
      if (searchParams.get('sentry_key') !== KEY || searchParams.get('sentry_version') !== '7')
        return end(reply, 403);
      if (how.status >= 300) return end(reply, how.status, how.headers);
      const items = itemsOf(body);
      if (items === undefined) return end(reply, 400);
      events.push(
        ...items.filter(({ type }) => type === 'event').map(({ payload }) => payload as TrackedEvent),
      );
      end(reply, 200, how.headers);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEndOfFile(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    dsn: `http://${KEY}@127.0.0.1:${(server.address() as AddressInfo).port}/42`,
    events,
    text: () => bodies.join('\n'),
    requests: () => bodies.length,
    answer(next) {
      how = next;
    },
  };
}

function end(reply: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  reply.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{}');
}

/** The items of an envelope: a header in a line, then of each item a header in a line and its payload. Undefined: it is none. */
function itemsOf(body: string): { readonly type: string; readonly payload: unknown }[] | undefined {
  const [header = '', ...lines] = body.replace(/\n$/, '').split('\n');
  try {
    JSON.parse(header);
    const items: { type: string; payload: unknown }[] = [];
    for (let at = 0; at < lines.length; at += 2) {
      const { type } = JSON.parse(lines[at] ?? '') as { type?: unknown };
      if (typeof type !== 'string') return undefined;
      items.push({ type, payload: JSON.parse(lines[at + 1] ?? '') as unknown });
    }
    return items;
  } catch {
    return undefined;
  }
}
