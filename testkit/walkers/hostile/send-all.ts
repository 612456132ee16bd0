import { forgetRates } from '../../services/forget-rates.ts';
import { digestOf } from '../digest.ts';
import type { WalkedApp } from '../walked-app.ts';
import type { HostileRequest } from './requests.ts';
import { faultOf, sendHostile } from './send-hostile.ts';

const AT_ONCE = 16;
/** Rates are forgotten so often that no call is refused for its rate before its fault is seen. */
const BATCH = 64;

export interface HostileAnswers {
  readonly faults: readonly string[];
  /** How many answers had each status. */
  readonly statuses: ReadonlyMap<number, number>;
}

/** Sends hostile requests, some at a time, each with its caller's credential. */
export async function sendAll(
  app: WalkedApp,
  requests: readonly HostileRequest[],
  bearerOf: (request: HostileRequest) => string,
): Promise<HostileAnswers> {
  const faults: string[] = [];
  const statuses = new Map<number, number>();
  for (let from = 0; from < requests.length; from += BATCH) {
    await forgetRates(app);
    const waiting = requests.slice(from, from + BATCH);
    const worker = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const heard = await sendHostile(app.url, next, bearerOf(next));
        statuses.set(heard.status, (statuses.get(heard.status) ?? 0) + 1);
        const fault = faultOf(heard, next.method);
        if (fault !== undefined) faults.push(`${next.label} → ${fault}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }
  return { faults, statuses };
}

/** What the database holds, once nothing is left to be told or summed up; failed calls are counted, and that is all that they leave. */
export async function stateOf({ app, db }: WalkedApp): Promise<Record<string, string>> {
  const { dispatcher, reports } = app.modules;
  await dispatcher.runNow();
  await reports.rollup.roll();
  const { 'limits.errors': _counted, ...state } = await digestOf(db);
  return state;
}
