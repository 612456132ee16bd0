import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { runForEverybody } from '#platform/kernel';
import { runInTrace } from '#platform/telemetry';
import type { Engine, SignalCarrier } from './port.ts';

const CHANNEL = 'plinth';
/** PostgreSQL refuses payloads of 8,000 bytes; this leaves room for the longest entry. */
const PAYLOAD_LIMIT = 7_000;

/**
 * Signals between processes over LISTEN and NOTIFY, or a carrier that takes them. NOTIFY serialises commits, so it is never part of a business
 * transaction: what is signalled in one turn of the event loop, or while one NOTIFY is in flight, goes out together.
 */
export function createSignals(engine: Engine) {
  const listeners = new Map<string, Set<(id: string) => void>>();
  const pending = new Set<string>();
  // Entries of this process come back from the database too; it has heard them already.
  const self = randomUUID().slice(0, 8);
  let carrier: SignalCarrier | undefined;
  let listening: Promise<void> | undefined;
  let sending: Promise<void> | undefined;
  let closed = false;

  function deliver(entry: string): void {
    const [topic = '', id = ''] = entry.split(' ', 2);
    const heard = listeners.get(topic);
    if (heard === undefined) return;
    // Work that they begin is no part of the call that signals.
    runForEverybody(() =>
      runInTrace(undefined, () => {
        for (const hear of heard) hear(id);
      }),
    );
  }

  function receive(payload: string): void {
    const [from, ...entries] = payload.split('\n');
    if (from !== self) entries.forEach(deliver);
  }

  async function sendPending(): Promise<void> {
    while (pending.size > 0) {
      let payload = self;
      for (const entry of pending) {
        if (payload.length + entry.length > PAYLOAD_LIMIT) break;
        payload += `\n${entry}`;
        pending.delete(entry);
      }
      if ((await carrier?.publish(payload)) === true) continue;
      await engine.call({ text: `select pg_notify('${CHANNEL}', $1)`, values: [payload] });
    }
  }

  function schedule(): void {
    sending ??= setImmediate()
      .then(() => runForEverybody(sendPending))
      // A lost signal costs a listener its slow poll's interval, nothing more.
      .catch(() => pending.clear())
      .finally(() => {
        sending = undefined;
        // Said between the last look and here.
        if (pending.size > 0) schedule();
      });
  }

  return {
    send(topic: string, id = ''): void {
      const entry = `${topic} ${id}`;
      deliver(entry);
      // The embedded database has one process: there is no other one to tell.
      if (engine.name === 'pglite' || closed) return;
      pending.add(entry);
      schedule();
    },
    hear(topic: string, hear: (id: string) => void): () => void {
      if (engine.name === 'postgres') {
        listening ??= engine.listen(CHANNEL, receive).catch(() => {
          listening = undefined;
        });
      }
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(hear));
      return () => {
        set.delete(hear);
        if (set.size === 0) listeners.delete(topic);
      };
    },
    /** Each process listens to both ways, for each chooses its own for what it sends. */
    carry(other: SignalCarrier): () => void {
      carrier = other;
      const unsubscribe = other.subscribe(receive);
      return () => {
        unsubscribe();
        if (carrier === other) carrier = undefined;
      };
    },
    async close(): Promise<void> {
      closed = true;
      await sending;
      // A connection that is still being made to listen can only be closed once it stands.
      await listening;
    },
  };
}
