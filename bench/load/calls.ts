import { setTimeout as pause } from 'node:timers/promises';

/** What came of the calls of one name. */
export interface CallTimes {
  /** Milliseconds until the whole answer was there. */
  readonly times: number[];
  /** For streams, milliseconds until the first words were. */
  readonly first: number[];
  /** Those that the caller hung up on. */
  cut: number;
}

/** The caller, with an address of their own: limits by address are not under test. */
export interface Caller {
  readonly address: string;
  readonly token: string | undefined;
}

export interface Call {
  readonly name: string;
  readonly route: string;
  readonly body?: object | undefined;
}

export interface StreamResult {
  readonly session: string;
  readonly content: string;
  /** The caller hangs up after the first words. */
  readonly cut: boolean;
}

/** All calls of a run, and what came of them. */
export interface Calls {
  /** The body of the answer; empty where the call failed. */
  call(caller: Caller, call: Call): Promise<Readonly<Record<string, unknown>>>;
  stream(caller: Caller, of: StreamResult): Promise<void>;
  readonly taken: ReadonlyMap<string, CallTimes>;
  /** What was answered in place of what was asked for, and how often. */
  readonly errors: ReadonlyMap<string, number>;
}

const STREAM = 'message, streamed';

export function callsTo(url: string): Calls {
  const taken = new Map<string, CallTimes>();
  const errors = new Map<string, number>();
  let made = 0;

  const timesOf = (name: string): CallTimes => {
    const known = taken.get(name) ?? { times: [], first: [], cut: 0 };
    taken.set(name, known);
    return known;
  };
  const countError = (name: string, why: string) => {
    const key = `${name}: ${why}`;
    errors.set(key, (errors.get(key) ?? 0) + 1);
  };
  const headersFor = ({ address, token }: Caller, body: object | undefined) => {
    made += 1;
    return {
      'x-forwarded-for': address,
      'idempotency-key': `load-${made}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  };

  function ask(caller: Caller, { route, body }: Omit<Call, 'name'>): Promise<Response> {
    const [method = 'GET', path = '/'] = route.split(' ');
    return fetch(url + path, {
      method,
      headers: headersFor(caller, body),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** A caller that is told to retry asks once more when the answer said to. */
  async function call(caller: Caller, { name, ...asked }: Call) {
    const began = performance.now();
    try {
      let response = await ask(caller, asked);
      const again = response.headers.get('retry-after');
      if (response.status === 409 && again !== null) {
        await response.body?.cancel();
        await pause(Number(again) * 1_000);
        response = await ask(caller, asked);
      }
      const text = await response.text();
      const read = (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>;
      if (response.ok) timesOf(name).times.push(performance.now() - began);
      else countError(name, `${response.status} ${codeIn(read)}`);
      return response.ok ? read : {};
    } catch (error) {
      countError(name, String(error));
      return {};
    }
  }

  async function stream(caller: Caller, { session, content, cut }: StreamResult): Promise<void> {
    const began = performance.now();
    const hangUp = new AbortController();
    const body = { session_id: session, content };
    try {
      const response = await fetch(`${url}/v1/mirror/messages`, {
        method: 'POST',
        headers: { ...headersFor(caller, body), accept: 'text/event-stream' },
        body: JSON.stringify(body),
        signal: hangUp.signal,
      });
      if (!response.ok) return countError(STREAM, `${response.status} ${codeIn(await response.json())}`);
      let first: number | undefined;
      let last = '';
      for await (const event of eventsOf(response)) {
        last = event;
        if (event === 'words') first ??= performance.now() - began;
        if (cut && first !== undefined) break;
      }
      if (first !== undefined) timesOf(STREAM).first.push(first);
      if (cut) timesOf(STREAM).cut += 1;
      else if (last === 'done') timesOf(STREAM).times.push(performance.now() - began);
      else countError(STREAM, `ended with ${last}`);
    } catch (error) {
      countError(STREAM, String(error));
    } finally {
      hangUp.abort();
    }
  }

  return { call, stream, taken, errors };
}

function codeIn(body: unknown): string {
  const { error } = body as { readonly error?: { readonly code?: string } };
  return error?.code ?? 'no code';
}

/** The names of the events of a stream, as they come. */
async function* eventsOf(response: Response): AsyncGenerator<string, void, undefined> {
  let text = '';
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const name = /^event: (.*)$/m.exec(block)?.[1];
      if (name !== undefined) yield name;
    }
  }
}
