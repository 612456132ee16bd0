/** What a customer's program sees of an answer. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One event of a stream, as the wire has it. */
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface CallOptions {
  readonly body?: object | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A customer's program: it knows the URL and a key, and nothing else of the server. */
export class Customer {
  readonly #url: string;
  readonly #key: string | undefined;
  #made = 0;

  constructor(url: string, key?: string) {
    this.#url = url;
    this.#key = key;
  }

  /** `POST /v1/create`: one call. POSTs carry an Idempotency-Key of their own unless one is given. */
  async call(call: string, { body, headers }: CallOptions = {}): Promise<Reply> {
    const response = await this.#fetch(call, { body, headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
  }

  /** `GET /v1/generations/…`: reads an event stream to its end. */
  async *events(call: string, { body, headers }: CallOptions = {}): AsyncGenerator<StreamEvent> {
    const accept = 'text/event-stream';
    const response = await this.#fetch(call, { body, headers: { accept, ...headers } });
    if (response.body === null) return;
    let text = '';
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
      text += part;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      yield* blocks.flatMap(eventIn);
    }
  }

  async #fetch(call: string, { body, headers }: CallOptions): Promise<Response> {
    const [method = 'GET', path = '/'] = call.split(' ');
    this.#made += 1;
    return fetch(this.#url + path, {
      method,
      headers: {
        ...(this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'POST' && this.#key !== undefined ? { 'idempotency-key': `call-${this.#made}` } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}

function eventIn(block: string): StreamEvent[] {
  const fields = new Map(
    block.split('\n').map((line) => {
      const at = line.indexOf(': ');
      return [line.slice(0, at), line.slice(at + 2)] as const;
    }),
  );
  const [event, data] = [fields.get('event'), fields.get('data')];
  return event === undefined || data === undefined
    ? []
    : [{ id: fields.get('id') ?? '', event, data: JSON.parse(data) }];
}
