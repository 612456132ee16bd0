/** More than these is a sign that an author took the short way. */
export const MOST_KEYLESS = 63;

const STAYS = 'it makes nothing and charges nothing: what it sets stays so, however often it is asked';
const PROOF = 'the proof in its body is good once';
const ASKS = 'it makes nothing but a question to a browser, which is over in minutes';
const PERMIT =
  'its permit is named in the path and is closed once for ever, which is longer than a key is kept';

/** POSTs of signed-in users that take no Idempotency-Key, and why. A call without a user has no owner for a key. */
export const KEYLESS: Readonly<Record<string, string>> = {
  'POST /v1/auth/logout': STAYS,
  'POST /v1/auth/logout-all': STAYS,
  'POST /v1/auth/change-password': 'the second time the present password is another',
  'POST /v1/auth/change-email': 'it makes nothing but a link, and a newer one ends the one before',
  'POST /v1/auth/mfa/totp':
    'it makes nothing but a secret that is not yet good, and a newer one takes its place',
  'POST /v1/auth/mfa/totp/confirm': PROOF,
  'POST /v1/auth/mfa/passkeys/options': ASKS,
  'POST /v1/auth/mfa/passkeys': PROOF,
  'POST /v1/auth/step-up/options': ASKS,
  'POST /v1/auth/step-up': STAYS,
  'POST /v1/customers/batch': 'each is named by an external id, and made once for ever',
  'POST /v1/admin/users/:id/suspend': STAYS,
  'POST /v1/admin/users/:id/reinstate': STAYS,
  'POST /v1/admin/users/:id/mfa/reset': STAYS,
  'POST /v1/admin/accounts/:id/suspend': STAYS,
  'POST /v1/admin/accounts/:id/reinstate': STAYS,
  'POST /v1/admin/analytics/live': 'it reads, and makes nothing',
  'POST /v1/admin/brands/:product/preview': 'it reads, and makes nothing',
  'POST /v1/admin/plans/preview': 'it reads, and makes nothing',
  'POST /v1/admin/sample': 'there is one sample, and it is filled once',
  'POST /v1/ai/messages/count_tokens': 'it reads, and makes nothing',
  'POST /v1/ai/google/v1beta/models/:model/countTokens': 'it reads, and makes nothing',
  'POST /v1/admin/licenses/:id/suspend': STAYS,
  'POST /v1/admin/licenses/:id/reinstate': STAYS,
  'POST /v1/organizations/:id/restore': STAYS,
  'POST /v1/organizations/:id/transfer': 'a user who has handed it over is no owner any more',
  'POST /v1/organizations/:id/sso/domains/:domain/verify': STAYS,
  'POST /v1/invitations/accept': PROOF,
  'POST /v1/billing/portal': 'it makes nothing but a way to the store’s own pages, which is over in minutes',
  'POST /v1/developer/payee': 'it makes nothing but a way to the store’s own pages, which is over in minutes',
  'POST /v1/portal/links': 'it makes nothing but a way to pages, which is over in minutes',
  'POST /v1/billing/purchases': 'a purchase is bound once for ever: the store’s own id of it is the key',
  'POST /v1/plugins/:id/install':
    'a plugin is bought once for an account, whose right to it is looked at first',
  'POST /v1/mirror/sessions/:id/close': STAYS,
  'POST /v1/permits/:id/settle': PERMIT,
  'POST /v1/permits/:id/release': PERMIT,
  'POST /v1/permits/:id/extend': PERMIT,
  'POST /v1/developer/keys/:id/revoke': STAYS,
  'POST /v1/developer/plugins/:id/versions/:version/complete':
    'an upload is completed once for ever, and answers the same afterwards',
  'POST /v1/admin/plugins/:id/reviews': STAYS,
  'POST /v1/comments/:id/resolve': STAYS,
  'POST /v1/sessions': 'the client’s own id of a session is the key, for ever',
  'POST /v1/sessions/:id/messages': 'the client’s own ids of messages are the keys, for ever',
  'POST /v1/sessions/:id/files': 'the client’s own id of a file is the key, for ever',
  'POST /v1/sessions/:id/export': 'it makes nothing',
  'POST /v1/decisions': 'the client’s own id of a decision is the key, for ever',
  'POST /v1/mcp': 'what its tools store is known by ids, as in the calls that they make',
  'POST /v1/decisions/:id/supersede': STAYS,
  'POST /v1/decisions/:id/links': 'a link of the same type and target is the same link',
  'POST /v1/patterns/:id/rating': STAYS,
  'POST /v1/context/business':
    'the client’s own name of a document is the key, and the same text makes no version',
  'POST /v1/context/technical': 'the same',
  'POST /v1/comments/:id/unresolve': STAYS,
  'POST /v1/favourites': STAYS,
  'POST /v1/graph/merges': 'a merge of the same two names is the same merge',
  'POST /v1/documents/:id/complete': 'an upload is completed once for ever, and answers the same afterwards',
  'POST /v1/storage/records':
    'its octets may be a stream, which no answer is kept for: a PUT under an id of one’s own repeats safely',
  'POST /v1/storage/records/write': 'each record names the version that it takes the place of',
  'POST /v1/storage/records/read': 'it changes nothing: a body is only where the ids fit',
  'POST /v1/storage/vectors/upsert': STAYS,
  'POST /v1/storage/vectors/read': 'it changes nothing: a body is only where the ids fit',
  'POST /v1/storage/vectors/search': 'it changes nothing: a body is only where the question fits',
  'POST /v1/usage-events': 'each event has an id of its caller’s, which counts once for ever',
};
