import type { EventStream, StreamEvent } from '#platform/http';
import { AppError } from '#platform/kernel';
import { shown, shownError, shownVariant } from './shown.ts';
import { type GenerationKey, type GenerationView, isFinal, MOVED, type Watch } from './views.ts';

/** The longest that one stream lasts, in milliseconds: whoever comes back is looked at anew, and may be known no more. */
export const LONGEST_STREAM = 300_000;

/** How far a generation has come. `DONE` is past its end: its reader has been told everything. */
const QUEUED = 0;
const RUNNING = 1;
const ENDED = 2;
const DONE = 3;

/** How much of a generation its reader has been told. */
export interface Place {
  /** Variants, in their order. */
  readonly told: number;
  readonly stage: number;
}

/** An event, and the place of whoever has had it. */
export interface PlacedEvent extends StreamEvent {
  readonly place: Place;
}

const START: Place = { told: 0, stage: -1 };

/**
 * The place that a reader comes back from, by the id of the last event that reached it; without one, the start. An id
 * that this generation can't have given out is 400.
 */
export function placeOf(lastEventId: string | undefined, view: GenerationView): Place {
  if (lastEventId === undefined) return START;
  const [, told, stage] = /^(\d)\.([0-3])$/.exec(lastEventId)?.map(Number) ?? [];
  if (told !== undefined && stage !== undefined && told <= view.variants.length) return { told, stage };
  throw new AppError('validation_failed', {
    message: 'The Last-Event-ID is not one that this stream has given out.',
    details: { issues: [{ path: 'headers.last-event-id', message: 'not an event of this stream' }] },
  });
}

/** Whether there is nothing to tell any more. */
export function isTold(place: Place, view: GenerationView): boolean {
  return isFinal(view) && place.stage === DONE;
}

/**
 * The events between what a reader has been told and what there is. They and their ids follow from the two alone: no
 * log of events is kept, and whoever comes back may go on at any process.
 */
export function eventsAfter(from: Place, view: GenerationView): PlacedEvent[] {
  const { generation, variants } = view;
  const now = stageOf(view);
  // Past the end of something that has not ended: its job was started once more, and there is another end to come.
  const stage = from.stage >= ENDED && now < ENDED ? START.stage : from.stage;
  const all = variants.length;
  const status = { status: generation.status, ...shownError(view) };
  const events: PlacedEvent[] = [];
  if (now < ENDED && stage < now) events.push(placed('status', status, { told: from.told, stage: now }));
  for (const [index, variant] of variants.entries()) {
    if (index < from.told) continue;
    events.push(placed('variant', shownVariant(variant), { told: index + 1, stage: RUNNING }));
  }
  if (now === ENDED && stage < ENDED) events.push(placed('status', status, { told: all, stage: ENDED }));
  if (now === ENDED && stage < DONE) events.push(placed('done', shown(view), { told: all, stage: DONE }));
  return events;
}

/** Tells a reader what becomes of a generation, from their place on to its end or the stream's. */
export async function tell(
  watch: Watch,
  key: GenerationKey,
  to: { readonly stream: EventStream; readonly from: Place },
): Promise<void> {
  let place = to.from;
  for await (const view of watch(key, { on: MOVED, over: to.stream.closed })) {
    for (const event of eventsAfter(place, view)) {
      if (!(await to.stream.send(event))) return;
      place = event.place;
    }
    if (isTold(place, view)) return;
  }
}

function placed(event: string, data: object, place: Place): PlacedEvent {
  return { event, id: `${place.told}.${place.stage}`, data, place };
}

function stageOf(view: GenerationView): number {
  if (isFinal(view)) return ENDED;
  return view.generation.status === 'queued' ? QUEUED : RUNNING;
}
