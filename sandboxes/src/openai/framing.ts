/** The head of a plain answer. */
export function plainHead(id: string): string {
  return `{"id":"chatcmpl-${id}","created":${Math.floor(Date.now() / 1000)},`;
}

/** The head of each event of one stream. */
export function eventHead(id: string): string {
  return `data: ${plainHead(id)}`;
}

/** The end of a stream. */
export const DONE = 'data: [DONE]\n\n';
