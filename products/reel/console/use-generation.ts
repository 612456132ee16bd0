import { useApi, WIRE } from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { refusalIn } from '@plinth/sdk/errors';
import { reelCalls } from '@plinth/sdk/reel';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Variant } from './variant.tsx';

type Asked = ReplyOf<'POST /v1/create'>;

interface Running {
  readonly draftId: string | undefined;
  readonly generationId: string | undefined;
  readonly isRunning: boolean;
  readonly variants: readonly Variant[];
  readonly failure: Error | null;
}

const IDLE: Running = {
  draftId: undefined,
  generationId: undefined,
  isRunning: false,
  variants: [],
  failure: null,
};

/** A generation from here, told as it is written. */
export function useGeneration() {
  const queries = useQueryClient();
  const [running, setRunning] = useState(IDLE);
  const ended = useRef<AbortController>(undefined);
  const api = useApi();
  const reel = reelCalls(api, WIRE);

  async function follow(ask: (by: typeof api) => Promise<Asked>, onDraft?: (id: string) => void) {
    const { generation_id: id, draft_id: draftId } = await ask(api);
    onDraft?.(draftId);
    const signal = (ended.current = new AbortController()).signal;
    setRunning({ ...IDLE, isRunning: true, draftId, generationId: id });
    for await (const { event, data } of reel.events(id, { signal })) {
      if (event === 'variant') setRunning((was) => ({ ...was, variants: [...was.variants, data] }));
      if (event === 'status' && data.error !== undefined) throw refusalIn(data.error);
      if (event === 'done') setRunning((was) => ({ ...was, variants: data.variants }));
    }
  }

  return {
    ...running,
    async start(...of: Parameters<typeof follow>): Promise<void> {
      setRunning({ ...IDLE, isRunning: true });
      try {
        await follow(...of);
      } catch (error) {
        setRunning((was) => ({ ...was, failure: error instanceof Error ? error : new Error(String(error)) }));
      } finally {
        setRunning((was) => ({ ...was, isRunning: false }));
        await queries.invalidateQueries();
      }
    },
    stop() {
      const { generationId } = running;
      if (generationId !== undefined) void reel.cancel(generationId).catch(() => undefined);
    },
  };
}
