/** Waits until all that was written is on its way, or the stream is closed. */
export function drained(response: NodeJS.EventEmitter, closed: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      response.off('drain', over);
      closed.removeEventListener('abort', over);
      resolve();
    };
    response.once('drain', over);
    closed.addEventListener('abort', over);
    if (closed.aborted) over();
  });
}
