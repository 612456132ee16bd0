import type { CrashTests, Reply, WalkClient } from 'plinth/testing';

/** The call of a chat completion. */
export const CHAT = {
  model: 'sandbox-small',
  messages: [{ role: 'user', content: 'Say hello to the launch crew.' }],
  max_tokens: 200,
};

/** A chat completion, with an Idempotency-Key if one is named; answers whether it was answered, or why not. */
export async function chat(
  { call }: Pick<WalkClient, 'call'>,
  { key, stream = false }: { readonly key?: string; readonly stream?: boolean } = {},
): Promise<string> {
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
  const reply = await call('POST /v1/ai/chat/completions', { body: { ...CHAT, stream }, headers });
  return reply.status === 200 ? 'answered' : codeOf(reply);
}

function codeOf({ body }: Reply): string {
  return (body['error'] as { code?: string } | undefined)?.code ?? 'unknown';
}

/** How the gateway is tried by killing the server at its crash points. */
export const crashes: CrashTests = {
  walks: {
    'a chat call with an Idempotency-Key': {
      customer: (client, key) => chat(client, { key }),
      // The answer, or the clear word that the call's outcome is unknown: it may have been billed.
      ends: ['answered', 'outcome_unknown'],
    },
  },
  next: { customer: (client, key) => chat(client, { key }), ends: ['answered'] },
};
