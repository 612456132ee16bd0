import { eventsIn } from '@plinth/sdk/events';
import { isRecord, streamError } from '@plinth/sdk/errors';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useAccount } from '../../account.ts';
import type { LedgerEvent } from '../../parts/call-table.tsx';
import type { Api } from '../../session.ts';

/** Most tokens that the answer of a try may have. */
export const MOST_TOKENS = 300;
/** The server ends a chat before that. Milliseconds. */
const LONGEST = 340_000;

/** What became of a call so far. */
export interface TriedCall {
  readonly text: string;
  readonly model: string;
  readonly isRunning: boolean;
  /** Microseconds until the first word, by this browser's clock. */
  readonly firstToken?: number;
  readonly failure?: Error;
  /** Its row of the ledger, once it is settled. */
  readonly row?: LedgerEvent;
}

/** One governed call at a time: its answer as it comes, then its row of the ledger. */
export function useCall() {
  const chosen = useAccount();
  const queries = useQueryClient();
  const [tried, setTried] = useState<TriedCall>();
  const aborting = useRef<AbortController>(null);

  async function send(model: string, prompt: string): Promise<void> {
    if (chosen === undefined) return;
    const { api } = chosen;
    aborting.current = new AbortController();
    const { signal } = aborting.current;
    const began = performance.now();
    let now: TriedCall = { text: '', model, isRunning: true };
    const show = (more: Partial<TriedCall>) => {
      now = { ...now, ...more };
      setTried(now);
    };
    show({});
    try {
      const messages = [{ role: 'user' as const, content: prompt }];
      const response = await api.open(
        'POST /v1/ai/chat/completions',
        { body: { model, max_tokens: MOST_TOKENS, messages, stream: true } },
        { signal, timeout: LONGEST, headers: { accept: 'text/event-stream' } },
      );
      for await (const said of wordsIn(response, signal)) {
        const firstToken = now.firstToken ?? Math.round((performance.now() - began) * 1_000);
        show({ text: now.text + said, firstToken });
      }
      const row = await rowOf(api, response.headers.get('x-request-id'));
      show({ isRunning: false, ...(row === undefined ? {} : { row }) });
    } catch (error) {
      show({ isRunning: false, failure: error instanceof Error ? error : new Error(String(error)) });
    }
    await queries.invalidateQueries({ queryKey: ['usage'] });
  }

  return { tried, send, stop: () => aborting.current?.abort() };
}

async function* wordsIn(response: Response, signal: AbortSignal): AsyncGenerator<string, void> {
  for await (const { data } of eventsIn(response, { signal, patience: LONGEST })) {
    if (data === '[DONE]') return;
    const chunk: unknown = JSON.parse(data);
    if (!isRecord(chunk)) continue;
    if ('error' in chunk) throw streamError(chunk['error']);
    const [choice] = chunk['choices'] as readonly { readonly delta: { readonly content?: string | null } }[];
    const said = choice?.delta.content ?? '';
    if (said !== '') yield said;
  }
}

/** It is settled a moment after the answer has ended. */
async function rowOf(api: Api, requestId: string | null): Promise<LedgerEvent | undefined> {
  if (requestId === null) return undefined;
  for (let tries = 0; tries < 5; tries += 1) {
    const { events } = await api.call('GET /v1/usage', { query: { request_id: requestId, limit: 1 } });
    if (events[0]?.steps != null) return events[0];
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return undefined;
}
