import { Worker } from 'node:worker_threads';

/** Hears of each commit that is asked of an embedded database of this process, with the thread that is to make it. Returns how to stop. */
export function onCommitAsked(hear: (thread: Worker) => void): () => void {
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (
    this: Worker,
    message: { readonly ask?: { readonly kind: string } },
  ) {
    postMessage.call(this, message);
    if (message.ask?.kind === 'commit' || message.ask?.kind === 'batch') hear(this);
  };
  return () => {
    Worker.prototype.postMessage = postMessage;
  };
}
