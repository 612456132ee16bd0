import type { ServerCaller, SmokeSteps } from 'plinth/product';

/** Writes a post, follows it as it is written, reads it, saves it and deletes what it saved. */
export async function tryReel(server: ServerCaller, { step, warn }: SmokeSteps): Promise<void> {
  const made = await step('creates', () =>
    server.call('POST /v1/create', {
      platform: 'linkedin',
      topic: 'Why small teams ship faster',
      variants: 1,
    }),
  );
  const line = `GET /v1/generations/${String(made['generation_id'])}`;
  const pieces = await step('streams', () => follow(server, line));
  if (pieces === 1) warn('the stream came at once: does a proxy buffer it?');
  const variant = await step('reads', () => variantOf(server, line));
  const saved = await step('saves', () =>
    server.call('POST /v1/library/assets', { draft_id: made['draft_id'], variant_id: variant }),
  );
  await step('deletes', () => server.call(`DELETE /v1/library/assets/${String(saved['id'])}`));
}

/** Reads the stream of a generation to its end, and answers in how many pieces it came. */
async function follow(server: ServerCaller, line: string): Promise<number> {
  const response = await server.open(line);
  let [text, pieces] = ['', 0];
  const decoder = new TextDecoder();
  try {
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece, { stream: true });
      pieces += 1;
    }
  } catch (cause) {
    throw server.failure(`The answer to ${line} broke off.`, cause);
  }
  if (!/^event: done$/m.test(text)) throw server.failure('The stream ended without the event "done".');
  return pieces;
}

async function variantOf(server: ServerCaller, line: string): Promise<unknown> {
  const { status, variants } = await server.call(`${line}?wait=20`);
  const [first] = Array.isArray(variants) ? (variants as readonly Readonly<Record<string, unknown>>[]) : [];
  if (status !== 'completed' || first === undefined)
    throw server.failure(`The generation is ${String(status)}: the worker's log says why.`);
  return first['id'];
}
