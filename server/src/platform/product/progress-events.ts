import type { StreamEvent } from '#platform/http';
import { AppError } from '#platform/kernel';
import { isEnded, type WorkStatus } from './following.ts';

/** How far work has come. `DONE` is past its end: its reader has been told everything. */
const QUEUED = 0;
const RUNNING = 1;
const ENDED = 2;
const DONE = 3;

/** How much of some work its reader has been told. */
export interface ProgressPosition {
  /** Results, in their order. */
  readonly results: number;
  readonly stage: number;
}

/** An event, and what its reader has been told with it. */
export interface ProgressEvent extends StreamEvent {
  readonly told: ProgressPosition;
}

/** Progress as it is told of a look at some work. Results are never taken back, and keep their order. */
export interface Progress {
  readonly status: WorkStatus;
  /** Why it failed, if it did. */
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** Each as it is told; none for work whose only result is its end. */
  readonly results: readonly object[];
  /** All of it, as a reader without a stream is answered. */
  readonly whole: () => object;
}

const START: ProgressPosition = { results: 0, stage: -1 };

/**
 * Position of a reader who comes back, by the id of the last event that reached it; without one, the start. An id that
 * this work can't have given out is 400.
 */
export function positionFrom(lastEventId: string | undefined, progress: Progress): ProgressPosition {
  if (lastEventId === undefined) return START;
  const [, results, stage] = /^(0|[1-9]\d{0,5})\.([0-3])$/.exec(lastEventId)?.map(Number) ?? [];
  if (results !== undefined && stage !== undefined && results <= progress.results.length)
    return { results, stage };
  throw new AppError('validation_failed', {
    message: 'The Last-Event-ID is not one that this stream has given out.',
    details: { issues: [{ path: 'headers.last-event-id', message: 'not an event of this stream' }] },
  });
}

/** Whether there is nothing to tell any more. */
export function isComplete(told: ProgressPosition, { status }: Progress): boolean {
  return isEnded(status) && told.stage === DONE;
}

/**
 * The events between what a reader has been told and what there is: `status`, each result, `status` of the end, `done`. They
 * and their ids follow from the two alone: no log of events is kept, and a reader who comes back may go on at any process. A
 * result is an event of the name `resultEvent`.
 */
export function eventsAfter(
  from: ProgressPosition,
  progress: Progress,
  resultEvent: string,
): ProgressEvent[] {
  const { results } = progress;
  const now = stageOf(progress.status);
  // Past the end of something that has not ended: its job was started once more, and there is another end to come.
  const stage = from.stage >= ENDED && now < ENDED ? START.stage : from.stage;
  const all = results.length;
  const status = { status: progress.status, ...(progress.error && { error: progress.error }) };
  const events: ProgressEvent[] = [];
  if (now < ENDED && stage < now)
    events.push(eventOf('status', status, { results: from.results, stage: now }));
  for (const [index, result] of results.entries()) {
    if (index < from.results) continue;
    events.push(eventOf(resultEvent, result, { results: index + 1, stage: RUNNING }));
  }
  if (now === ENDED && stage < ENDED) events.push(eventOf('status', status, { results: all, stage: ENDED }));
  if (now === ENDED && stage < DONE)
    events.push(eventOf('done', progress.whole(), { results: all, stage: DONE }));
  return events;
}

function eventOf(event: string, data: object, told: ProgressPosition): ProgressEvent {
  return { event, id: `${told.results}.${told.stage}`, data, told };
}

function stageOf(status: WorkStatus): number {
  if (isEnded(status)) return ENDED;
  return status === 'queued' ? QUEUED : RUNNING;
}
