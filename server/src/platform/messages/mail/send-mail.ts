import {
  assertOutsideTransaction,
  commitPoint,
  dispatchPoint,
  type Statement,
  type Transaction,
} from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import { openMessage, sealFacts } from './sealed-facts.ts';
import type { MailParts } from './mail.ts';
import { type Facts, templateCalled } from './catalogue.ts';
import {
  dropMessage,
  dueMessage,
  endMessage,
  lockAsked,
  type MessageRow,
  putOff,
  resolveMessage,
} from './store.ts';
import { type Attachment, type Delivery, isAddress, type OutgoingMail } from './transport.ts';
import { render } from './render.ts';

const RESOLVE = commitPoint('mail.resolve', 'whom a mail is for and what it says, or that it is for nobody');
const DISPATCH = dispatchPoint('mail.dispatch', 'a mail, handed to its transport');
const END = commitPoint('mail.end', 'that a mail was sent, refused or given up, without what it said');
const PUT_OFF = commitPoint(
  'mail.put-off',
  'a mail that could not be handed over, with the job that tries again',
);

/** Milliseconds before the second try; doubled each time up to the cap, and up to a fifth longer, so that a crowd spreads. */
const BACKOFF = { base: 30_000, cap: 3_600_000, spread: 0.2 } as const;

/** To whom a mail goes that was asked for, and for how many seconds it makes sense. */
export interface ResolvedMail {
  /** undefined: the address has no user yet. */
  readonly userId: UserId | undefined;
  readonly to: string;
  readonly facts: Facts;
  readonly seconds: number;
}

/** Finds out, in its transaction, whether a mail is sent that was asked for; undefined: none, and the address is forgotten. */
export type Resolver = (tx: Transaction, asked: ResolveRequest) => Promise<ResolvedMail | undefined>;

/** Whether a mail may still be sent to its user. */
export type Condition = (whose: {
  readonly accountId: AccountId;
  readonly userId: UserId;
}) => Promise<boolean>;

export interface ResolveRequest {
  /** As it was typed. */
  readonly to: string;
  readonly userId: UserId | undefined;
  /** Further facts of the request. */
  readonly facts: Facts;
}

/** The job of a mail, as this module needs it. */
export interface MailJob {
  readonly accountId: AccountId;
  readonly payload: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

interface SendingParts extends MailParts {
  readonly resolvers: ReadonlyMap<string, Resolver>;
  readonly conditions: ReadonlyMap<string, Condition>;
  /** The statements that enqueue the job of a mail, to be due after `delay` milliseconds. */
  readonly enqueueing: (message: MessageAt, delay: number) => readonly Statement[];
}

interface MessageAt {
  readonly accountId: AccountId;
  readonly id: string;
  readonly requestId: string;
}

/**
 * Sends the mail of a job, if it is due. A job that runs twice finds the mail sent; one whose process died between the
 * handing over and the record of it sends it again, under the same Message-ID.
 */
export async function sendMail(parts: SendingParts, job: MailJob): Promise<void> {
  const found = await dueOf(parts, job);
  if (found === undefined) return;
  const message = found.status === 'asked' ? await resolveRecipient(parts, found) : found;
  if (message === undefined) return;
  if (message.is_over) return finish(parts, message, { status: 'failed', error: null });
  if (!(await mayBeTold(parts, message)))
    return finish(parts, message, { status: 'refused', error: 'not for them any more' });
  const delivery = await deliverMessage(parts, message, job.signal);
  if (delivery.outcome !== 'failed')
    return finish(parts, message, {
      status: delivery.outcome,
      error: delivery.outcome === 'sent' ? null : delivery.reason,
    });
  await tryLater(parts, message, { job, reason: delivery.reason });
}

/** The last try failed: the job of a mail broke too often. A typed address that was not even looked up is forgotten. */
export async function giveUpMail(parts: SendingParts, job: MailJob, reason: string): Promise<void> {
  const found = await dueOf(parts, job);
  if (found?.status === 'asked') await parts.db.system('mail.sending', END, [dropMessage(found)]);
  else if (found !== undefined) await finish(parts, found, { status: 'failed', error: reason });
}

async function dueOf({ db, secrets }: SendingParts, { accountId, payload }: MailJob) {
  const [[found]] = await db.system('mail.sending', [dueMessage(accountId, payload['mail_id'] ?? '')]);
  return found === undefined ? undefined : openMessage(secrets, found);
}

async function resolveRecipient(parts: SendingParts, found: MessageRow): Promise<MessageRow | undefined> {
  const resolver = parts.resolvers.get(found.template);
  if (resolver === undefined) throw new Error(`nobody resolves mails of the template ${found.template}`);
  const { db, secrets } = parts;
  return db.system('mail.sending', RESOLVE, async (tx) => {
    const [locked] = await tx.run(lockAsked(found.account_id, found.id));
    if (locked === undefined) return undefined;
    const asked = openMessage(secrets, locked);
    const { recipient: to, user_id: userId, facts } = asked;
    const answer = asked.is_over ? undefined : await resolver(tx, { to, userId: userId ?? undefined, facts });
    if (answer === undefined) {
      await tx.run(dropMessage(asked));
      return undefined;
    }
    const sealed = sealFacts(secrets, { accountId: asked.account_id, id: asked.id }, answer);
    const [message] = await tx.run(resolveMessage(asked, { ...answer, facts: sealed }));
    return message === undefined ? undefined : openMessage(secrets, message);
  });
}

async function mayBeTold({ conditions }: SendingParts, message: MessageRow): Promise<boolean> {
  const { account_id: accountId, user_id: userId, template } = message;
  const holds = conditions.get(template);
  return holds === undefined || userId === null || holds({ accountId, userId });
}

async function deliverMessage(
  parts: SendingParts,
  message: MessageRow,
  signal: AbortSignal,
): Promise<Delivery> {
  if (!isAddress(message.recipient)) return { outcome: 'refused', reason: 'bad address' };
  const mail = await composeMail(message, parts);
  assertOutsideTransaction('a mail was sent');
  parts.crashHook?.(DISPATCH, 'before');
  const delivery = await parts.transport.deliver(mail, signal);
  parts.crashHook?.(DISPATCH, 'after');
  // Broken off by us: the job is handed over, and the next process tries at once.
  if (delivery.outcome === 'failed' && signal.aborted) throw new Error('this process stops');
  return delivery;
}

async function finish(
  { db, log }: SendingParts,
  message: MessageRow,
  end: Parameters<typeof endMessage>[1],
): Promise<void> {
  await db.system('mail.sending', END, [endMessage(message, end)]);
  const facts = { mail_id: message.id, template: message.template, ...end };
  if (end.status === 'sent') log.info(facts, 'mail sent');
  else log.warn(facts, 'mail given up');
}

async function tryLater(
  parts: SendingParts,
  message: MessageRow,
  { job, reason }: { readonly job: MailJob; readonly reason: string },
): Promise<void> {
  const doubled = Math.min(BACKOFF.cap, BACKOFF.base * 2 ** message.attempts);
  const delay = Math.round(doubled * (1 + BACKOFF.spread * parts.random.uniform()));
  await parts.db.system('mail.sending', PUT_OFF, async (tx) => {
    const [waiting] = await tx.run(putOff(message, { delay, error: reason }));
    if (waiting === undefined) return;
    const { account_id: accountId, id } = message;
    await tx.runAll(parts.enqueueing({ accountId, id, requestId: job.requestId }, delay));
  });
  parts.log.warn(
    { mail_id: message.id, template: message.template, error: reason },
    'mail could not be sent',
  );
}

/** Content-ID of a logo, which travels with its mail: opening a mail asks no server (RFC 2392). */
const LOGO_ID = 'logo@brand';

/** Makes of a stored mail what travels. Its Message-ID follows from its id alone, so that each try has the same. */
async function composeMail(
  message: Pick<
    MessageRow,
    'id' | 'recipient' | 'template' | 'facts' | 'attachments' | 'brandOf' | 'created_at'
  >,
  { settings, brandOf, logoOf }: Pick<MailParts, 'settings' | 'brandOf' | 'logoOf'>,
): Promise<OutgoingMail> {
  const { id, recipient: to, facts, created_at: date } = message;
  const template = templateCalled(message.template);
  const brand = brandOf(message.brandOf);
  const logo = brand.logo === undefined ? undefined : await logoOf(brand);
  const rendered = render(template, template.facts.parse(facts), {
    ...brand,
    logo: logo && `cid:${LOGO_ID}`,
  });
  const from = { name: brand.fromName, address: settings.from.address };
  const attachments = [...message.attachments, ...(logo === undefined ? [] : [inlineLogo(logo)])];
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  return { id, messageId: `<${id}@${domain}>`, from, to, date, attachments, ...rendered };
}

function inlineLogo({ name, type, content }: Attachment): OutgoingMail['attachments'][number] {
  return { name, type, content: Buffer.from(content), contentId: LOGO_ID };
}
