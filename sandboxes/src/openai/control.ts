import { z } from 'zod';
import type { Vendor } from './calls.ts';
import { ApiError } from './errors.ts';
import { type Exchange, parseJson, sendJson } from './exchange.ts';
import { faultSchema } from './faults.ts';

const ordersSchema = z.strictObject({
  clear: z.boolean().optional(),
  next: z.array(faultSchema).optional(),
  always: faultSchema.nullable().optional(),
});

/** POST /sandbox/faults: `{clear?, next?, always?}`, applied in this order; answers what is now ordered. */
export function orderFaults(exchange: Exchange, body: string, { faults }: Vendor): void {
  const orders = ordersSchema.safeParse(parseJson(body));
  if (!orders.success) throw new ApiError(400, { message: z.prettifyError(orders.error) });
  const { clear, next, always } = orders.data;
  if (clear === true) faults.clear();
  faults.next(...(next ?? []));
  if (always !== undefined) faults.always(always);
  sendJson(exchange, faults.state());
}

/** GET /sandbox/bill: the last 100,000 billed calls, oldest first. */
export function showBill(exchange: Exchange, { bill }: Vendor): void {
  sendJson(exchange, { object: 'list', data: bill.list() });
}

/** DELETE /sandbox/bill: forgets them, in the file too. */
export function clearBill(exchange: Exchange, { bill }: Vendor): void {
  bill.clear();
  sendJson(exchange, { object: 'list', data: [] });
}

/** A web page must not steer a sandbox on the reader's machine: browsers send an Origin, test programs don't. */
export function refuseBrowsers({ request }: Exchange): void {
  if (request.headers.origin === undefined) return;
  throw new ApiError(403, { message: 'The sandbox is not steered from web pages.' });
}
