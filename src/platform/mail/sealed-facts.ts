import { type Sealed, sealedColumn, type Secrets } from '#platform/secrets';
import type { Facts } from './render.ts';
import type { MessageRow, StoredMessage } from './store.ts';

/** What mails are filled with holds links that sign people in: it is sealed until the mail is sent, and then gone. */
const FACTS: Sealed = sealedColumn({
  table: 'mail.messages',
  column: 'facts',
  key: ['account_id', 'id'],
});

/** The facts of a mail as they are stored. */
export function sealFacts(
  secrets: Secrets,
  { accountId, id }: { readonly accountId: string; readonly id: string },
  facts: Facts,
): string {
  return secrets.seal(JSON.stringify(facts), FACTS.context(accountId, id));
}

/** A stored mail with its facts readable again. */
export function openMessage(secrets: Secrets, stored: StoredMessage): MessageRow {
  const facts = secrets.open(stored.facts, FACTS.context(stored.account_id, stored.id));
  return { ...stored, facts: JSON.parse(facts) as Facts };
}
