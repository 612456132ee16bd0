/** An event as it came over the wire. */
export interface Told {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A reader of a stream of events, as a client of this protocol reads it. */
export interface Followed {
  readonly status: number;
  readonly headers: Headers;
  /** The next event; undefined at the end of the stream. */
  next(): Promise<Told | undefined>;
  /** All events that are left. */
  rest(): Promise<Told[]>;
  /** Hangs up. */
  leave(): void;
}

/** Opens a stream, going on after an event that was had before. */
export async function follow(
  url: string,
  how: { readonly key: string; readonly lastEventId?: string | undefined },
): Promise<Followed> {
  const controller = new AbortController();
  const response = await fetch(url, {
    signal: controller.signal,
    headers: {
      authorization: `Bearer ${how.key}`,
      accept: 'text/event-stream',
      ...(how.lastEventId === undefined ? {} : { 'last-event-id': how.lastEventId }),
    },
  });
  const events = eventsIn(response);
  const next = async () => (await events.next()).value ?? undefined;
  return {
    status: response.status,
    headers: response.headers,
    next,
    async rest() {
      const all: Told[] = [];
      for (let one = await next(); one !== undefined; one = await next()) all.push(one);
      return all;
    },
    leave: () => controller.abort(),
  };
}

async function* eventsIn(response: Response): AsyncGenerator<Told, void, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = eventIn(block);
      if (event !== undefined) yield event;
    }
  }
}

/** Comments and the time to come back after are no events. */
function eventIn(block: string): Told | undefined {
  const fields = new Map(
    block.split('\n').map((line) => [line.split(':', 1)[0] ?? '', line.replace(/^\w*: ?/, '')]),
  );
  const [id, event, data] = [fields.get('id'), fields.get('event'), fields.get('data')];
  if (id === undefined || event === undefined || data === undefined) return undefined;
  return { id, event, data: JSON.parse(data) as Told['data'] };
}
