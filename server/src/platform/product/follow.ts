import {
  type EventStream,
  lastEventId,
  openEvents,
  type Origin,
  wantsEvents,
  wholeNumber,
  type Wire,
} from '#platform/http';
import type { Following, WorkKey } from './following.ts';
import {
  eventsAfter,
  isComplete,
  type Progress,
  type ProgressPosition,
  positionFrom,
} from './progress-events.ts';

/** The longest that one stream lasts, in milliseconds: a client that comes back is looked at anew, and may be known no more. */
const LONGEST_STREAM = 300_000;

/** The query of a route that follows work. Such a route is `streams: true` and answers 200 with the whole, and 204. */
export const followQuery = {
  wait: wholeNumber(0, 30).default(0).describe('Seconds to wait for the end.'),
};

/** A follower of some work. */
export interface Follower {
  readonly key: WorkKey;
  /** Seconds to wait for its end; 0: as it stands. */
  readonly wait: number;
  readonly origin: Pick<Origin, 'signal'>;
  readonly wire: Wire;
}

/** Work of one kind, as its followers are told of it. */
export interface FollowedEvents<View> {
  readonly following: Following<View>;
  /** Name of a result as an event: `variant`. */
  readonly resultEvent: string;
  readonly progressOf: (view: View) => Progress;
}

/**
 * Answers a follower of some work: as it stands; after a wait, as it is at its end (`?wait=20`); or event by event, for
 * who accepts `text/event-stream`. Undefined where a reader of a stream has been told everything: 204. Throws what reading
 * it throws, and `validation_failed` for a Last-Event-ID of another stream.
 */
export async function answerFollower<View>(
  { key, wait: seconds, origin, wire }: Follower,
  work: FollowedEvents<View>,
): Promise<object | undefined> {
  const { following, progressOf } = work;
  const { signal } = origin;
  if (!wantsEvents(wire)) {
    const view = await (seconds === 0 ? following.read(key) : following.waitFor(key, { seconds, signal }));
    return progressOf(view).whole();
  }
  const now = progressOf(await following.read(key));
  const from = positionFrom(lastEventId(wire), now);
  // Clients of this protocol come back when a stream ends, until 204 tells them that nothing more will come.
  if (isComplete(from, now)) return undefined;
  const stream = openEvents(wire, { signal, longest: LONGEST_STREAM });
  try {
    await tell(key, { stream, from }, work);
  } finally {
    stream.end();
  }
  return undefined;
}

/** Tells a reader what becomes of some work, from what they know on to its end or the stream's. */
async function tell<View>(
  key: WorkKey,
  { stream, from }: { readonly stream: EventStream; readonly from: ProgressPosition },
  { following, progressOf, resultEvent }: FollowedEvents<View>,
): Promise<void> {
  let told = from;
  for await (const view of following.watch(key, { on: 'moved', over: stream.closed })) {
    const progress = progressOf(view);
    for (const event of eventsAfter(told, progress, resultEvent)) {
      if (!(await stream.send(event))) return;
      told = event.told;
    }
    if (isComplete(told, progress)) return;
  }
}
