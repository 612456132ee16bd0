import { randomUUID } from 'node:crypto';
import { isRecord } from '@plinth/testkit/walkers/calls';

export interface TalkAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface TalkInput {
  readonly as?: string;
  readonly body?: unknown;
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A talk with a server, in which every refusal is written down. */
export interface Talk {
  say(call: string, saying?: TalkInput): Promise<TalkAnswer>;
  /** All refusals so far, headers and all. */
  refusals(): string;
}

export function talkTo(url: string): Talk {
  const refused: string[] = [];
  return {
    async say(call, { as, body, raw, headers } = {}) {
      const [method = 'GET', path = '/'] = call.split(' ');
      const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
      const response = await fetch(url + path, {
        method,
        headers: {
          ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
          ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
          ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
          ...headers,
        },
        ...(sent === undefined ? {} : { body: sent }),
      });
      const text = await response.text();
      const { status } = response;
      const heard = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
      if (status >= 400) refused.push(`${method} → ${status}\n${heard}\n${text}`);
      return { status, headers: response.headers, text, body: recordIn(text) };
    },
    refusals: () => refused.join('\n\n'),
  };
}

function recordIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
