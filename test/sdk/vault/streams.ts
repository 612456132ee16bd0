/** The least that a vault takes: tests open many. */
export const QUICK = { memory: 19_456, passes: 2, lanes: 1 };

/** What comes out of a stream that all of this flows through, in pieces of some size. */
export async function through(
  flow: TransformStream<Uint8Array, Uint8Array>,
  bytes: Uint8Array,
  piece = 100_000,
): Promise<Uint8Array<ArrayBuffer>> {
  return collect(streamOf(bytes, piece).pipeThrough(flow));
}

export function streamOf(bytes: Uint8Array, piece = 100_000): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(out) {
      if (at >= bytes.length) return out.close();
      out.enqueue(bytes.slice(at, at + piece));
      at += piece;
    },
  });
}

export async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const out: Uint8Array[] = [];
  for await (const chunk of stream) out.push(chunk);
  return new Uint8Array(Buffer.concat(out));
}
