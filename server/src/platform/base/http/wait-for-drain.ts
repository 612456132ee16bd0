/** Waits until all that was written is on its way, or the stream is closed. */
export function waitForDrain(response: NodeJS.EventEmitter, closed: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      response.off('drain', end);
      closed.removeEventListener('abort', end);
      resolve();
    };
    response.once('drain', end);
    closed.addEventListener('abort', end);
    if (closed.aborted) end();
  });
}
