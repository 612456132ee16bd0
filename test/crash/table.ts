import type { WalkName } from './walks.ts';

/** Where a crash point lies: in walks that tests take, or outside of them, for a reason. */
export type Place = { readonly walks: readonly WalkName[] } | { readonly because: string };

const ONE_COMMIT = 'one commit is all there is: before it nothing happened, after it everything did';
const AGAIN = 'one delete that is due again and again: what it left undone the next one does';

/** Every crash point of the program. A point that is not here fails the test, and so does one that no walk reaches. */
export const PLACES: Readonly<Record<string, Place>> = {
  'limits.admit': {
    walks: ['a create', 'a create whose customer does not come back', 'a chat call with an Idempotency-Key'],
  },
  'reel.create': { walks: ['a create'] },
  'jobs.take': { walks: ['a create that waits for a worker'] },
  'reel.start': { walks: ['a create'] },
  'ai.dispatch': { walks: ['a create', 'a chat call with an Idempotency-Key', 'a streamed chat call'] },
  'ai.answer': { walks: ['a create', 'a chat call', 'a streamed chat call'] },
  'reel.complete': { walks: ['a create'] },
  'reel.fail': {
    walks: ['a create that the provider refuses', 'a create whose job has been tried too often'],
  },
  'jobs.retry': { walks: ['a create that the provider puts off'] },
  'jobs.recover': { walks: ['a create whose worker died'] },
  'limits.resolve': {
    walks: ['a create at whose first call the provider fails', 'a chat call', 'a streamed chat call'],
  },
  'gateway.answer': { walks: ['a chat call with an Idempotency-Key'] },
  'limits.sweep': { walks: ['a chat call whose process died'] },
  'limits.holder-renew': { walks: ['a create whose provider keeps silent'] },
  'limits.holder-end': { walks: ['a create before the process stops'] },
  'rates.taken': { walks: ['a create'] },
  'identity.key-used': { walks: ['a create'] },

  'limits.holder-start': { walks: ['a first start'] },
  'entitlements.sync-begun': { walks: ['a first start'] },
  'entitlements.sync-rewritten': { walks: ['a start with other plans than before'] },
  'entitlements.sync-ended': { walks: ['a first start'] },
  'identity.signing-key': { walks: ['a first start'] },
  'server.owner': { walks: ['a first start'] },

  'jobs.finish': {
    because:
      'every handler ends its own job; this is left for a failure that could not be stored eight times, and is one commit',
  },
  'jobs.prune': { because: AGAIN },
  'idempotency.swept': { because: AGAIN },
  'rates.swept': { because: AGAIN },
  'accounts.invitee-looked-up': { because: ONE_COMMIT },
  'accounts.member-added': { because: ONE_COMMIT },
  'accounts.member-change': { because: ONE_COMMIT },
  'accounts.organization-change': { because: ONE_COMMIT },
  'accounts.organization-made': { because: ONE_COMMIT },
  'billing.granted': { because: ONE_COMMIT },
  'billing.revoked': { because: ONE_COMMIT },
  'identity.key-made': { because: ONE_COMMIT },
  'identity.key-revoke': { because: ONE_COMMIT },
  'identity.login': { because: ONE_COMMIT },
  'identity.logout': { because: ONE_COMMIT },
  'identity.profile': { because: ONE_COMMIT },
  'identity.refresh': {
    because: 'one commit; a client that never got the new token has ten seconds of grace',
  },
  'identity.register': { because: ONE_COMMIT },
  'identity.standing': { because: ONE_COMMIT },
};
