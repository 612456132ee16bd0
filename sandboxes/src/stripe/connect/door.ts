import { StripeFault } from '../operation.ts';
import type { Bank } from '../world/index.ts';
import type { Fault, Faults } from '../wire/faults.ts';
import type { Connect } from './controls.ts';

type Facts = Readonly<Record<string, unknown>>;

export interface DoorParts {
  readonly connect: Connect;
  readonly bank: Bank;
  readonly faults: Faults;
  readonly advance: (seconds: number) => void;
}

export interface DoorAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What may be done from a terminal: `POST /sandbox/restrict {"account": "acct_1"}`. */
export function createDoor({ connect, bank, faults, advance }: DoorParts) {
  const verbs: Readonly<Record<string, (facts: Facts) => unknown>> = {
    advance: ({ days }) => advance(Number(days) * 86_400),
    books: () => connect.books(),
    deauthorize: ({ account }) => connect.deauthorize(text(account)),
    decide: ({ dispute, outcome }) => bank.decide(text(dispute), outcome === 'won' ? 'won' : 'lost'),
    dispute: ({ charge }) => bank.dispute(text(charge)),
    fail: ({ call, ...fault }) => faults.at(text(call), fault as unknown as Fault),
    'fail-payout': ({ payout }) => connect.failPayout(text(payout)),
    fund: ({ amount, currency }) => connect.fund(Number(amount), text(currency)),
    lift: ({ account }) => connect.liftRestriction(text(account)),
    onboard: ({ account }) => connect.onboard(text(account)),
    'pay-out': ({ account, currency }) => connect.payOut(text(account), text(currency)),
    restrict: ({ account }) => connect.restrictAccount(text(account)),
  };
  return (verb: string, body: string): DoorAnswer => {
    const act = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (act === undefined) return { status: 404, body: { verbs: Object.keys(verbs) } };
    try {
      const facts: unknown = body === '' ? {} : JSON.parse(body);
      return { status: 200, body: act(isFacts(facts) ? facts : {}) ?? {} };
    } catch (error) {
      if (error instanceof StripeFault) return { status: error.status, body: { error: error.error } };
      return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
    }
  };
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');

const isFacts = (value: unknown): value is Facts => typeof value === 'object' && value !== null;
