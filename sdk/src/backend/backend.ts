import { type Client, type ClientOptions, createClient } from '../client.ts';
import type { PlinthError } from '../errors.ts';
import { machineTime } from '../time.ts';
import { type Away, Reports } from './away.ts';
import { type Customer, customerCalls } from './customer.ts';
import type { Entry } from './journal.ts';

export interface BackendOptions extends Omit<ClientOptions, 'session' | 'accountId'> {
  /** The operator's key. */
  readonly apiKey: string;
  /** The product of features and plans whose name says none: `summaries` is `notes.summaries`. */
  readonly product?: string | undefined;
  /** The uses that go on while the server does not answer; when not said, none does and NoAnswer is thrown. */
  readonly away?: Away | undefined;
  /** Hears of a report of what was let through that the server refuses for good; a line goes to the console when not said. */
  readonly onRefused?: ((error: PlinthError, entry: Entry) => void) | undefined;
}

/** A client for a backend with customers under ids of its own. */
export interface Backend extends Client {
  /** The calls for one customer, by your own id. Asks the server nothing. Throws TypeError for what is no id, for a call without one is the operator's own. */
  customer(externalId: string): Customer;
  /** Reports now what was let through. Throws where the server is still away. */
  report(): Promise<void>;
}

/** As docs/customers.md has it. */
const EXTERNAL_ID = /^(?!\.{1,2}$)[\w.:@|+~=-]{1,200}$/;

export function createBackend(options: BackendOptions): Backend {
  const { product, away, onRefused = warn, time = machineTime } = options;
  const client = createClient(options);
  if (away !== undefined && !(Number.isInteger(away.most) && away.most >= 0))
    throw new TypeError('away.most is how many uses may be unreported: a whole number');
  const patience = away?.patience ?? 2_000;
  const asker =
    away === undefined ? client : createClient({ ...options, retries: { max: 0 }, timeout: patience });
  const reports = away === undefined ? undefined : new Reports({ caller: client, away, time, onRefused });
  return {
    ...client,
    customer(externalId) {
      if (typeof externalId !== 'string' || !EXTERNAL_ID.test(externalId))
        throw new TypeError(
          `${JSON.stringify(externalId) ?? 'undefined'} is no id of a customer: 1 to 200 of A–Z a–z 0–9 . _ : @ | + ~ = -`,
        );
      return customerCalls({ caller: client, asker, reports, product, time }, externalId);
    },
    report: async () => reports?.report(),
  };
}

function warn(error: PlinthError, { key, customer }: Entry): void {
  console.warn(`plinth: the use ${key} of ${customer} could not be reported: ${error.message}`);
}
