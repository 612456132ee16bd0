import type { BodyOf, Caller, CallOptions, ReplyOf } from './calls.ts';
import { isRecord, PlinthError } from './errors.ts';
import type { Time } from './time.ts';

/** What to ask for; `ttl_seconds` is how long the server waits for a sign of life, not how long the work may last. */
export type WithPermit = BodyOf<'POST /v1/permits'>;

/** What work has used and cost: tokens of a model, priced by the server, or money as you say it. */
export type Spent = BodyOf<'POST /v1/permits/{id}/settle'>;

/** A permit as the work under it sees it. */
export interface PermitWork extends Readonly<ReplyOf<'POST /v1/permits'>> {
  /**
   * Says what the work has cost; the last word counts. Say it as soon as it is spent: when the work fails after that, its
   * units are given back and the money is still posted. Without a word, the whole reserve is posted as an estimate. Throws TypeError for a figure
   * that is no number of 0 or more, and for a cost above 1,000,000,000; the whole reserve is posted then too.
   */
  spent(actual: Spent): void;
  /** Ends when the permit is lost, or the call's own signal ends. Hand it to what the work calls. */
  readonly signal: AbortSignal;
}

export interface PermitParts {
  readonly time: Time;
  /**
   * Hears of a permit that could not be settled or released; the server then does so when its time is up. The work's
   * result is returned all the same: the customer must not pay for it twice. Without it, a line goes to the console. `end` is
   * the body of the settlement; null: it was to be released.
   */
  readonly onUnsettled?:
    | ((error: unknown, permitId: string, end: Spent | null) => void | Promise<void>)
    | undefined;
}

/** No key: a permit that was taken before may have been settled, and work under it would not be paid. */
export type WorkOptions = Pick<CallOptions, 'signal' | 'accountId' | 'customer' | 'timeout'>;

interface PermitRun<T> {
  readonly request: WithPermit;
  readonly work: (permit: PermitWork) => Promise<T>;
  readonly options: WorkOptions | undefined;
}

/** How many signs of life there are in the time that a permit lasts without one: two may be lost. */
const SIGNS = 3;
/** No rarer than this, milliseconds: a feature may allow less time than was asked for. */
const RAREST = 60_000;

/** Takes a permit, keeps it alive while the work runs, and closes it by how that ended. Throws what taking it or the work does. */
export async function runWithPermit<T>(
  caller: Pick<Caller, 'call'>,
  parts: PermitParts,
  { request, work, options = {} }: PermitRun<T>,
): Promise<T> {
  const { signal, ...others } = options;
  const permit = await caller.call('POST /v1/permits', { body: request }, { ...others, signal });
  return underPermit(caller, parts, { permit, seconds: request.ttl_seconds, work, options });
}

/** Keeps a permit alive while the work runs, and closes it by how that ended. */
export async function underPermit<T>(
  { call }: Pick<Caller, 'call'>,
  { time, onUnsettled = warnUnsettled }: PermitParts,
  {
    permit,
    seconds,
    work,
    options = {},
  }: Omit<PermitRun<T>, 'request'> & {
    readonly permit: ReplyOf<'POST /v1/permits'>;
    readonly seconds: number | undefined;
  },
): Promise<T> {
  // Without the signal: that it has ended must not keep the permit from being closed.
  const { signal, ...close } = options;
  const id = idOf(permit);
  const alive = keepAlive({
    every: Math.min(((seconds ?? 120) * 1_000) / SIGNS, RAREST),
    time,
    extend: async (until) => {
      const body = { ttl_seconds: seconds };
      await call('POST /v1/permits/{id}/extend', { params: { id }, body }, { ...close, signal: until });
    },
  });
  const { end, result } = await endOf(work, {
    ...permit,
    signal: signal === undefined ? alive.lost : AbortSignal.any([signal, alive.lost]),
  });
  await alive.stop();
  await closePermit({ call }, { id, end, options: close }).catch((error: unknown) =>
    onUnsettled(error, id, end),
  );
  return result();
}

/** Throws where some other server answered, which gives no permit: no work is done for that. */
function idOf(permit: unknown): string {
  const id = isRecord(permit) ? permit['permit_id'] : undefined;
  if (typeof id === 'string') return id;
  const message = 'The answer is no permit: is the server at baseUrl a Plinth server?';
  throw new PlinthError({ code: 'unreadable_answer', message, status: 201 });
}

/** Settles a permit by its figures; null releases it. */
export async function closePermit(
  { call }: Pick<Caller, 'call'>,
  { id, end, options }: { readonly id: string; readonly end: Spent | null; readonly options: CallOptions },
): Promise<void> {
  const params = { id };
  if (end === null)
    await call('POST /v1/permits/{id}/release', { params, body: { reason: 'failed' } }, options);
  else await call('POST /v1/permits/{id}/settle', { params, body: end }, options);
}

/** Does work, and answers what it cost (null: it failed before it cost anything) and its result, which throws where it failed. */
export async function endOf<T, Permit extends object>(
  work: (permit: Permit & Pick<PermitWork, 'spent'>) => Promise<T>,
  permit: Permit,
): Promise<{ readonly end: Spent | null; result(): T }> {
  let spent: Spent | undefined;
  try {
    const result = await work({
      ...permit,
      spent(actual) {
        // A wrong figure is no word that the work was free.
        spent ??= {};
        for (const [name, figure, most] of [
          ['cost_micros', actual.cost_micros, 1_000_000_000],
          ['units', actual.units, Number.MAX_SAFE_INTEGER],
        ] as const)
          if (figure !== undefined && !(Number.isFinite(figure) && figure >= 0 && figure <= most))
            throw new TypeError(`${name} is a number of 0 to ${most}, and not ${String(figure)}`);
        spent = actual;
      },
    });
    return { end: spent ?? {}, result: () => result };
  } catch (error) {
    return {
      end: spent === undefined ? null : { ...spent, units: 0 },
      result() {
        throw error;
      },
    };
  }
}

interface Life {
  readonly every: number;
  readonly time: Time;
  readonly extend: (signal: AbortSignal) => Promise<void>;
}

/** Extends a permit again and again, until it is stopped or the server says that the permit is no more. */
function keepAlive({ every, time, extend }: Life): { readonly lost: AbortSignal; stop(): Promise<void> } {
  const [lost, stopped] = [new AbortController(), new AbortController()];
  async function live(): Promise<void> {
    for (;;) {
      await time.wait(every, stopped.signal);
      try {
        await extend(stopped.signal);
      } catch (error) {
        // Unreachable, or too busy: the permit lasts for some more tries.
        const isFinal = error instanceof PlinthError && [404, 409, 410].includes(error.status);
        if (isFinal) return lost.abort(error);
      }
    }
  }
  const living = live().catch(() => {});
  return {
    lost: lost.signal,
    stop() {
      stopped.abort();
      return living;
    },
  };
}

/** Says on the console why a permit was not closed, with the fields that the server refused. */
export function warnUnsettled(error: unknown, permitId: string): void {
  const details = error instanceof PlinthError ? JSON.stringify(error.details) : '';
  const why = `${error instanceof Error ? error.message : String(error)} ${details}`.trim();
  console.warn(
    `plinth: permit ${permitId} could not be closed (${why}); the server closes it when its time is up`,
  );
}
