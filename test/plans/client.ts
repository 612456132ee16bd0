/** The parts of a call besides its path. */
export interface Sent {
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** In the place of `:id`, of `{id}` or of the `X` in `?token=X`. */
  readonly id?: string;
  /** It is put behind the path: `?page=2`. */
  readonly query?: string;
  /** The bearer's token. */
  readonly as?: string | undefined;
}

/** A client that knows nothing but the calls of a plan document, as the document writes them. */
export function planClient(url: string) {
  const made = new Set<string>();
  return {
    /** Every call that it made. */
    made,
    /** Throws for an answer that is none of success. */
    async send(call: string, { json, bytes, headers, id = '', query = '', as = '' }: Sent = {}) {
      made.add(call);
      const [method = '', path = ''] = call.split(' ');
      const body = json === undefined ? bytes : JSON.stringify(json);
      const type = json === undefined ? 'application/octet-stream' : 'application/json';
      const response = await fetch(url + path.replace(/:\w+|\{\w+\}|(?<==)X$/, id) + query, {
        method,
        headers: {
          ...(as === '' ? {} : { authorization: `Bearer ${as}` }),
          ...(body === undefined ? {} : { 'content-type': type }),
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
      });
      if (!response.ok) throw new Error(`${call}: ${response.status} ${await response.text()}`);
      return response;
    },
  };
}
