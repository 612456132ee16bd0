/** Calls of a server that runs, as any client makes them; what is refused or broken off throws, in a sentence for the operator. */
export interface ServerCaller {
  /** The JSON that answers `POST /v1/create`, or `{}` of an answer without a body. */
  call(line: string, body?: object): Promise<Readonly<Record<string, unknown>>>;
  /** An answer that is read as it comes, for three minutes at most: `GET /v1/generations/…`. */
  open(line: string): Promise<Response>;
  /** An error to throw when the server answers amiss. */
  failure(sentence: string, cause?: unknown): Error;
}

/** A product’s side of the verbs that call a server. */
export interface Visits {
  /** Fills a demo workspace for `plinth seed`, and says a line for each thing; what is there already stays as it is. */
  readonly seed?: ((server: ServerCaller, say: (line: string) => void) => Promise<void>) | undefined;
  /** Tries the product for `plinth smoke` after each roll-out, as a customer uses it, and deletes what it makes: each step is a line. */
  readonly smoke?: ((server: ServerCaller, steps: SmokeSteps) => Promise<void>) | undefined;
  /**
   * Serves MCP on standard input and output for `plinth mcp`, by calls of the server at `url` with the API key `key`, until the input ends.
   * Answers what went wrong, if it was not the input's end.
   */
  readonly mcpOnStdio?:
    | ((server: { readonly url: string; readonly key: string }) => Promise<Error | undefined>)
    | undefined;
}

export interface SmokeSteps {
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  warn(sentence: string): void;
}
