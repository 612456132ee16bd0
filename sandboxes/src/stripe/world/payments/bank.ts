import type { Dispute, Refund } from '../objects.ts';
import { closeDispute, escalateInquiry, openDispute } from './disputes.ts';
import { failRefund } from './refunds.ts';
import type { World } from '../world.ts';

/** What payers' banks do, and no call asks Stripe for. Cards that do so by themselves are in `CARDS`. */
export interface Bank {
  /** Takes a charge back, or only asks about it, which moves no money. */
  dispute(chargeId: string, how?: { readonly reason?: string; readonly inquiry?: boolean }): Dispute;
  /** Makes a chargeback of an inquiry. */
  escalate(disputeId: string): Dispute;
  /** Decides a dispute; an inquiry is closed either way. */
  decide(disputeId: string, outcome: 'lost' | 'won'): Dispute;
  /** Sends the money of a refund back to us. */
  failRefund(refundId: string): Refund;
}

export function createBank(world: World): Bank {
  return {
    dispute: (id, how) => openDispute(world, world.table('charge').get(id), how),
    escalate: (id) => escalateInquiry(world, world.table('dispute').get(id)),
    decide: (id, outcome) => closeDispute(world, world.table('dispute').get(id), outcome),
    failRefund: (id) => failRefund(world, world.table('refund').get(id)),
  };
}
