import type { GooglePlaySandbox } from '#sandbox/google-play';
import type { AccountId } from '#platform/kernel';

/** A customer with an Android phone. */
export class PlayCustomer {
  readonly sandbox: GooglePlaySandbox;
  readonly accountId: AccountId;
  /** Tokens of all they bought, the newest last. */
  readonly tokens: string[] = [];

  constructor(sandbox: GooglePlaySandbox, accountId: AccountId) {
    this.sandbox = sandbox;
    this.accountId = accountId;
  }

  get world() {
    return this.sandbox.world;
  }
  get token(): string {
    return this.tokens.at(-1) ?? '';
  }
  get lastOrder(): string {
    return this.world.ordersOf(this.token).at(-1)?.orderId ?? '';
  }

  /** A plan as `reel.basic:monthly`. */
  buys(plan: string, how: Partial<Parameters<GooglePlaySandbox['world']['buy']>[0]> = {}): void {
    const [productId = '', basePlanId = ''] = plan.split(':');
    this.tokens.push(this.world.buy({ account: this.accountId, ...how, productId, basePlanId }));
  }

  /** As the server does within a minute. */
  isAcknowledged(): void {
    this.world.acknowledge(this.token);
  }

  changesTo(plan: string): void {
    this.buys(plan, { replaces: this.token });
    this.isAcknowledged();
  }
}

/** What a customer does on days after the beginning, and which plan they have afterwards; null: none. */
export interface History {
  readonly name: string;
  readonly steps: readonly (readonly [
    day: number,
    does: (customer: PlayCustomer) => void,
    has: string | null,
  ])[];
}

const BASIC = 'reel.basic:monthly';
const PRO = 'reel.pro:monthly';
const waits = () => {};
const buys =
  (plan: string, how: Parameters<PlayCustomer['buys']>[1] = {}) =>
  (customer: PlayCustomer): void => {
    customer.buys(plan, how);
    customer.isAcknowledged();
  };
const does =
  (what: 'cancel' | 'restore' | 'decline' | 'fix' | 'revoke' | 'complete' | 'cancelPending') =>
  (customer: PlayCustomer): void =>
    customer.world[what](customer.token);

/** All plans are renewed after calendar months, from the 1st of January on. */
export const HISTORIES: readonly History[] = [
  {
    name: 'is bought and renews',
    steps: [
      [0, buys(BASIC), 'basic'],
      [32, waits, 'basic'],
      [60, waits, 'basic'],
    ],
  },
  {
    name: 'is bought for a year',
    steps: [
      [0, buys('reel.pro:yearly'), 'pro'],
      [200, waits, 'pro'],
    ],
  },
  {
    name: 'is tried, and then paid',
    steps: [
      [0, buys(BASIC, { trialDays: 7 }), 'basic'],
      [6, waits, 'basic'],
      [8, waits, 'basic'],
    ],
  },
  {
    name: 'is tried, and canceled in time',
    steps: [
      [0, buys(BASIC, { trialDays: 7 }), 'basic'],
      [2, does('cancel'), 'basic'],
      [8, waits, null],
    ],
  },
  {
    name: 'is canceled, and had until it expires',
    steps: [
      [0, buys(BASIC), 'basic'],
      [5, does('cancel'), 'basic'],
      [30, waits, 'basic'],
      [32, waits, null],
    ],
  },
  {
    name: 'is canceled and restored',
    steps: [
      [0, buys(BASIC), 'basic'],
      [5, does('cancel'), 'basic'],
      [9, does('restore'), 'basic'],
      [33, waits, 'basic'],
    ],
  },
  {
    name: 'fails, and is paid in grace',
    steps: [
      [0, buys(BASIC), 'basic'],
      [9, does('decline'), 'basic'],
      [33, waits, 'basic'],
      [36, does('fix'), 'basic'],
    ],
  },
  {
    name: 'fails, goes on hold and is recovered',
    steps: [
      [0, buys(BASIC), 'basic'],
      [9, does('decline'), 'basic'],
      [37, waits, 'basic'],
      [40, waits, null],
      [45, does('fix'), 'basic'],
    ],
  },
  {
    name: 'fails, and is given up by Google',
    steps: [
      [0, buys(BASIC), 'basic'],
      [9, does('decline'), 'basic'],
      [40, waits, null],
      [80, waits, null],
    ],
  },
  {
    name: 'is paused, and goes on by itself',
    steps: [
      [0, buys(BASIC), 'basic'],
      [9, ({ world, token }) => world.pause(token, 14), 'basic'],
      [33, waits, null],
      [50, waits, 'basic'],
    ],
  },
  {
    name: 'is deferred',
    steps: [
      [0, buys(BASIC), 'basic'],
      [5, ({ world, token }) => void world.defer(token, 20 * 86_400_000), 'basic'],
      [45, waits, 'basic'],
      [60, waits, 'basic'],
    ],
  },
  {
    name: 'is upgraded',
    steps: [
      [0, buys(BASIC), 'basic'],
      [10, (customer) => customer.changesTo(PRO), 'pro'],
      [45, waits, 'pro'],
    ],
  },
  {
    name: 'is downgraded at once',
    steps: [
      [0, buys(PRO), 'pro'],
      [10, (customer) => customer.changesTo(BASIC), 'basic'],
      [45, waits, 'basic'],
    ],
  },
  {
    name: 'is changed twice, from one purchase to the next',
    steps: [
      [0, buys(BASIC), 'basic'],
      [3, (customer) => customer.changesTo(PRO), 'pro'],
      [6, (customer) => customer.changesTo(BASIC), 'basic'],
    ],
  },
  {
    name: 'is bought again before it has ended',
    steps: [
      [0, buys(BASIC), 'basic'],
      [5, does('cancel'), 'basic'],
      [8, (customer) => customer.changesTo(BASIC), 'basic'],
      [36, waits, 'basic'],
    ],
  },
  {
    name: 'is paid in cash days later',
    steps: [
      [0, (customer) => customer.buys(BASIC, { isPending: true }), null],
      [2, does('complete'), 'basic'],
      [3, (customer) => customer.isAcknowledged(), 'basic'],
    ],
  },
  {
    name: 'is never paid',
    steps: [
      [0, (customer) => customer.buys(BASIC, { isPending: true }), null],
      [2, does('cancelPending'), null],
    ],
  },
  {
    name: 'is revoked, and the money goes back',
    steps: [
      [0, buys(PRO), 'pro'],
      [33, waits, 'pro'],
      [40, does('revoke'), null],
    ],
  },
  {
    name: 'is refunded, and kept',
    steps: [
      [0, buys(PRO), 'pro'],
      [40, ({ world, lastOrder }) => world.refund(lastOrder), 'pro'],
      [50, waits, 'pro'],
    ],
  },
  {
    name: 'is refunded in part',
    steps: [
      [0, buys(PRO), 'pro'],
      [4, ({ world, lastOrder }) => world.refund(lastOrder, { micros: 10_000_000 }), 'pro'],
    ],
  },
  {
    name: 'is taken back by a bank',
    steps: [
      [0, buys(PRO), 'pro'],
      [9, ({ world, lastOrder }) => world.refund(lastOrder, { chargeback: true }), null],
    ],
  },
  {
    name: 'costs more from its next renewal on',
    steps: [
      [0, buys(PRO), 'pro'],
      [9, ({ world, token }) => world.changePrice(token, 49_950_000), 'pro'],
      [40, waits, 'pro'],
    ],
  },
  {
    name: 'is never acknowledged, and goes back',
    steps: [
      [0, (customer) => customer.buys(PRO), 'pro'],
      [4, waits, null],
    ],
  },
];
