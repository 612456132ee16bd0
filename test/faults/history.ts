/** One request as it was sent, with what came of it. Times are wall time of this machine, in milliseconds since 1970. */
export interface Exchange {
  /** Sent as X-Request-Id: permits and usage events are found by it. */
  readonly id: string;
  readonly caller: string;
  readonly account: string;
  /** `POST /v1/create`. */
  readonly route: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly body: string;
  /** Which of the API processes was asked. */
  readonly node: number;
  /** The caller meant to leave before the end, and may have. */
  readonly leaves: boolean;
  readonly asked: number;
  readonly ended: number;
  /** Nothing: the connection broke, or no answer came in time. What it did, the rows alone know. */
  readonly answer: Answer | undefined;
  readonly failure?: string;
}

export interface Answer {
  readonly status: number;
  /** Code of an error. */
  readonly code: string | undefined;
  /** The header of that name. */
  readonly retryAfter: string | undefined;
  /** The answer to an earlier request with the same key. */
  readonly replayed: boolean;
  /** False: it broke off in the middle. */
  readonly whole: boolean;
  /** JSON, or the text of a stream, as far as it came. */
  readonly body: unknown;
}

/** What the callers did, in the order in which it ended. */
export interface History {
  readonly exchanges: readonly Exchange[];
  add(exchange: Exchange): void;
}

export function newHistory(): History {
  const exchanges: Exchange[] = [];
  return { exchanges, add: (exchange) => void exchanges.push(exchange) };
}
