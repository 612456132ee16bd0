import { endOfServer, type StreamTextRequest } from '#platform/ai';
import { commitPoint, type Statement } from '#platform/db';
import { type Origin, wantsEvents, type Wire } from '#platform/http';
import type { RunningJob } from '#platform/jobs';
import { type AccountId, AppError } from '#platform/kernel';
import { type Permit, permitError } from '#platform/limits';
import { nextWork } from './next-work.ts';
import type { ProductContext } from './product-context.ts';
import { TextEvents } from './text-events.ts';
import { completeJob } from './work-commits.ts';

const ANSWERED = commitPoint(
  'product.answer-text',
  'the rows that keep a text, its settlement, the answer under the request’s key, and the job that follows',
);
const STORED = commitPoint(
  'product.store-text',
  'the rows that keep a text of a job, its settlement and the end of the job',
);

/** Facts of a call that its answer needs. */
export interface TextCall {
  readonly accountId: AccountId;
  readonly permit: Permit;
  readonly origin: Origin;
  readonly wire: Wire;
}

/** A text that a caller waits for. */
export interface TextAnswer {
  readonly prompt: StreamTextRequest['prompt'];
  /** The rows that keep it, under an id that is new. */
  readonly rows: (id: string, text: string) => readonly Statement[];
  /** The job of the product that goes on with it: it gets the id as its payload, and a permit of its own for the feature of its name. */
  readonly followedBy?: string;
}

/** The caller's answer. */
export interface TextReply {
  readonly id: string;
  readonly text: string;
}

/**
 * Answers a call that spends inline with a text of the model: plainly, or event by event (`words`, `done`; `error` where it broke
 * off) to a caller who accepts `text/event-stream`. One commit keeps the rows, what it cost, the answer under the request's key and the
 * job that follows. A caller who hangs up has the text made, kept and charged once; what broke off half-way is kept as far as it came.
 */
export async function answerText(
  call: TextCall,
  context: ProductContext,
  asked: TextAnswer,
): Promise<TextReply | undefined> {
  const { permit, origin, wire } = call;
  const events = wantsEvents(wire) ? new TextEvents(wire, { origin }) : undefined;
  try {
    const { text } = await context.ai.streamText(permit, {
      feature: permit.feature,
      prompt: asked.prompt,
      signal: endOfServer(origin.signal),
      traceparent: origin.traceparent,
      ...(events === undefined ? {} : { take: events.words }),
    });
    assertNotEmpty(text);
    const reply = await keep(call, context, { asked, text });
    if (events === undefined) return reply;
    await events.done(reply);
  } catch (error) {
    if (events?.isOpen !== true) throw error;
    await permit.finish('broken off');
    await events.failed(error);
  }
  return undefined;
}

/** A text that was cut at its beginning has nothing to keep. */
function assertNotEmpty(text: string): void {
  if (text.trim() === '') throw new AppError('answer_unusable');
}

async function keep(
  { accountId, permit }: TextCall,
  context: ProductContext,
  { asked, text }: { readonly asked: TextAnswer; readonly text: string },
): Promise<TextReply> {
  const { db, ids, jobs } = context;
  const reply = { id: ids.next(), text };
  const textBytes = Buffer.byteLength(text);
  const following =
    asked.followedBy === undefined
      ? undefined
      : await nextWork(context, permit, { name: asked.followedBy, payload: { id: reply.id }, textBytes });
  try {
    await db.tenant(accountId, ANSWERED, [
      ...asked.rows(reply.id, text),
      // The meter before what a sweep may lock with it: the permit of the work that follows.
      ...permit.settlementWith({ status: 200, body: reply }),
      ...(following?.enqueueing ?? []),
    ]);
  } catch (error) {
    await following?.giveBack();
    throw permitError(error);
  }
  if (following !== undefined) jobs.wake();
  return reply;
}

/** A text that a job has the model write. */
export interface StoredText {
  readonly prompt: StreamTextRequest['prompt'];
  /** The rows that keep it. */
  readonly rows: (text: string) => readonly Statement[];
}

/** The same for a job with a permit: one commit keeps the rows, what the text cost and the end of the job. */
export async function storeText(
  job: RunningJob,
  { ai, db }: Pick<ProductContext, 'ai' | 'db'>,
  { prompt, rows }: StoredText,
): Promise<void> {
  const { accountId, permit, lane, signal } = job;
  if (permit === undefined) throw new Error('a text needs a permit');
  const { text } = await ai.streamText(permit, { feature: permit.feature, prompt, lane, signal });
  assertNotEmpty(text);
  await db.tenant(accountId, STORED, [...rows(text), ...completeJob(job)]);
}
