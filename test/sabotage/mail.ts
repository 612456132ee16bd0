import type { Patch } from './patch.ts';

const SENDING = 'test/mail/sending.test.ts :: a mail >';
const LINK = 'test/identity/emails.test.ts :: a link that';
const PASSWORDS = 'test/identity/passwords.test.ts ::';

/** Mails, and what goes by way of somebody's mailbox. */
export const MAIL: readonly Patch[] = [
  {
    name: 'mail-facts-kept-for-ever',
    file: 'src/platform/mail/store.ts',
    find: 'set status = $3, facts = null,',
    replace: 'set status = $3,',
    expects: `${SENDING} whose link is over is given up, and tells no more what it would have said`,
  },
  {
    name: 'mail-log-pruned-before-its-files',
    file: 'src/platform/mail/mail.ts',
    find: `      await parts.transport.forget?.(gone);
      const [rows] = await db.system('mail.sending', PRUNE, [pruneMessages(gone)]);
`,
    replace: `      const [rows] = await db.system('mail.sending', PRUNE, [pruneMessages(gone)]);
      await parts.transport.forget?.(gone);
`,
    expects:
      'src/platform/mail/pruning.test.ts :: pruning that is killed after it deleted the lines leaves no file that no line tells of',
  },
  {
    name: 'refused-mail-tried-again',
    file: 'src/platform/mail/smtp.ts',
    find: "outcome: isRefusal ? 'refused' : 'failed'",
    replace: "outcome: 'failed'",
    expects: `${SENDING} whose receiver is refused for good is not tried again`,
  },
  {
    name: 'mail-sent-after-its-link-is-over',
    file: 'src/platform/mail/sending.ts',
    find: "  if (message.is_over) return ended(parts, message, { status: 'failed', error: null });\n",
    replace: '',
    expects: `${SENDING} whose link is over is given up, and tells no more what it would have said`,
  },
  {
    name: 'mail-to-whatever-was-typed',
    file: 'src/platform/mail/sending.ts',
    find: "  if (!isAddress(message.recipient)) return { outcome: 'refused', reason: 'bad address' };\n",
    replace: '',
    expects: `${SENDING} goes to one address: what is none is refused, and reaches nobody else`,
  },
  {
    name: 'message-id-anew-at-each-try',
    file: 'src/platform/mail/compose.ts',
    find: 'messageId: `<${id}@${domain}>`',
    replace: 'messageId: `<${Math.random()}@${domain}>`',
    expects: `${SENDING} arrives twice at most under one Message-ID when its process dies between sending and writing it down`,
  },
  {
    name: 'mail-log-open-to-its-account',
    file: 'src/platform/mail/functions/rights.sql',
    find: 'grant select (account_id, id, once), insert on',
    replace: 'grant select, insert on',
    expects: `${SENDING} of an account is out of reach for it once it is stored`,
  },
  {
    name: 'mail-without-what-goes-with-it',
    file: 'src/platform/mail/outbox.ts',
    find: 'attachments: attachments.map(',
    replace: 'attachments: attachments.slice(1).map(',
    expects: 'src/platform/mail/transports.test.ts :: SMTP > hands over what goes with it, byte for byte',
  },
  {
    name: 'mail-files-of-any-size',
    file: 'src/platform/mail/sealed-facts.ts',
    find: '<= MOST_BYTES, {',
    replace: '<= 10 * MOST_BYTES, {',
    expects: `${SENDING} takes along no file that is too much`,
  },
  {
    name: 'mail-facts-not-escaped',
    file: 'src/platform/mail/render.ts',
    find: 'const escapedFact = (fact: string | number) => escapeHtml(plain(fact));',
    replace: 'const escapedFact = (fact: string | number) => plain(fact);',
    expects:
      'src/platform/mail/templates.test.ts :: what people wrote > is text in HTML, whatever it looks like',
  },
  {
    name: 'mail-facts-of-several-lines',
    file: 'src/platform/mail/render.ts',
    find: ".replace(/[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Bidi_Control}]+/gu, ' ')",
    replace: '',
    expects:
      'src/platform/mail/templates.test.ts :: what people wrote > begins no line of its own, in no part, and no header',
  },
  {
    name: 'smtp-password-without-encryption',
    file: 'src/platform/mail/smtp.ts',
    find: 'requireTLS: requireTls,',
    replace: 'requireTLS: false,',
    expects:
      'src/platform/mail/transports.test.ts :: SMTP > tells nothing to a server whose certificate nobody vouches for, or that offers no encryption',
  },
  {
    name: 'used-link-good-again',
    file: 'src/platform/identity/email/email-store.ts',
    find: '`delete from identity.email_tokens where ${GOOD} returning user_id, kind, email`',
    replace: '`select user_id, kind, email from identity.email_tokens where ${GOOD}`',
    expects: `${LINK} verifies an address > works once`,
  },
  {
    name: 'link-without-an-end',
    file: 'src/platform/identity/email/email-store.ts',
    find: ' and expires_at > app.now()',
    replace: '',
    expects: `${LINK} gives a new password > ends when its time is over`,
  },
  {
    name: 'link-of-another-kind',
    file: 'src/platform/identity/email/email-store.ts',
    find: 'kind = any ($2::text[])',
    replace: '$2::text[] is not null',
    expects: `${LINK} verifies an address > does not work altered, nor of another kind`,
  },
  {
    name: 'mails-without-number',
    file: 'src/platform/identity/email/email-links.ts',
    find: '< MOST[kind]',
    replace: '< 1_000',
    expects: `${LINK} gives a new password > is sent five times an hour at most`,
  },
  {
    name: 'sessions-outlive-a-new-password',
    file: 'src/platform/identity/passwords/new-passwords.ts',
    find: "    endSessions(userId, 'new_password'),\n",
    replace: '',
    expects: `${PASSWORDS} a reset of the password > ends every session at once, and says so by mail`,
  },
  {
    name: 'links-outlive-a-new-password',
    file: 'src/platform/identity/passwords/new-passwords.ts',
    find: "    endSessions(userId, 'new_password'),\n    endEmailTokens(userId),\n",
    replace: "    endSessions(userId, 'new_password'),\n",
    expects: `${PASSWORDS} a reset of the password > ends the links that were asked for before it`,
  },
  {
    name: 'password-changed-without-the-old-one',
    file: 'src/platform/identity/sessions/proof.ts',
    find: '(await passwords.matches(password, user?.password_hash)) ? user : undefined,',
    replace: 'user,',
    expects: `${PASSWORDS} a change > by change-password needs the password, whoever found the session open`,
  },
  {
    name: 'address-changed-to-another-ones',
    file: 'src/platform/identity/email/email-links.ts',
    find: 'if (user === undefined || (other !== undefined && other.user_id !== userId)) return undefined;',
    replace: 'if (user === undefined) return undefined;',
    expects: `${PASSWORDS} a change of the address > to another’s is answered as any other, and nobody gets a mail`,
  },
  {
    name: 'link-by-a-password-of-before',
    file: 'src/platform/identity/email/email-links.ts',
    find: "      if (user?.password_version !== facts['password_version']) return undefined;\n",
    replace: '',
    expects: `${PASSWORDS} a change of the address > that was asked for with the password of before comes to nothing`,
  },
  {
    name: 'keys-of-whoever-signed-up-first',
    file: 'src/platform/identity/passwords/new-passwords.ts',
    find: '[revokeKeysOf(userId), ...deleteFactors(userId)]',
    replace: 'deleteFactors(userId)',
    expects: `${PASSWORDS} a reset > of an address that nobody had proven ends the keys that were made before, for they may be another’s`,
  },
  {
    name: 'known-email-registered-faster',
    file: 'src/platform/identity/users/registration.ts',
    find: '  const added = await addUser(parts, tx, { ...addition, email });',
    replace:
      '  const added = known === undefined ? await addUser(parts, tx, { ...addition, email }) : undefined;',
    expects:
      'src/platform/identity/users/registration.test.ts :: whether an email is known does not show in what is done > registering: the same statements, in the same order',
  },
  {
    name: 'soft-verification-never-asks',
    file: 'src/platform/identity/sessions/session-opening.ts',
    find: "emailVerification === 'required' || user.is_overdue",
    replace: "emailVerification === 'required'",
    expects:
      'test/identity/verification.test.ts :: where a verified address is > soft, one may enter for a week, and no session goes on beyond it',
  },
  {
    name: 'decoy-registration-kept',
    file: 'src/platform/identity/users/registration.ts',
    find: "isKept ? 'release savepoint decoy' : 'rollback to savepoint decoy'",
    replace: "'release savepoint decoy'",
    expects:
      'test/identity/emails.test.ts :: a registration > of a known email answers the same, changes nothing, and tells its owner once an hour',
  },
];
