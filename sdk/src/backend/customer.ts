import type { BodyOf, Caller, CallOptions, ReplyOf } from '../calls.ts';
import { NoAnswer, refusalIn } from '../errors.ts';
import {
  endOf,
  type PermitParts,
  type PermitWork,
  type Spent,
  underPermit,
  warnUnsettled,
} from '../with-permit.ts';
import { isAway, type Reports, wasSent } from './away.ts';
import type { Entry } from './journal.ts';

export type CustomerChange = BodyOf<'PUT /v1/customers/{external_id}'>;
type PortalLink = BodyOf<'POST /v1/portal/links'>;

/** How much of a feature is used. */
export interface Use {
  /** 1 when not said. */
  readonly units?: number | undefined;
  /** An id of yours that a limit by subject counts by. */
  readonly subject?: string | undefined;
}

export interface PermitUse
  extends Use,
    Pick<CallOptions, 'signal'>,
    Pick<BodyOf<'POST /v1/permits'>, 'estimate'> {
  /** How long the server waits for a sign of life, not how long the work may last. */
  readonly ttlSeconds?: number | undefined;
}

/** The work's side of a permit; `id` is null where it was let through. */
export interface UseEnd extends Pick<PermitWork, 'spent' | 'signal'> {
  readonly id: string | null;
}

export type Customer = ReturnType<typeof customerCalls>;

export interface CustomerParts extends Pick<PermitParts, 'time'> {
  readonly caller: Pick<Caller, 'call'>;
  /** Asks for what is not waited for long where work is let through without its answer. */
  readonly asker: Pick<Caller, 'call'>;
  /** Undefined: while the server is away, nothing is let through. */
  readonly reports: Reports | undefined;
  /** The product of features and plans whose name says none. */
  readonly product: string | undefined;
}

/** The calls for one customer. */
export function customerCalls(parts: CustomerParts, id: string) {
  const { call } = parts.caller;
  const [params, options] = [{ external_id: id }, { customer: id }];
  const named = (name: string) => namesIn(parts.product, name);
  const useOf = (feature: string, { units = 1, subject }: Use) => {
    const { product, local } = named(feature);
    return { product, feature: local, units, ...(subject === undefined ? {} : { subject }) };
  };
  return {
    id,
    /** Makes the customer, or changes what is named. */
    put: (change: CustomerChange = {}) => call('PUT /v1/customers/{external_id}', { params, body: change }),
    get: () => call('GET /v1/customers/{external_id}', { params }),
    /** The plan and what is left of it: for showing, for only a permit decides. */
    entitlements: () => call('GET /v1/customers/{external_id}/entitlements', { params }),

    /** Whether a permit would be given now; `refusal` is the error that it would be refused with. Nothing is charged. */
    async check(feature: string, use: Use & { readonly cost_micros?: number } = {}) {
      const { cost_micros } = use;
      const query = { ...useOf(feature, use), ...(cost_micros === undefined ? {} : { cost_micros }) };
      const { admitted, refusal } = await call('GET /v1/permits/preview', { query }, options);
      return { admitted, refusal: refusal === null ? null : refusalIn(refusal) };
    },

    /**
     * Records what has happened, past limits too. With an `id` of your own (a UUID) it counts once for ever. Where work is let
     * through, the event is kept and reported later while the server is away.
     */
    async track(feature: string, use: Use & Spent & { readonly id?: string } = {}): Promise<void> {
      const { id: own = crypto.randomUUID(), units, subject, ...cost } = use;
      const used = useOf(feature, { units, subject });
      try {
        const body = { events: [{ ...used, ...cost, id: own }] };
        const { data } = await patiently(parts, () =>
          parts.asker.call('POST /v1/usage-events', { body }, options),
        );
        const refused = data[0]?.error;
        if (refused !== undefined) throw refusalIn(refused);
      } catch (error) {
        if (parts.reports === undefined || !isAway(error)) throw error;
        await parts.reports.tell({ ...entryOf(parts, { customer: id, use: used, key: own }), end: cost });
      }
    },

    /**
     * Does work under a permit: takes it, keeps it alive while the work runs, settles it when that is done and releases it
     * when that fails. A denial throws LimitExceeded or PlanRequired, and the work is not begun.
     */
    withPermit<T>(
      feature: string,
      run: (permit: UseEnd) => Promise<T>,
      { ttlSeconds, estimate, signal, ...use }: PermitUse = {},
    ): Promise<T> {
      const request = {
        ...useOf(feature, use),
        ...(ttlSeconds === undefined ? {} : { ttl_seconds: ttlSeconds }),
        ...(estimate === undefined ? {} : { estimate }),
      };
      return runFor(parts, { customer: id, request, run, signal });
    },

    /** The address of a page where the customer buys a plan, `product.plan`; send them there. */
    async checkout(
      plan: string,
      more: Omit<BodyOf<'POST /v1/billing/checkout'>, 'product' | 'plan' | 'tier'> = {},
    ): Promise<string> {
      const { product, local } = named(plan);
      const body = { ...more, product, plan: local };
      return (await call('POST /v1/billing/checkout', { body }, options)).checkout_url;
    },
    /** A link to the pages where the customer sees plan, use and invoices, good once, for five minutes: send them there. */
    async portal(returnUrl: string, { product = parts.product }: Pick<PortalLink, 'product'> = {}) {
      const body = { return_url: returnUrl, ...(product === undefined ? {} : { product }) };
      return (await call('POST /v1/portal/links', { body }, options)).url;
    },
  };
}

function namesIn(ofClient: string | undefined, name: string) {
  const dot = name.lastIndexOf('.');
  const product = dot < 0 ? ofClient : name.slice(0, dot);
  if (product === undefined)
    throw new TypeError(`"${name}" is of no product: write product.name, or give the client a product`);
  return { product, local: name.slice(dot + 1) };
}

interface Run<T> extends Pick<CallOptions, 'signal'> {
  readonly customer: string;
  readonly request: BodyOf<'POST /v1/permits'>;
  readonly run: (permit: UseEnd) => Promise<T>;
}

async function runFor<T>(parts: CustomerParts, { customer, request, run, signal }: Run<T>): Promise<T> {
  const { reports, time } = parts;
  const entry = entryOf(parts, { customer, use: request });
  let permit: ReplyOf<'POST /v1/permits'>;
  try {
    const options = { customer, idempotencyKey: entry.key, signal };
    permit = await patiently(parts, () => parts.asker.call('POST /v1/permits', { body: request }, options));
  } catch (error) {
    if (reports === undefined || !isAway(error)) throw error;
    const begun = { ...entry, was_sent: wasSent(error) };
    await reports.begin(begun, error);
    const { end, result } = await endOf(run, { id: null, signal: signal ?? new AbortController().signal });
    await reports.tell({ ...begun, end: end ?? {}, is_released: end === null });
    return result();
  }
  const owe = (error: unknown, id: string, end: Spent | null) =>
    reports !== undefined && isAway(error)
      ? reports.tell({ ...entry, permit_id: id, end: end ?? {}, is_released: end === null })
      : warnUnsettled(error, id);
  return underPermit(
    parts.caller,
    { time, onUnsettled: owe },
    {
      permit,
      seconds: request.ttl_seconds,
      work: ({ permit_id: id, signal: alive, spent }) => run({ id, signal: alive, spent }),
      options: { customer, signal },
    },
  );
}

/** Asks the server unless it gave no answer just now, where work goes on without it. */
async function patiently<T>({ reports }: CustomerParts, ask: () => Promise<T>): Promise<T> {
  if (reports?.isResting === true) throw resting();
  try {
    return await ask();
  } catch (error) {
    if (isAway(error)) reports?.rest();
    throw error;
  }
}

/** Nothing was sent, as its cause says. */
const resting = () =>
  new NoAnswer({
    code: 'no_answer',
    message: 'The server did not answer just now.',
    status: 0,
    cause: Object.assign(new Error('not asked'), { code: 'ECONNREFUSED' }),
  });

const entryOf = (
  { time }: Pick<CustomerParts, 'time'>,
  { customer, use, key = crypto.randomUUID() }: Pick<Entry, 'customer' | 'use'> & { readonly key?: string },
): Entry => ({
  customer,
  use,
  key,
  was_sent: false,
  permit_id: null,
  end: null,
  is_released: false,
  at: time.now() / 1_000,
});
