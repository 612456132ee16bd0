import type { BodyOf, CallOptions, QueryOf } from '../calls.ts';
import { isLocalId } from '../local-only.ts';
import type { Memory } from '../memory.ts';
import type { Schemas } from '../routes.ts';
import type { LocalMemory, LocalMessage } from './store.ts';

type LocalOnly<Body> = Body & { readonly local_only?: boolean | undefined };
type SentMessages = BodyOf<'POST /v1/sessions/{id}/messages'>;

export interface MergedContext {
  /** Those with `local: true` are of this machine. */
  readonly turns: readonly (LocalTurn | Schemas['MemoryTurn'])[];
  readonly tokens: number;
}
type LocalTurn = LocalMessage & Pick<Schemas['MemoryTurn'], 'tokens' | 'score'>;

const MOST_HITS = 200;
const BUDGET = 2_000;

/** The server's memory, and in the same calls what is `local_only`: it is written to the folder and never sent. Ids say which is which. */
export function withLocalMemory(memory: Memory, local: LocalMemory) {
  const { sessions, decisions } = memory;
  return {
    ...memory,
    local,
    sessions: {
      ...sessions,
      create: async (
        { local_only, ...body }: LocalOnly<BodyOf<'POST /v1/sessions'>>,
        options?: CallOptions,
      ) => (local_only ? local.sessions.create(body) : sessions.create(body, options)),
      get: async (id: string, options?: CallOptions) =>
        isLocalId(id) ? local.sessions.get(id) : sessions.get(id, options),
      append: async (id: string, body: SentMessages, options?: CallOptions) =>
        isLocalId(id) ? local.sessions.append(id, body.messages) : sessions.append(id, body, options),
      delete: async (id: string, options?: CallOptions) =>
        isLocalId(id) ? local.sessions.delete(id) : sessions.delete(id, options),
    },
    decisions: {
      ...decisions,
      create: async (
        { local_only, ...body }: LocalOnly<BodyOf<'POST /v1/decisions'>>,
        options?: CallOptions,
      ) => (local_only ? local.decisions.create(body) : decisions.create(body, options)),
      delete: async (id: string, options?: CallOptions) =>
        isLocalId(id) ? local.decisions.delete(id) : decisions.delete(id, options),
    },
    /** Turns of the machine fill half of the budget at most, the server's the rest. The question goes to the server. */
    async relevant(
      { query, budget_tokens: budget = BUDGET }: Omit<QueryOf<'GET /v1/context/relevant'>, 'format'>,
      options?: CallOptions,
    ): Promise<MergedContext> {
      const own: LocalTurn[] = [];
      let used = 0;
      for (const hit of await local.search(query, MOST_HITS)) {
        if (!('session_id' in hit)) continue;
        const tokens = estimateTokens(
          `[${hit.said_at.slice(0, 10)}] ${hit.speaker ?? hit.role}: ${hit.text}\n`,
        );
        if (used + tokens > budget / 2) continue;
        used += tokens;
        own.push({ ...hit, tokens });
      }
      const answered = await memory.relevant({ query, budget_tokens: budget - used }, options);
      const turns = 'turns' in answered ? answered.turns : [];
      return { turns: [...own, ...turns], tokens: used + answered.tokens };
    },
  };
}

/** Rather too many than too few: small letters and spaces are half a token each, all else is one a byte. */
function estimateTokens(text: string): number {
  const letters = text.match(/[a-z ]/g)?.length ?? 0;
  return Math.ceil(letters / 2) + new TextEncoder().encode(text).length - letters;
}
