import type { CrashTests, WalkClient } from 'plinth/testing';

/** Asks for a tale, and answers how that ended. */
async function tell({ call }: WalkClient, key: string): Promise<string> {
  const headers = { 'idempotency-key': key };
  const { status, body } = await call('POST /v1/tales', { body: { about: 'a fox' }, headers });
  return status === 200 ? 'told' : String((body['error'] as { code?: unknown } | undefined)?.code);
}

/** How tales is tried by killing the server: all its commits are the kit's, so that each is named here. */
export const crashes: CrashTests = {
  walks: {
    'a tale': {
      customer: tell,
      // A call whose server died while the model answered may have been billed.
      ends: ['told', 'outcome_unknown'],
      at: ['limits.admit', 'ai.answer', 'product.answer-text'],
    },
  },
  next: { customer: tell, ends: ['told'] },
};
