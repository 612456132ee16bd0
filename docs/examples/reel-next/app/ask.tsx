import type { Refusal } from '../server/handle.ts';

/** Does a thing, and shows its refusal. */
export type Run = (work: () => Promise<unknown>) => void;

export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** Calls a route handler of this app: `POST create`. Throws Refused. */
export async function ask<Reply>(call: string, body?: object, key?: string): Promise<Reply> {
  const [method = 'GET', path = ''] = call.split(' ');
  const headers = new Headers(key === undefined ? {} : { 'idempotency-key': key });
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await fetch(`/api/${path}`, init).catch(() => undefined);
  const answer = await response?.json().catch(() => undefined);
  if (response?.ok !== true)
    throw new Refused(answer?.error ?? { code: 'no_answer', message: 'This page’s server was not reached.' });
  return answer as Reply;
}

/** A refusal as it is: its code and words, when to try again, and the plan that helps. */
export function Alert({ refusal, run }: { readonly refusal: Refusal; readonly run: Run }) {
  const { code, message, limit, upgrade, again, request_id: request } = refusal;
  const buy = async () => {
    const body = { plan: upgrade, home: location.origin };
    const { checkout_url: page } = await ask<{ checkout_url: string }>('POST checkout', body);
    location.assign(page);
  };
  return (
    <section role="alert">
      <p>
        <code>{code}</code> {message} {limit}
      </p>
      {again !== undefined && <p>Try again after {new Date(again).toLocaleString()}.</p>}
      {upgrade != null && <button onClick={() => run(buy)}>Get {upgrade}</button>}
      <p className="quiet">Request {request}</p>
    </section>
  );
}
