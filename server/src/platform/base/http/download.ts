import { waitForDrain } from './wait-for-drain.ts';
import type { Wire } from './wire.ts';

/** A file on its way to a client, in batches that are read when there is room for them. */
export interface Download {
  /** With its ending: `audit.jsonl`. */
  readonly name: string;
  readonly type: string;
  readonly batches: AsyncIterable<string | Uint8Array>;
}

/** Milliseconds that a client has to read it all: one that stands still is let go. */
const LONGEST = 600_000;

/**
 * Answers a call with a file, batch by batch: no more than one is in memory, however slowly it is read. What fails before
 * the first is answered as an error; what fails later cuts the answer off, so that no client takes a part for the whole.
 */
export async function sendDownload(
  wire: Pick<Wire, 'take'>,
  { name, type, batches }: Download,
  signal: AbortSignal,
): Promise<void> {
  const reading = batches[Symbol.asyncIterator]();
  let next = await reading.next();
  const response = wire.take();
  response.writeHead(200, {
    'content-type': type,
    'content-disposition': `attachment; filename="${name}"`,
  });
  const over = AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]);
  while (next.done !== true) {
    // Room may have come while the batch was read: no event tells of it again.
    if (response.writableNeedDrain) await waitForDrain(response, over);
    if (over.aborted) return void response.destroy();
    response.write(next.value);
    next = await reading.next();
  }
  response.end();
}
