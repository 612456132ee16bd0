export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** JSON as it is; the events of a stream as `{ events: [{ event, data }] }`. */
  readonly body: Readonly<Record<string, unknown>>;
}
